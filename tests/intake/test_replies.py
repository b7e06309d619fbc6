"""What was typed becomes a value or a clear message, and a new reply never takes words away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.questionnaire import Questionnaire
from portal.intake.replies import (
    AnswerState,
    Posted,
    Reply,
    Unreadable,
    Way,
    field_value,
    in_words,
    is_stale,
    joined,
    packed,
    read,
    reply_after,
    typed_as,
    unpacked,
)
from tests.intake.definitions import KINDS, item, questionnaire

ANSWERED, SKIPPED = AnswerState.ANSWERED, AnswerState.SKIPPED
DECLINED, IN_PERSON = AnswerState.DECLINED, AnswerState.IN_PERSON


def _question(kind: str, **more):
    definition: Questionnaire = questionnaire(item("a", kind, **more))
    return definition.items[0]


MORE = {
    "one-of": [{}, {"other": True}],
    "several-of": [{}, {"other": True}],
    **{
        kind: [{}, {"several": True}]
        for kind in ("short-text", "date", "number", "time", "moment", "address")
    },
}

READ = [
    ("short-text", ["  Sam  Reed "], "Sam Reed"),
    ("short-text", ["Sam\x07"], "Sam"),
    ("long-text", ["one\r\ntwo "], "one\ntwo"),
    ("long-text", ["x" * 300], "x" * 300),
    ("one-of", ["two"], "two"),
    ("several-of", ["three", "one", "three"], ("one", "three")),
    ("yes-no", ["yes"], True),
    ("yes-no", ["no"], False),
    ("date", ["2027-03-01"], "2027-03-01"),
    ("time", ["09:30"], "09:30"),
    ("time", ["23:59:59"], "23:59"),
    ("moment", ["2027-03-01T09:30"], "2027-03-01T09:30"),
    ("moment", ["2027-03-01 09:30"], "2027-03-01T09:30"),
    ("address", [" https://example.org/a "], "https://example.org/a"),
    ("number", ["7"], 7),
    ("number", ["+0"], 0),
    ("number", ["\N{MINUS SIGN}0"], 0),
    *((kind, typed, None) for kind in KINDS for typed in ([], [""], [" \r\n "], ["", ""])),
]


@pytest.mark.parametrize(("kind", "typed", "value"), READ)
def test_what_can_be_read(kind, typed, value):
    assert read(_question(kind), typed) == value


UNREADABLE = [
    ("short-text", ["x" * 41], "There is room for 40 characters, and this has 41."),
    ("long-text", ["x" * 5000], "There is room for 300 characters, and this has 5,000."),
    ("long-text", ["one", "two"], "Give one answer here"),
    ("one-of", ["four"], "Choose one of the answers below"),
    ("one-of", ["one", "two"], "Give one answer here"),
    ("several-of", ["one", "four"], "Choose one of the answers below"),
    ("yes-no", ["maybe"], "Choose one of the answers below"),
    ("date", ["9999-99-99"], "Write a day as year, month and day"),
    ("date", ["0001-01-01"], "Choose a day from 1 January 2000 to 31 December 2030"),
    ("date", ["yesterday"], "Write a day as year, month and day"),
    ("date", ["2027-02-30"], "Write a day as year, month and day"),
    ("date", ["-1-1-1"], "Write a day as year, month and day"),
    ("time", ["25:00"], "Write a time of day"),
    ("time", ["soon"], "Write a time of day"),
    ("moment", ["2027-02-30T10:00"], "Write a day and a time of day"),
    ("moment", ["soon"], "Write a day and a time of day"),
    ("address", ["two words"], "Write one address without blanks"),
    ("address", ["x" * 501], "Write one address without blanks"),
    ("number", ["1e999"], "Write a number in digits"),
    ("number", ["NaN"], "Write a number in digits"),
    ("number", ["inf"], "Write a number in digits"),
    ("number", ["9" * 400], "Write a number in digits"),
    ("number", ["１２"], "Write a number in digits"),
    ("number", ["11"], "Write a number from 0 to 10"),
    ("number", ["-1"], "Write a number from 0 to 10"),
    ("number", ["2.5"], "Write a whole number"),
]


@pytest.mark.parametrize(("kind", "typed", "message"), UNREADABLE)
def test_what_cannot_be_read_says_what_to_do(kind, typed, message):
    with pytest.raises(Unreadable) as refusal:
        read(_question(kind), typed)

    assert str(refusal.value).startswith(message)


def test_a_number_may_have_a_comma_where_parts_are_allowed():
    question = _question("number", whole=False)

    assert (read(question, ["2,5"]), read(question, ["2.0"])) == (2.5, 2)


SEVERAL = [
    ("short-text", ["the heron\r\n\r\n the  weir\nthe heron"], ("the heron", "the weir")),
    ("number", ["1\n2", "3"], (1, 2, 3)),
    ("date", ["2027-03-01\n2027-03-02"], ("2027-03-01", "2027-03-02")),
    ("time", [" \n "], None),
]


@pytest.mark.parametrize(("kind", "typed", "value"), SEVERAL)
def test_several_answers_stand_on_a_line_each(kind, typed, value):
    question = _question(kind, several=True)

    assert read(question, typed) == value
    assert read(question, typed_as(question, value)) == value


def test_several_answers_are_joined_line_by_line_and_limited():
    question = _question("short-text", several=True)

    assert joined(question, ("heron",), ("weir", "heron")) == ("heron", "weir")
    with pytest.raises(Unreadable, match="There is room for 50 lines"):
        read(question, ["\n".join(map(str, range(51)))])
    with pytest.raises(Unreadable, match="There is room for 40 characters"):
        read(question, ["short\n" + "x" * 41])


OWN = [
    ("one-of", ["one"], "one", ["One"]),
    ("one-of", ["~", "the  weir"], "~the weir", ["the weir"]),
    ("one-of", ["the weir"], "~the weir", ["the weir"]),
    ("one-of", ["~"], "~", ["Something else"]),
    ("several-of", ["three", "~", "weir", "one"], ("one", "three", "~weir"), ["One", "Three", "weir"]),
    ("several-of", ["~"], ("~",), ["Something else"]),
]


@pytest.mark.parametrize(("kind", "typed", "value", "words"), OWN)
def test_own_words_stand_beside_the_options(kind, typed, value, words):
    question = _question(kind, other=True)

    assert read(question, typed) == value
    assert in_words(question, value) == words
    assert read(question, typed_as(question, value)) == value


def test_an_option_and_own_words_are_two_answers():
    with pytest.raises(Unreadable, match="Choose one answer"):
        read(_question("one-of", other=True), ["one", "the weir"])


@given(
    st.sampled_from([(kind, more) for kind in sorted(KINDS) for more in MORE.get(kind, [{}])]),
    st.lists(st.text(max_size=60), max_size=3),
)
def test_nothing_typed_ever_breaks_it_and_a_value_can_be_typed_again(kind_and_more, typed):
    kind, more = kind_and_more
    question = _question(kind, **more)
    try:
        value = read(question, typed)
    except Unreadable:
        return

    assert read(question, typed_as(question, value)) == value
    if value is not None:
        assert unpacked(packed(value)) == value
        assert all(in_words(question, value))


AFTER = [
    # What stands, what is pressed, what is in the field, and what stands then.
    (None, Way.CONTINUE, None, Reply(SKIPPED, None)),
    (None, Way.CONTINUE, "a", Reply(ANSWERED, "a")),
    (None, Way.DRAFT, None, None),
    (None, Way.DRAFT, "a", Reply(ANSWERED, "a")),
    (None, Way.DECLINE, None, Reply(DECLINED, None)),
    (None, Way.IN_PERSON, "a", Reply(IN_PERSON, "a")),
    (None, Way.GIVE, "a", Reply(ANSWERED, "a")),
    (Reply(ANSWERED, "a"), Way.CONTINUE, "b", Reply(ANSWERED, "b")),
    (Reply(ANSWERED, "a"), Way.CONTINUE, None, Reply(SKIPPED, None)),
    (Reply(ANSWERED, "a"), Way.SKIP, None, Reply(SKIPPED, "a")),
    (Reply(ANSWERED, "a"), Way.DECLINE, "b", Reply(DECLINED, "b")),
    (Reply(DECLINED, "a"), Way.CONTINUE, "a", Reply(DECLINED, "a")),
    (Reply(DECLINED, "a"), Way.DRAFT, "a", Reply(DECLINED, "a")),
    (Reply(DECLINED, "a"), Way.CONTINUE, "b", Reply(ANSWERED, "b")),
    (Reply(DECLINED, "a"), Way.GIVE, "a", Reply(ANSWERED, "a")),
    (Reply(DECLINED, "a"), Way.CONTINUE, None, Reply(DECLINED, None)),
    (Reply(DECLINED, None), Way.CONTINUE, None, Reply(DECLINED, None)),
    (Reply(IN_PERSON, "a"), Way.SKIP, "a", Reply(SKIPPED, "a")),
    (Reply(SKIPPED, None), Way.CONTINUE, False, Reply(ANSWERED, False)),
]


@pytest.mark.parametrize(("earlier", "way", "value", "stands"), AFTER)
def test_what_stands_after_a_press(earlier, way, value, stands):
    assert reply_after(earlier, way, value) == stands


@pytest.mark.parametrize("way", [Way.SKIP, Way.DECLINE, Way.IN_PERSON])
def test_nobody_who_takes_a_way_round_is_held_up_by_what_is_in_the_field(way):
    too_long = Posted(["x" * 400], way)

    assert field_value(_question("long-text"), too_long) == "x" * 400
    assert field_value(_question("number"), Posted(["many"], way)) is None
    with pytest.raises(Unreadable):
        field_value(_question("long-text"), Posted(["x" * 400]))


@pytest.mark.parametrize(
    ("earlier", "value", "stale"),
    [
        (Reply(ANSWERED, "a"), "b", True),
        (Reply(ANSWERED, "a"), "a", False),
        (Reply(ANSWERED, "a"), None, False),
        (Reply(SKIPPED, "a"), "b", True),
        (Reply(SKIPPED, None), "b", False),
        (Reply(DECLINED, None), "b", True),
    ],
)
def test_an_old_page_is_stale_only_where_something_would_be_lost(earlier, value, stale):
    assert is_stale(earlier, value) is stale


@pytest.mark.parametrize(
    ("kind", "one", "other", "both"),
    [
        ("long-text", "a", "b", "a\n\nb"),
        ("short-text", "a", "b", "a b"),
        ("long-text", "a", "a", "a"),
        ("long-text", None, "b", "b"),
        ("several-of", ("three",), ("one", "three"), ("one", "three")),
        ("one-of", "one", "two", "two"),
    ],
)
def test_two_answers_in_one(kind, one, other, both):
    assert joined(_question(kind), one, other) == both
