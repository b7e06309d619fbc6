"""docs/promises.md passes over no promise, and names no test and no file that is not there."""

from __future__ import annotations

import re

import pytest

from config import ROOT

PAGE = (ROOT / "docs" / "promises.md").read_text()
PROMISES = [*(f"T{n}" for n in range(1, 9)), *(f"W{n}" for n in range(1, 8))]
PROMISES += [*(f"P{n}" for n in range(1, 6)), *(f"C{n}" for n in range(1, 5))]
SECTIONS = dict(re.findall(r"^### ([TWPC]\d) (.+?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
SHOWN = [
    (name, each)
    for name, section in SECTIONS.items()
    for each in re.findall(r"^- Shown by `(.+)`$", section, re.M)
]


def test_no_promise_is_passed_over():
    assert list(SECTIONS) == PROMISES


@pytest.mark.parametrize("promise", PROMISES)
def test_each_says_where_it_is_kept_what_shows_it_and_what_it_does_not_say(promise):
    section = SECTIONS[promise]
    (kept,) = re.findall(r"^- Kept in (.+)$", section, re.MULTILINE)

    assert [path for path in re.findall(r"`([^`]+)`", kept) if not (ROOT / path).is_file()] == []
    assert len([name for name, _ in SHOWN if name == promise]) >= 3
    assert section.count("\n- Not promised: ") == 1
    # Every line of the list is one of the three.
    assert len(re.findall(r"^- ", section, re.MULTILINE)) == 2 + section.count("\n- Shown by ")


@pytest.mark.parametrize(("promise", "shown"), SHOWN, ids=lambda each: each)
def test_what_is_named_is_a_test_that_exists(promise, shown):
    path, _, name = shown.partition("::")

    assert (ROOT / path).is_file(), f"{promise}: {path} is not there"
    assert f"def {name}(" in (ROOT / path).read_text(), f"{promise}: {path} has no {name}"
