"""The made-up answers of a preview fit into an address, and an address can hold anything."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.path import Path
from portal.intake.replies import AnswerState, Reply
from portal.making.trying import MOST_CHARACTERS, from_an_address, in_an_address
from tests.intake.definitions import answered, definitions, item, questionnaire, saying, when
from tests.making.sheets import patient


@patient
@given(st.data())
def test_what_was_said_stands_in_the_address_and_opens_the_same_path(data):
    definition = data.draw(definitions())
    replies = {
        link_id: reply
        for link_id, reply in data.draw(saying(definition)).items()
        if definition.by_link_id[link_id].asked
    }

    again = from_an_address(definition, in_an_address(definition, replies))

    assert again == replies
    assert Path(definition, again).parts == Path(definition, replies).parts


@patient
@given(st.text(max_size=80))
def test_an_address_that_holds_nothing_of_ours_holds_no_answers(text):
    assert from_an_address(questionnaire(item("a")), text) == {}


def test_long_words_are_cut_and_what_decides_something_stays():
    asked = [item(f"q{number}", "long-text") for number in range(150)]
    definition = questionnaire(
        item("open", "yes-no"), *asked, item("z", enable_when=[when("open", "=", True)])
    )
    words = {f"q{number}": Reply(AnswerState.ANSWERED, f"{number * 7919}" * 40) for number in range(150)}

    text = in_an_address(definition, answered(open=True) | words)

    assert len(text) <= MOST_CHARACTERS
    assert from_an_address(definition, text)["open"].given is True


@pytest.mark.parametrize(
    "said", [{"a": ["a"]}, {"a": "a"}, {"z": ["a", "x"]}, {"a": ["x", "y"]}, {"b": ["a", "soon"]}, [1]]
)
def test_what_is_no_answer_to_these_questions_counts_as_none(said):
    definition = questionnaire(item("a"), item("b", "date"))
    text = base64.urlsafe_b64encode(zlib.compress(json.dumps(said).encode())).decode()

    assert from_an_address(definition, text) == {}
