"""docs/security.md claims nothing that no test shows, and points at nothing that is not there."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from config import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ROW = re.compile(r"\| v5\.0\.0-(\d+\.\d+\.\d+) \| ([123]) \| (yes|design|open|n/a) \| (.+) \| (.*) \|")
ROWS = [ROW.fullmatch(line).groups() for line in PAGE.splitlines() if line.startswith("| v5.0.0-")]
# Of the chapters that apply, how many requirements of levels 1 and 2 there are (ASVS 5.0.0).
CHAPTERS = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
}


def sections():
    """The anchors of the page's headings, as they are made of their words."""
    words = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in words}


def test_every_row_of_the_table_can_be_read():
    assert len(ROWS) == sum(line.startswith("| v5.0.0-") for line in PAGE.splitlines())
    assert [number for number, count in Counter(row[0] for row in ROWS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_claimed_is_shown_by_a_test_that_exists_or_a_section_of_the_page(row):
    number, _, met, _, shown = row
    if met != "yes":
        assert shown == "", f"{number} is {met}, so nothing shows it"
        return
    section = re.fullmatch(r"\[.+\]\(#(.+)\)", shown)
    if section:
        assert section.group(1) in sections(), f"{number}: no such section"
        return
    path, _, name = shown.strip("`").partition("::")
    assert (ROOT / path).is_file(), f"{number}: {path} is not there"
    assert f"def {name}(" in (ROOT / path).read_text(), f"{number}: {path} has no {name}"


def test_no_requirement_of_level_two_is_passed_over_in_silence():
    found = Counter(int(number.split(".")[0]) for number, level, *_ in ROWS if level != "3")

    assert found == CHAPTERS


def test_every_link_within_the_page_leads_somewhere():
    wanted = set(re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE))

    assert wanted - sections() == set()
