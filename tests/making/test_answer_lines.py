"""Answers as lines of text: what is written comes back, and a line that cannot be read says which it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.making.answer_lines import Unclear, as_lines, rows_in

WORDS = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=30)
OPTION = st.fixed_dictionaries(
    {"label": WORDS, "code": st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True)},
    optional={"weight": st.integers(-99, 99) | st.sampled_from([0.5, -2.25])},
)


@given(st.lists(OPTION, max_size=20))
def test_what_was_written_is_read_again(options):
    rows = rows_in(as_lines(options))

    assert [(row["label"], row["weight"], row["code"]) for row in rows] == [
        (each["label"], each.get("weight"), each["code"]) for each in options
    ]


@pytest.mark.parametrize(
    ("line", "label", "weight", "code"),
    [
        ("Often", "Often", None, ""),
        ("  Often | 2 ", "Often", 2, ""),
        ("Often || often", "Often", None, "often"),
        ("This | or that | 1,5 | both", "This | or that", 1.5, "both"),
        ("Less | \N{MINUS SIGN}1 |", "Less", -1, ""),
    ],
)
def test_a_line_is_words_score_and_code(line, label, weight, code):
    assert rows_in(f"\n{line}\n\n") == [{"label": label, "weight": weight, "code": code, "name": code}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nOften | x", "Line 2: write its score"),
        ("Often | 1e99 |", "Line 1: write its score"),
        ("Often | 1 | Too Often", "Line 1: write its code"),
        ("| 1 | often", "Line 1: write the answer"),
        ("x" * 2001, "Line 1: write the answer"),
        ("x\n" * 501, "There is room for 500 answers, and these are 501"),
    ],
)
def test_what_cannot_be_read_says_in_which_line(text, words):
    with pytest.raises(Unclear) as unclear:
        rows_in(text)

    assert words in str(unclear.value)
