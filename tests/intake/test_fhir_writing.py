"""What is written is valid FHIR R4, and is the same again once it has been read."""

from __future__ import annotations

import json

from fhir.resources.R4B.questionnaire import Questionnaire as Standard
from hypothesis import HealthCheck, given, settings

from portal.intake.fhir_shapes import UNKNOWN, Unusable
from portal.intake.fhir_writing import written
from portal.intake.path import Path
from portal.intake.questionnaire import canonical, parsed
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import definitions, item, questionnaire, when
from tests.intake.fhir import brought, coded, resource, resources, scored, spoilt
from tests.intake.fhir import item as fhir_item

slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _valid(tree) -> bool:
    return Standard.model_validate(json.loads(json.dumps(tree))) is not None


@slow
@given(resources())
def test_what_fits_the_standard_is_written_as_it_came(tree):
    definition = brought(tree).questionnaire

    once = written(definition)

    assert _valid(once)
    again = brought(once).questionnaire
    assert (again, written(again)) == (definition, once)
    assert parsed(canonical(definition)) == definition


@slow
@given(spoilt())
def test_whatever_can_be_used_of_a_spoilt_file_is_valid_and_stays_the_same(tree):
    try:
        definition = brought(tree).questionnaire
    except Unusable:
        # Which ones are refused, and with which words, is said in test_fhir_shapes.
        return

    once = written(definition)

    assert _valid(once)
    again = brought(once).questionnaire
    assert (again, written(again)) == (definition, once)


@slow
@given(definitions())
def test_a_definition_of_our_own_comes_back_as_it_went(definition):
    once = written(definition)

    assert _valid(once)
    made = brought(once)
    assert written(made.questionnaire) == once
    assert _plain(made.questionnaire) == _plain(definition)


def test_the_questions_that_come_with_the_portal_come_back_as_they_went():
    shipped = shipped_questionnaire()

    back = brought(written(shipped)).questionnaire

    assert _plain(back) == _plain(shipped)
    assert (back.name, back.title, back.minutes) == (shipped.name, shipped.title, shipped.minutes)
    assert Path(back, {}).total == 8


def test_what_is_not_understood_is_kept_word_for_word():
    expression = {
        "url": "urn:x/variable",
        "valueExpression": {"language": "text/cql", "expression": "Sum(%a)"},
    }
    library = {"resourceType": "Library", "id": "l", "status": "active", "type": {"text": "logic"}}
    tree = resource(
        fhir_item("a", extension=[expression], code=[{"code": "x"}], definition="urn:y"),
        contained=[library],
        copyright="Of its authors",
    )

    assert written(brought(tree).questionnaire) == tree


def test_what_has_a_name_that_the_standard_does_not_know_is_kept_word_for_word_too():
    newer = {"disabledDisplay": "protected", "_hint": {"note": ["Über", {"div": "<b/>"}]}}
    tree = resource(
        fhir_item("a", "choice", answerOption=[coded("x") | {"colour": "green"}], **newer),
        fhir_item("b", extension=[{"url": "urn:x", "valueCode": "y", "weight": 3}]),
        copyrightLabel="Ours",
    )

    made = brought(tree)

    once = written(made.questionnaire)
    assert _valid(once)
    aside = {"url": UNKNOWN, "valueString": json.dumps({"copyrightLabel": "Ours"})}
    assert once["extension"] == [aside]
    assert json.loads(once["item"][0]["extension"][0]["valueString"]) == {
        "disabledDisplay": "protected",
        # Markup is kept nowhere.
        "_hint": {"note": ["Über"]},
    }
    assert json.loads(once["item"][0]["answerOption"][0]["extension"][0]["valueString"]) == {
        "colour": "green"
    }
    assert [(each.path, each.words.split("; ")[1]) for each in made.remarks if "R4" in each.words] == [
        ("item[0].answerOption[0].colour", "it is kept aside for export"),
        ("item[0].disabledDisplay", "it is kept aside for export"),
        ("item[0]._hint", "it is kept aside for export"),
        ("item[1].extension[0].weight", "it is left out"),
        ("copyrightLabel", "it is kept aside for export"),
    ]
    again = brought(once)
    assert (again.questionnaire, written(again.questionnaire)) == (made.questionnaire, once)
    assert again.remarks == [
        each for each in again.remarks if "urn:x" in each.words or "x is kept" in each.words
    ]


def test_a_contained_resource_that_is_not_known_is_kept_aside_word_for_word():
    patient = {"resourceType": "Patient", "id": "p", "colour": ["green"]}

    once = written(brought(resource(fhir_item("a"), contained=[patient])).questionnaire)

    assert _valid(once)
    assert [json.loads(each["valueString"]) for each in once["extension"]] == [[patient]]
    assert written(brought(once).questionnaire) == once


def test_an_item_that_was_changed_is_written_anew_and_keeps_what_was_not_understood():
    definition = brought(
        resource(
            scored("a", extension=[{"url": "urn:x", "valueCode": "y"}], code=[{"code": "z"}]), fhir_item("b")
        )
    ).questionnaire
    asked = definition.items[0].model_copy(update={"text": "How often?", "tender": True})
    changed = definition.model_copy(update={"items": (asked, *definition.items[1:]), "title": "Mornings"})

    tree = written(changed)

    assert _valid(tree)
    first, second = tree["item"]
    assert (first["text"], first["code"], first["extension"][0]["url"]) == (
        "How often?",
        [{"code": "z"}],
        "urn:x",
    )
    assert second == fhir_item("b")
    back = brought(tree).questionnaire
    assert (back.title, back.items[0].text, back.items[0].tender) == ("Mornings", "How often?", True)
    assert back.items[0].options == definition.items[0].options


def test_every_kind_and_limit_of_our_own_is_written():
    definition = questionnaire(
        item("a", "one-of", other=True, initial="two", prefix="1", hidden=False),
        item("b", "number", unit="hours", min=1, max=2, whole=False),
        item("c", "number", min=-1, max=5, initial=3, read_only=True),
        item("d", "date", several=True, min="2020-01-01"),
        item(
            "s",
            "section",
            enable_when=[when("a", "=", "~else"), when("b", ">=", 1.5)],
            enable_behaviour="any",
        ),
        item("e", "moment", within="s", enable_when=[when("d", "<", "2021-01-01")], hidden=True),
        item("f", within="s", enable_when=[when("e", "exists", True)]),
    )

    tree = written(definition)

    assert _valid(tree)
    assert [each["type"] for each in tree["item"]] == ["open-choice", "quantity", "integer", "date", "group"]
    assert _plain(brought(tree).questionnaire) == _plain(definition)


def _plain(definition) -> list[dict]:
    """The items without what only tells where they came from."""
    dumped = definition.model_dump(mode="json")["items"]
    for each in dumped:
        del each["origin"]
        if not each["enable_when"]:
            del each["enable_behaviour"]
        each.pop("unit_coding", None)
        for option in each.get("options", ()):
            del option["coding"]
    return dumped
