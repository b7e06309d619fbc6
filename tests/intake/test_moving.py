"""An answer moves to a newer version only as what it was; nothing is thrown away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.moving import Fate, moving, takes
from portal.intake.questionnaire import with_addition
from portal.intake.replies import AnswerState, Reply
from tests.intake.definitions import (
    OPTIONS,
    answered,
    definitions,
    item,
    questionnaire,
    saying,
    unhurried,
    when,
)

SWAPPED = [OPTIONS[0], OPTIONS[1] | {"label": "A pair"}]
ROUND = Reply(AnswerState.DECLINED, None)


def _fate(before, after, reply):
    old = questionnaire(item("first", "yes-no"), item("b", **before))
    new = questionnaire(item("first", "yes-no"), *([item("b", **after)] if after is not None else []))
    return moving(old, new, {"b": reply}).fates["b"]


@pytest.mark.parametrize(
    ("before", "after", "said", "fate"),
    [
        ({}, {}, "heron", Fate.ALONG),
        ({}, {"why": "for another reason."}, "heron", Fate.ALONG),
        ({}, {"enable_when": [when("first", "=", True)]}, "heron", Fate.ALONG),
        ({}, {"max_length": 5}, "heron", Fate.ALONG),
        ({}, {"max_length": 4}, "heron", Fate.ANEW),
        ({}, {"text": "Otherwise?"}, "heron", Fate.ANEW),
        ({}, {"kind": "long-text", "max_length": 40}, "heron", Fate.ANEW),
        ({}, None, "heron", Fate.LEFT),
        ({}, {"read_only": True}, "heron", Fate.LEFT),
        ({}, {"hidden": True}, "heron", Fate.LEFT),
        ({"kind": "yes-no"}, {"kind": "yes-no", "text": "Are you unwell?"}, True, Fate.ANEW),
        ({"kind": "one-of"}, {"kind": "one-of", "options": SWAPPED}, "one", Fate.ALONG),
        ({"kind": "one-of"}, {"kind": "one-of", "options": SWAPPED}, "two", Fate.ANEW),
        ({"kind": "one-of"}, {"kind": "one-of", "options": SWAPPED}, "three", Fate.ANEW),
        ({"kind": "several-of"}, {"kind": "several-of", "options": SWAPPED}, ("one", "two"), Fate.ANEW),
        ({"kind": "number"}, {"kind": "number", "max": 6}, 7, Fate.ANEW),
    ],
)
def test_an_answer_comes_along_only_where_it_says_what_it_said(before, after, said, fate):
    assert _fate(before, after, Reply(AnswerState.ANSWERED, said)) is fate


@pytest.mark.parametrize(
    ("after", "reply", "fate"),
    [
        ({"text": "Otherwise?"}, ROUND, Fate.ALONG),
        ({"kind": "yes-no"}, ROUND, Fate.ALONG),
        (None, ROUND, Fate.LEFT),
        # What was written before the question was passed by is kept as carefully as an answer.
        ({"kind": "yes-no"}, Reply(AnswerState.DECLINED, "heron"), Fate.ANEW),
        ({"why": "for another reason."}, Reply(AnswerState.DECLINED, "heron"), Fate.ALONG),
    ],
)
def test_a_way_round_comes_along_to_where_its_question_is(after, reply, fate):
    assert _fate({}, after, reply) is fate


def test_what_was_added_comes_along():
    old, new = with_addition(questionnaire(item("a"))), with_addition(questionnaire(item("b")))

    fates = moving(old, new, answered(a="heron", added_afterwards="weir")).fates

    assert fates == {"a": Fate.LEFT, "added-afterwards": Fate.ALONG}


@unhurried
@given(st.data())
def test_everything_said_has_a_fate_and_what_comes_along_can_be_said_there(data):
    old, new = data.draw(definitions()), data.draw(definitions())
    replies = data.draw(saying(old))

    found = moving(old, new, replies)

    assert found.fates.keys() == replies.keys()
    for link_id in found.having(Fate.ALONG):
        question, reply = new.by_link_id[link_id], replies[link_id]
        assert reply.value is None or takes(question, reply.value)
        assert old.by_link_id[link_id].wording == question.wording or reply.value is None


@unhurried
@given(st.data())
def test_to_the_same_version_everything_comes_along(data):
    definition = data.draw(definitions())
    replies = {
        link_id: reply
        for link_id, reply in data.draw(saying(definition)).items()
        if definition.by_link_id[link_id].asked
    }

    assert set(moving(definition, definition, replies).fates.values()) <= {Fate.ALONG}
