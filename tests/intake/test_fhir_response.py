"""What was sent is written as a valid QuestionnaireResponse that says no more than the sent copy does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse as Standard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.intake.fhir_response import ADDED, response
from portal.intake.path import Path
from portal.intake.questionnaire import Questionnaire, with_addition
from portal.intake.replies import AnswerState, Reply
from portal.intake.sent_copy import frozen, thawed
from tests.intake.definitions import answered, definitions, item, questionnaire, saying, when
from tests.intake.fhir import brought, coded, resource
from tests.intake.fhir import item as fhir_item


def _response(definition: Questionnaire, replies, *, before=None) -> dict:
    """`before` is what was said in the sent intake that this one amends."""
    made = response(
        _sent(definition, replies, before), definition, reference="abc", zone=ZoneInfo("Europe/Berlin")
    )
    Standard.model_validate(json.loads(json.dumps(made)))
    return made


def _sent(definition: Questionnaire, replies, before=None) -> str:
    amends = before is not None
    return frozen(
        Path(with_addition(definition) if amends else definition, replies),
        name=definition.name,
        number=3,
        definition_hash="ab",
        sent_at=datetime(2027, 3, 1, 9, tzinfo=UTC),
        before=thawed(_sent(definition, before)) if amends else None,
    )


def _answers(made) -> dict[str, list]:
    found = {}
    for each in made.get("item", ()):
        found |= {each["linkId"]: each.get("answer", [])} | _answers(each)
        for answer in each.get("answer", ()):
            found |= _answers(answer)
    return found


def test_each_kind_of_answer_has_its_kind_of_value():
    definition = brought(
        resource(
            fhir_item("a", "boolean"),
            fhir_item("b", "integer"),
            fhir_item("c", "quantity"),
            fhir_item("d", "date"),
            fhir_item("e", "dateTime"),
            fhir_item("f", "time"),
            fhir_item("g", "url"),
            fhir_item("h", "open-choice", answerOption=[coded("often")], repeats=True),
            fhir_item("i", "string", repeats=True),
            fhir_item("j", "decimal"),
            fhir_item("k", "string", answerOption=[{"valueString": "Blue"}]),
        )
    ).questionnaire
    said = {
        "a": False,
        "b": 3,
        "c": 2.5,
        "d": "2027-03-01",
        "e": "2027-07-01T09:30",
        "f": "09:30",
        "g": "urn:x",
        "h": ("often", "~weekly"),
        "i": ("heron", "weir"),
        "j": 2,
        "k": "blue",
    }

    made = _response(definition, answered(**said))

    assert _answers(made) == {
        "a": [{"valueBoolean": False}],
        "b": [{"valueInteger": 3}],
        "c": [{"valueQuantity": {"value": 2.5}}],
        "d": [{"valueDate": "2027-03-01"}],
        "e": [{"valueDateTime": "2027-07-01T09:30:00+02:00"}],
        "f": [{"valueTime": "09:30:00"}],
        "g": [{"valueUri": "urn:x"}],
        "h": [coded("often"), {"valueString": "weekly"}],
        "i": [{"valueString": "heron"}, {"valueString": "weir"}],
        "j": [{"valueDecimal": 2}],
        "k": [{"valueString": "Blue"}],
    }
    assert (made["status"], made["authored"]) == ("completed", "2027-03-01T09:00:00+00:00")


def test_three_ways_round_are_three_things_here_too():
    definition = questionnaire(item("a"), item("b"), item("c"), item("d"))
    ways = {"a": AnswerState.DECLINED, "b": AnswerState.IN_PERSON, "c": AnswerState.SKIPPED}

    answers = _answers(_response(definition, {name: Reply(way, "heron") for name, way in ways.items()}))

    assert answers["a"] == [
        {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                    "valueCode": "asked-declined",
                }
            ]
        }
    ]
    assert answers["b"][0]["valueCoding"]["code"] == "in-person"
    assert answers["b"][0]["valueCoding"]["display"] == "Would rather talk about it in person"
    assert answers["c"] == answers["d"] == []
    assert "heron" not in str(answers)


def test_groups_hold_their_questions_and_a_question_what_stands_within_it():
    definition = questionnaire(
        item("s", "section"),
        item("a", "yes-no", within="s"),
        item("n", "note", within="a"),
        item("b", within="a"),
        item("t", "section", enable_when=[when("a", "=", False)]),
        item("c", within="t"),
    )

    made = _response(definition, answered(a=True, b="heron", c="weir"))
    unanswered = _response(definition, answered(b="heron"))

    (section,) = made["item"]
    (asked,) = section["item"]
    assert (section["linkId"], asked["linkId"]) == ("s", "a")
    assert [each["linkId"] for each in asked["answer"][0]["item"]] == ["b"]
    assert asked["answer"][0]["valueBoolean"] is True
    assert "weir" not in str(made)
    assert "extension" in unanswered["item"][0]["item"][0]["answer"][0]


def test_an_amended_intake_says_so():
    definition = questionnaire(item("a"))

    assert _response(definition, answered(a="heron"))["status"] == "completed"
    assert _response(definition, answered(a="heron"), before={})["status"] == "amended"


def test_what_was_added_stands_beside_the_items_since_no_question_asks_for_it():
    definition = questionnaire(item("a"))

    made = _response(definition, answered(a="heron", added_afterwards="weir"), before={})

    assert made["extension"] == [{"url": ADDED, "valueString": "weir"}]
    assert [each["linkId"] for each in made["item"]] == ["a"]
    assert "extension" not in _response(definition, answered(a="heron"), before={})


def test_it_names_the_questionnaire_that_was_answered():
    own = questionnaire(item("a"))
    theirs = brought(resource(fhir_item("a"), url="http://example.org/q", version="2")).questionnaire

    assert _response(own, {})["questionnaire"].endswith("/Questionnaire/test|3-ab")
    assert _response(theirs, {})["questionnaire"] == "http://example.org/q|2"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_holds_the_open_questions_and_nothing_hidden_or_kept_back(data):
    definition = data.draw(definitions())
    replies = data.draw(saying(definition))
    path = Path(definition, replies)

    answers = _answers(_response(definition, replies))

    asked = {each.link_id for each in path.questions}
    given_ = {name for name in asked if name in replies and replies[name].given is not None}
    assert asked <= answers.keys()
    assert {name for name, each in answers.items() if _has_value(each)} == given_


def _has_value(answers) -> bool:
    values = [value for each in answers for name, value in each.items() if name.startswith("value")]
    return any(value != "in-person" and "in-person" not in str(value) for value in values)
