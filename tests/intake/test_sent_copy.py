"""The copy holds the open questions' wording and what was given, and nothing that was kept back or hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.path import Path
from portal.intake.replies import AnswerState, Reply
from portal.intake.sent_copy import SentCopy, amended, frozen, rows_of, thawed
from tests.intake.definitions import (
    answered,
    definitions,
    item,
    paths,
    questionnaire,
    saying,
    unhurried,
    when,
)

LAMP = {"codes": ["yes"], "heading": "Thank you", "words": "You are not alone."}


def _frozen(path: Path, *, before: SentCopy | None = None) -> str:
    sent_at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    return frozen(path, name="test", number=3, definition_hash="ab", sent_at=sent_at, before=before)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("short-text", "Sam", ["Sam"]),
        ("one-of", "two", ["Two"]),
        ("several-of", ("one", "three"), ["One", "Three"]),
        ("yes-no", False, ["No"]),
        ("date", "2027-03-01", ["1 March 2027"]),
        ("number", 7, ["7"]),
    ],
)
def test_an_answer_is_shown_in_the_words_that_were_chosen(kind, value, shown):
    path = Path(questionnaire(item("a", kind)), answered(a=value))

    assert [row.shown for row in rows_of(path)] == [shown]


@pytest.mark.parametrize(
    ("reply", "plain", "with_a_lamp"),
    [
        (None, "Not answered", "Not answered"),
        (Reply(AnswerState.SKIPPED, None), "Skipped", "Not answered"),
        (
            Reply(AnswerState.DECLINED, True),
            "Would rather not say",
            "Not answered: would rather not say",
        ),
        (
            Reply(AnswerState.IN_PERSON, None),
            "Would rather talk about it in person",
            "Not answered: would rather talk about it in person",
        ),
    ],
)
def test_three_ways_round_are_three_things_and_silence_before_a_lamp_is_no_no(reply, plain, with_a_lamp):
    definition = questionnaire(item("a", "yes-no"), item("b", "yes-no", lamp=LAMP))
    replies = {"a": reply, "b": reply} if reply else {}

    assert [row.shown for row in rows_of(Path(definition, replies))] == [[plain], [with_a_lamp]]


def test_what_is_kept_for_talking_is_gathered():
    definition = questionnaire(item("a"), item("b"), item("c"))
    path = Path(definition, {"b": Reply(AnswerState.IN_PERSON, "heron")})

    assert [row.link_id for row in rows_of(path) if row.in_person] == ["b"]


@unhurried
@given(st.data())
def test_nothing_hidden_and_nothing_kept_back_is_in_the_copy(data):
    definition = data.draw(definitions())
    path = Path(definition, data.draw(saying(definition)))

    copy = json.loads(_frozen(path))

    assert [row["link_id"] for row in copy["rows"]] == [each.link_id for each in path.questions]
    for row in copy["rows"]:
        reply = path.replies.get(row["link_id"])
        given_ = reply.value if reply and reply.state is AnswerState.ANSWERED else None
        assert row["value"] == (list(given_) if isinstance(given_, tuple) else given_)


@unhurried
@given(st.data())
def test_a_copy_reads_the_same_when_it_is_opened(data):
    definition = data.draw(definitions())
    path = Path(definition, data.draw(saying(definition)))

    assert thawed(_frozen(path)).rows == rows_of(path)


def test_words_kept_behind_a_closed_branch_are_not_in_the_copy_and_return_with_it():
    definition = questionnaire(item("a", "yes-no"), item("b", enable_when=[when("a", "=", True)]))

    closed = _frozen(Path(definition, answered(a=False, b="heron")))
    opened = _frozen(Path(definition, answered(a=True, b="heron")))

    assert "heron" not in closed
    assert "heron" in opened


# Amendments


def _amended(before, replies, *, old=None, new=None) -> SentCopy:
    old = old or questionnaire(item("a"), item("b", "yes-no"), item("c", enable_when=[when("b", "=", True)]))
    first = thawed(_frozen(Path(old, before)))
    return thawed(_frozen(Path(new or old, replies), before=first))


def test_an_amendment_says_what_each_changed_answer_was():
    copy = _amended(answered(a="heron", b=False), answered(a="weir", b=True, c="swan"))

    assert copy.amends_sent_at == copy.sent_at
    assert [(row.link_id, row.was, row.shown) for row in copy.rows] == [
        ("a", ["heron"], ["weir"]),
        ("b", ["No"], ["Yes"]),
        ("c", [], ["swan"]),
    ]
    assert copy.left_out == []


def test_of_what_is_hidden_now_only_the_wording_is_told():
    first = thawed(_frozen(Path(_branching(), answered(b=True, c="heron"))))

    copy = _frozen(Path(_branching(), answered(b=False, c="heron")), before=first)

    assert thawed(copy).left_out == ["About c?"]
    assert "heron" not in copy


def _branching():
    return questionnaire(item("b", "yes-no"), item("c", enable_when=[when("b", "=", True)]))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (None, Reply(AnswerState.SKIPPED, None), False),
        (Reply(AnswerState.SKIPPED, None), None, False),
        (None, Reply(AnswerState.DECLINED, None), True),
        (Reply(AnswerState.DECLINED, "heron"), Reply(AnswerState.DECLINED, "weir"), False),
        (Reply(AnswerState.DECLINED, "heron"), Reply(AnswerState.IN_PERSON, "heron"), True),
        # Whoever writes the words of the portal has still said something.
        (Reply(AnswerState.SKIPPED, None), Reply(AnswerState.ANSWERED, "Skipped"), True),
    ],
)
def test_silence_is_no_change_and_a_way_round_is_one(before, after, changed):
    definition = questionnaire(item("a"))

    copy = _amended({"a": before} if before else {}, {"a": after} if after else {}, old=definition)

    assert copy.rows[0].is_changed is changed


def test_the_wording_of_before_stands_with_an_answer_that_was_asked_otherwise():
    old, new = questionnaire(item("a")), questionnaire(item("a", text="Otherwise?"))

    copy = _amended(answered(a="heron"), answered(a="heron"), old=old, new=new)

    assert (copy.rows[0].was, copy.rows[0].was_asked) == (None, "About a?")
    assert copy.rows[0].is_changed


@unhurried
@given(paths())
def test_what_is_sent_again_as_it_was_changes_nothing(path):
    first = thawed(_frozen(path))

    assert amended(rows_of(path), first.rows).changes_nothing
