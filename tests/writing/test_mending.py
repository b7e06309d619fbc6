"""What pasting does to a text, and how it is mended."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.reading.rendering import sound_levels
from portal.writing.mending import Mended, mended, sound_headings

WRAPPED = (
    "This is a text that was wrapped by hand at about sixty signs,\n"
    "as mail programs do it, and nobody wants the breaks to stay\n"
    "in an article."
)

# As French sets it, and a figure with its unit.
MEANT = "5\N{NO-BREAK SPACE}km, «\N{NO-BREAK SPACE}oui\N{NO-BREAK SPACE}»"
# A Persian word and a picture made of two.
JOINED = "نمی\N{ZERO WIDTH NON-JOINER}خواهم 👩\N{ZERO WIDTH JOINER}👧"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("re\N{SOFT HYPHEN}cov\N{ZERO WIDTH SPACE}er\N{ZERO WIDTH NO-BREAK SPACE}y", "recovery"),
        ("a\N{NO-BREAK SPACE}walk\N{THIN SPACE}home", "a walk home"),
        (MEANT, MEANT),
        ("ra\N{ZERO WIDTH JOINER}in", "rain"),
        (JOINED, JOINED),
        ("a\r\nb\rc\N{LINE SEPARATOR}d\x0be", "a\nb\nc\nd\ne"),
        ("e\N{COMBINING ACUTE ACCENT}", "é"),
        ("a\x07b", "ab"),
        ("One.  Two.   Three", "One. Two. Three"),
        ("a\n\n\n\n\nb", "a\n\nb"),
    ],
)  # fmt: skip
def test_what_nobody_sees_is_taken_out(text, becomes):
    assert mended(text)[0] == becomes


def test_lines_that_were_broken_by_hand_are_joined():
    text, done = mended(WRAPPED)

    assert text == " ".join(WRAPPED.split("\n"))
    assert done == {Mended.LINES}


def test_a_word_that_was_divided_keeps_its_hyphen():
    text, _ = mended("Somebody has said of it all that it is a well-\nknown thing.")

    assert text.endswith("a well-known thing.")


def test_the_lines_of_a_verse_stay():
    verse = "Roses are red\nViolets are blue"

    assert mended(verse)[0] == verse
    assert mended(verse, is_plain=True)[0] == "Roses are red\\\nViolets are blue"


def test_two_blanks_at_the_end_of_a_line_still_end_it():
    assert mended("One  \nTwo")[0] == "One\\\nTwo"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("• one\n• two", "- one\n- two"),
        ("·\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} one\n\n·\N{NO-BREAK SPACE} two", "- one\n- two"),
        ("\uf0b7\tone", "- one"),
        ("• one\no\tinner\n• two", "- one\n  - inner\n- two"),
        ("– one\n– two", "- one\n- two"),
        ("– Good morning, he said.", "– Good morning, he said."),
        ("- one\n- two", "- one\n- two"),
        ("on a walk\no my", "on a walk\no my"),
    ],
)
def test_typed_bullets_become_a_list(text, becomes):
    assert mended(text)[0] == becomes


def test_a_point_that_was_broken_by_hand_is_one_point():
    typed = (
        "• This is a point that goes on over the margin and was broken\n  there by hand, as mail does.\n• two"
    )

    text, _ = mended(typed, is_plain=True)

    assert text.splitlines() == [
        "- This is a point that goes on over the margin and was broken there by hand, as mail does.",
        "- two",
    ]


def test_code_stays_as_it_is():
    code = "```\na  b\n• c\n```"

    assert mended(f"{code}\n\nd  e")[0] == f"{code}\n\nd e"
    assert mended("```\nnever  closed")[0] == "```\nnever  closed"


def test_what_is_in_order_stays_as_it_is():
    text = "## A\n\nSome words.\n\n- a\n- b\n\n> c\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n    code  here"

    assert mended(text) == (text, set())


@given(
    some.text(alphabet="ab \n\t-•–#>`*|\N{NO-BREAK SPACE}\N{SOFT HYPHEN}\\", max_size=200), some.booleans()
)
def test_no_letter_is_lost_and_mending_twice_is_mending_once(text, is_plain):
    once, _ = mended(text, is_plain=is_plain)

    assert re.sub(r"[^ab]", "", once) == re.sub(r"[^ab]", "", text)
    assert re.sub(r"[^ab]", "", mended(once, is_plain=is_plain)[0]) == re.sub(r"[^ab]", "", text)


@pytest.mark.parametrize(
    ("title", "text", "becomes"),
    [
        ("", "# On rest\n\nText", ("On rest", "Text", False)),
        ("", "On rest\n=======\n\nText", ("On rest", "Text", False)),
        ("On rest", "## on Rest\n\nText", ("On rest", "Text", False)),
        ("On rest", "# Sleep\n\nText", ("On rest", "## Sleep\n\nText", True)),
        ("", "Text\n\n# Sleep", ("", "Text\n\n## Sleep", True)),
        ("T", "## A\n\n#### B\n\n## C", ("T", "## A\n\n### B\n\n## C", True)),
        ("T", "## A\n\n### B", ("T", "## A\n\n### B", False)),
        ("T", "```\n# no\n```\n\n> # nor this", ("T", "```\n# no\n```\n\n> # nor this", False)),
    ],
)
def test_headings_are_made_sound(title, text, becomes):
    assert sound_headings(text, title) == becomes


@given(some.lists(some.integers(1, 6)))
def test_no_level_is_skipped(levels):
    sound = sound_levels(levels)

    assert len(sound) == len(levels)
    assert all(2 <= level <= 6 for level in sound)
    assert all(level <= before + 1 for before, level in zip([1, *sound], sound, strict=False))
