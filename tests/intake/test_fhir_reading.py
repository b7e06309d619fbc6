"""A FHIR questionnaire becomes questions, and all that does not is said with its path."""

from __future__ import annotations

import json

import pytest

from portal.intake.fhir_reading import OWN_ITEM, OWN_QUESTIONNAIRE
from portal.intake.fhir_shapes import Unusable
from portal.intake.path import Path
from tests.intake.definitions import answered
from tests.intake.fhir import HIDDEN, HL7, brought, coded, control, item, resource, scored, translated, when

CODES = [coded("never"), coded("often")]
UNIT = {
    "url": f"{HL7}questionnaire-unit",
    "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg", "display": "Kilo"},
}
KINDS = [
    (item("a", "boolean"), "yes-no", {}),
    (item("a", "integer"), "number", {"whole": True}),
    (item("a", "decimal"), "number", {"whole": False}),
    (item("a", "quantity", extension=[UNIT]), "number", {"unit": "Kilo", "whole": False}),
    (item("a", "date"), "date", {}),
    (item("a", "dateTime"), "moment", {}),
    (item("a", "time", repeats=True), "time", {"several": True}),
    (item("a", "string", maxLength=30), "short-text", {"max_length": 30}),
    # What says of no end has all the room that there is.
    (item("a", "string"), "short-text", {"max_length": 500}),
    (item("a", "string", maxLength=900), "long-text", {"max_length": 900}),
    (item("a", "string", maxLength=9000, repeats=True), "short-text", {"max_length": 500}),
    (item("a", "string", extension=[control("text-area")]), "long-text", {"max_length": 5000}),
    (item("a", "text"), "long-text", {"max_length": 5000}),
    (item("a", "url"), "address", {}),
    (item("a", "choice", answerOption=CODES), "one-of", {"other": False}),
    (item("a", "choice", answerOption=CODES, repeats=True), "several-of", {"other": False}),
    (item("a", "open-choice", answerOption=CODES), "one-of", {"other": True}),
    (item("a", "choice", answerOption=CODES, extension=[control("open-choice")]), "one-of", {"other": True}),
    (item("a", "choice"), "short-text", {"max_length": 500}),
    (item("a", "string", answerOption=[{"valueString": "Heron"}]), "one-of", {}),
    (
        item("a", "integer", answerOption=[{"valueInteger": 2}, {"valueInteger": 4}]),
        "number",
        {"min": 2, "max": 4},
    ),
    (
        item("a", "decimal", extension=[{"url": f"{HL7}minValue", "valueDecimal": 0.5}]),
        "number",
        {"min": 0.5},
    ),
    (item("a", "attachment"), "note", {}),
    (item("a", "reference"), "note", {}),
    (item("a", "display"), "note", {}),
    (item("a", "group"), "note", {}),
    (item("a", "group", item=[item("b")]), "section", {}),
    (item("a", "display", item=[item("b")]), "section", {}),
    (item("a", "coding", answerOption=CODES), "one-of", {}),
    (item("a", "nonsense"), "short-text", {}),
]


@pytest.mark.parametrize(("plain", "kind", "more"), KINDS, ids=lambda value: str(value)[:40])
def test_each_type_becomes_the_nearest_kind(plain, kind, more):
    read = brought(resource(item("first"), plain)).questionnaire.items[1]

    assert read.kind == kind
    assert {name: getattr(read, name) for name in more} == more


SAID = [
    (item("a", required=True), "item[0].required", "nobody has to answer"),
    (item("a", "choice"), "item[0]", "no options that are known"),
    (
        item("a", "choice", answerValueSet="http://example.org/vs"),
        "item[0].answerValueSet",
        "not in the file",
    ),
    (item("a", "choice", answerOption=CODES * 2), "item[0].answerOption[2]", "the same answer"),
    (item("a", "boolean", answerOption=CODES), "item[0].answerOption", "cannot be on a boolean"),
    (item("a", "string", maxLength=9000), "item[0].maxLength", "room for 5000"),
    (item("a", "string", maxLength=9000, repeats=True), "item[0].maxLength", "room for 500"),
    (item("a", "text", repeats=True), "item[0].repeats", "one answer is asked for"),
    (item("a", "group", item=[item("b")], repeats=True), "item[0].repeats", "asked once"),
    (item("a", "attachment", item=[item("b")]), "item[0]", "cannot be answered here"),
    (item("a", extension=[control("slider")]), "item[0]", "'slider'"),
    (
        item("a", extension=[{"url": "urn:x/regex", "valueString": "."}]),
        "item[0].extension[0]",
        "regex is kept",
    ),
    (
        item(
            "a",
            extension=[
                {"url": "urn:x/y", "valueExpression": {"language": "text/cql", "expression": "exit()"}}
            ],
        ),
        "item[0].extension[0]",
        "an expression is never run",
    ),
    (
        item("a", modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
        "item[0].modifierExtension",
        "not known here",
    ),
    ({"linkId": "a", "type": "string"}, "item[0].text", "asked as 'Question a'"),
    ({"type": "string", "text": "About a?"}, "item[0].linkId", "called 'item-1'"),
    ({"linkId": "a", "text": "About a?"}, "item[0].type", "read as string"),
    (item("a", text="x" * 3000), "item[0].text", "is cut"),
    (item("a", initial=[{"valueInteger": 9}]), "item[0].initial", "once the client goes on"),
    (item("a", "date", initial=[{"valueString": "soon"}]), "item[0].initial", "is no answer"),
    (scored("a", initial=[coded("never")]), "item[0].initial", "never given beforehand"),
    (
        item("a", enableWhen=[when("x", "=", answerString="y")]),
        "item[0].enableWhen[0]",
        "is no question here",
    ),
    (item("a", enableWhen=[{"operator": "="}]), "item[0].enableWhen[0]", "no question"),
]


@pytest.mark.parametrize(("plain", "path", "words"), SAID, ids=lambda value: str(value)[:40])
def test_what_is_not_carried_over_is_said_with_its_path(plain, path, words):
    remarks = brought(resource(plain, item("last"))).remarks

    assert [each for each in remarks if each.path == path and words in each.words], remarks


def test_a_file_that_fits_has_nothing_to_be_said_of():
    made = brought(
        resource(item("a"), item("b", "boolean", enableWhen=[when("a", "exists", answerBoolean=True)]))
    )

    assert made.remarks == []


OPENS = [
    ("boolean", {}, "=", {"answerBoolean": True}, True, False),
    ("integer", {}, ">=", {"answerInteger": 3}, 3, 2),
    ("decimal", {}, "<", {"answerDecimal": 2.5}, 2, 3),
    ("quantity", {}, ">", {"answerQuantity": {"value": 2}}, 3, 2),
    ("date", {}, "<=", {"answerDate": "2020"}, "2020-01-01", "2020-01-02"),
    ("date", {}, ">", {"answerDate": "2020-02"}, "2020-02-02", "2020-02-01"),
    ("dateTime", {}, ">", {"answerDateTime": "2020-02-01T10:00:00Z"}, "2020-02-01T10:01", "2020-02-01T10:00"),
    ("time", {}, "!=", {"answerTime": "10:00:00"}, "10:01", "10:00"),
    ("string", {}, "=", {"answerString": "heron"}, "heron", "weir"),
    ("url", {}, "exists", {"answerBoolean": True}, "urn:x", None),
    ("choice", {"answerOption": CODES}, "=", {"answerCoding": {"code": "often"}}, "often", "never"),
    ("choice", {"answerOption": CODES}, "=", {"answerString": "Often"}, "often", "never"),
    ("open-choice", {"answerOption": CODES}, "=", {"answerString": "weekly"}, "~weekly", "often"),
]


@pytest.mark.parametrize(("kind", "more", "operator", "answer", "opens", "closes"), OPENS)
def test_conditions_mean_what_they_mean_in_the_standard(kind, more, operator, answer, opens, closes):
    asked, depends = item("a", kind, **more), item("b", enableWhen=[when("a", operator, **answer)])

    made = brought(resource(asked, depends))

    assert made.remarks == []
    definition = made.questionnaire
    assert "b" in Path(definition, answered(a=opens))
    assert "b" not in Path(definition, {} if closes is None else answered(a=closes))


@pytest.mark.parametrize(("behaviour", "opens"), [("all", False), ("any", True), (None, True)])
def test_conditions_hold_all_or_any(behaviour, opens):
    conditions = [when(each, "=", answerBoolean=True) for each in ("a", "b")]
    depends = item("c", enableWhen=conditions) | ({"enableBehavior": behaviour} if behaviour else {})

    definition = brought(resource(item("a", "boolean"), item("b", "boolean"), depends)).questionnaire

    assert ("c" in Path(definition, answered(a=True, b=False))) is opens


UNJUDGED = [
    ("string", ">", {"answerString": "heron"}),
    ("boolean", "=", {"answerString": "heron"}),
    ("choice", "=", {"answerCoding": {"code": "weekly"}}),
    ("date", "~", {"answerDate": "2020-01-01"}),
    ("boolean", "exists", {"answerString": "heron"}),
    ("display", "=", {"answerString": "heron"}),
]


@pytest.mark.parametrize(("kind", "operator", "answer"), UNJUDGED)
def test_a_condition_that_cannot_be_judged_asks_rather_than_hides(kind, operator, answer):
    asked = item("a", kind, **({"answerOption": CODES} if kind == "choice" else {}))

    made = brought(resource(asked, item("b", enableWhen=[when("a", operator, **answer)])))

    assert "b" in Path(made.questionnaire, {})
    assert [each for each in made.remarks if each.path == "item[1].enableWhen[0]"]


def test_names_of_other_systems_become_addresses_and_stay_told_apart():
    definition = brought(
        resource(item("/44.5-X"), item("44 5 x"), item("check"), item("???"), item("q"), item("q"))
    ).questionnaire

    assert [each.link_id for each in definition.items] == [
        "44-5-x",
        "44-5-x-2",
        "check-2",
        "item",
        "q",
        "q-6",
    ]
    assert [each.origin for each in definition.items] == ["/44.5-X", "44 5 x", "check", "???", "q", "q-6"]


def test_what_stands_in_groups_and_in_questions_keeps_its_place():
    tree = resource(
        item(
            "g",
            "group",
            prefix="1",
            item=[item("a", "boolean", item=[item("hint", "display"), item("more")]), item("b")],
        ),
        item("secret", "integer", extension=[HIDDEN], initial=[{"valueInteger": 3}]),
        item("c", enableWhen=[when("secret", "=", answerInteger=3)]),
    )

    definition = brought(tree).questionnaire

    path = Path(definition, {})
    assert [each.link_id for each in path.questions] == ["a", "more", "b", "c"]
    assert path.headings(path.questions[1]) == ["1 About g?"]
    assert path.hints(path.questions[0]) == ["About hint?"]


VALUE_SET = {
    "resourceType": "ValueSet",
    "id": "often",
    "status": "active",
    "compose": {
        "include": [
            {
                "system": "urn:example:often",
                "concept": [
                    {
                        "code": "n",
                        "display": "Nie",
                        "designation": [{"language": "en-GB", "value": "Never"}],
                        "extension": [{"url": f"{HL7}itemWeight", "valueDecimal": 0}],
                    },
                    {"code": "o", "display": "Oft", "_display": translated("Often", "en")},
                ],
            },
            {"valueSet": ["#more", "http://example.org/elsewhere"]},
        ]
    },
}
MORE = {
    "resourceType": "ValueSet",
    "id": "more",
    "status": "active",
    "expansion": {"timestamp": "2026-01-01", "contains": [{"code": "a", "display": "Immer"}]},
}


def test_a_value_set_that_the_file_holds_gives_the_options_in_the_language_that_is_wanted():
    tree = resource(
        item("a", "choice", text="Wie oft?", _text=translated("How often?", "en"), answerValueSet="#often"),
        language="de",
        title="Abende",
        _title=translated("Evenings", "en"),
        contained=[VALUE_SET, MORE],
    )

    german, english = brought(tree), brought(tree, language="en")

    assert [each.label for each in german.questionnaire.items[0].options] == ["Nie", "Oft", "Immer"]
    assert (german.questionnaire.title, english.questionnaire.title) == ("Abende", "Evenings")
    asked = english.questionnaire.items[0]
    assert asked.text == "How often?"
    assert [(each.code, each.label, each.weight) for each in asked.options] == [
        ("n", "Never", 0),
        ("o", "Often", None),
        ("a", "Immer", None),
    ]
    assert [each.path for each in german.remarks] == ["contained[0].compose.include[1].valueSet[1]"]


def test_value_sets_that_take_one_another_in_many_times_over_are_read_once():
    sets = [
        {
            "resourceType": "ValueSet",
            "id": f"s{number}",
            "status": "active",
            "compose": {
                "include": [{"valueSet": [f"#s{number + 1}"] * 2, "concept": [{"code": f"c{number}"}]}]
            },
        }
        for number in range(40)
    ]

    made = brought(resource(item("a", "choice", answerValueSet="#s0"), contained=sets))

    assert len(made.questionnaire.items[0].options) == 40


def test_too_many_options_are_asked_for_in_own_words():
    options = [coded(f"c{number}") for number in range(501)]

    made = brought(
        resource(item("a", "choice", answerOption=options), item("b", "choice", answerOption=options[1:]))
    )

    assert [each.kind for each in made.questionnaire.items] == ["short-text", "one-of"]


def test_a_language_that_the_file_does_not_speak_is_refused():
    with pytest.raises(Unusable, match="nothing in this file is in 'fr'"):
        brought(resource(item("a")), language="fr")


def test_what_counts_is_added_up_as_far_as_its_total_and_the_total_is_not_asked_for():
    total = item("t", "decimal", code=[{"system": "http://loinc.org", "code": "44261-6"}], required=True)
    tree = resource(
        scored("a"), scored("b"), total, scored("after"), item("g", "group", item=[scored("alone")])
    )

    made = brought(tree)

    (scale,) = made.questionnaire.scales
    assert (scale.title, scale.questions, scale.missing) == ("Evenings", ("a", "b"), "none")
    assert "t" not in Path(made.questionnaire, {})
    assert {"item[2]", "item[3]", "score"} <= {each.path for each in made.remarks}


def test_what_is_shown_to_nobody_is_not_counted():
    tree = resource(scored("a"), scored("b"), scored("c", extension=[HIDDEN]))

    (scale,) = brought(tree).questionnaire.scales

    assert scale.questions == ("a", "b")


def test_what_only_an_expression_could_answer_is_not_asked_for():
    expression = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
        "valueExpression": {"language": "text/fhirpath", "expression": "%a + %b"},
    }

    definition = brought(resource(item("a"), item("b", "integer", extension=[expression]))).questionnaire

    assert [each.link_id for each in Path(definition, {}).questions] == ["a"]


def test_a_note_of_the_portal_s_own_is_held_to_the_same_rules():
    own = "https://foyer.example/fhir/StructureDefinition/item"
    fit = item("a", extension=[{"url": own, "valueString": '{"why": "it helps.", "tender": true}'}])
    unfit = [
        item("b", extension=[{"url": own, "valueString": text}])
        for text in ("{", '{"options": []}', '{"why": 3}', '{"part_of": "nothing"}')
    ]

    made = brought(resource(fit, *(each | {"linkId": str(at)} for at, each in enumerate(unfit[:3]))))

    first, *others = made.questionnaire.items
    assert (first.why, first.tender) == ("it helps.", True)
    assert {each.why for each in others} == {others[0].why} != {"it helps."}
    assert len(made.remarks) == 3
    with pytest.raises(Unusable, match="'nothing' is not an earlier question"):
        brought(resource(unfit[3]))


def test_the_words_of_a_lamp_that_a_file_brings_are_read_before_it_is_accepted():
    lamp = {"codes": ["yes"], "heading": "Stay", "words": "Do not\ncall anybody."}
    own = {"url": OWN_ITEM, "valueString": json.dumps({"lamp": lamp})}
    wide = {
        "url": OWN_QUESTIONNAIRE,
        "valueString": json.dumps({"lamps": [lamp | {"heading": "Wait"}], "name": "x", "minutes": 1}),
    }

    made = brought(resource(item("a", "boolean", extension=[own]), item("b", "boolean"), extension=[wide]))

    assert [(each.path, each.words) for each in made.remarks] == [
        ("item[0].extension", "brings a lamp, and clients will read: “Stay: Do not call anybody.”"),
        ("extension", "brings a lamp, and clients will read: “Wait: Do not call anybody.”"),
    ]
