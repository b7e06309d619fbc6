"""Files of people and programs that know the standard by hearsay: what they meant is read, and said."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as Standard
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_shapes import Unusable
from portal.intake.fhir_writing import written
from tests.intake.fhir import HIDDEN, HL7, brought, coded, item, resource, spoilt, translated, when
from tests.intake.test_fhir_odd import ODD, bundle, code_system, concept, value_set

YES_OR_NO = {"system": "urn:s", "concept": [concept("yes"), concept("no")]}
UNIT = f"{HL7}questionnaire-unit"

# What it shows, the file, what its last item is made into, and a remark that is made of it.
MEANT: list[tuple[str, Any, dict[str, Any], tuple[str, str]]] = [
    (
        "options as bare words",
        resource(item("a", "choice", answerOption=["Never", "Often"])),
        {"kind": "one-of", "labels": {"never": "Never", "often": "Often"}},
        ("item[0].answerOption[1]", "read as valueString"),
    ),
    (
        "options as codings by themselves",
        resource(item("a", "choice", answerOption=[{"code": "1", "display": "Never"}])),
        {"labels": {"1": "Never"}},
        ("item[0].answerOption[0]", "read as valueCoding"),
    ),
    (
        "options as values without their type",
        resource(item("a", "choice", answerOption=[{"value": "Never"}, {"value": {"code": "often"}}])),
        {"labels": {"never": "Never", "often": "often"}},
        ("item[0].answerOption[1]", "read as valueCoding"),
    ),
    (
        "words where a code should be, and half numbers",
        resource(item("a", "choice", answerOption=[{"valueCoding": "Never"}, {"valueDecimal": 0.5}])),
        {"labels": {"never": "Never", "0-5": "0.5"}},
        ("item[0].answerOption[1]", "read as valueString"),
    ),
    (
        "types in other letters and other words",
        resource(item("b", "radio", answerOption=[coded("x")]), item("c", "Boolean"), item("a", "datetime")),
        {"kind": "moment"},
        ("item[1].type", "read as boolean"),
    ),
    (
        "a type of a newer version that takes own words too",
        resource(item("a", "coding", answerOption=[coded("x")], answerConstraint="optionsOrType")),
        {"kind": "one-of", "other": True},
        ("item[0].answerConstraint", "other answers are as good"),
    ),
    (
        "a type of a newer version that takes nothing else",
        resource(item("a", "coding", answerOption=[coded("x")], answerConstraint="optionsOnly")),
        {"kind": "one-of", "other": False},
        ("item[0].answerConstraint", "one of these is chosen"),
    ),
    (
        "a type of R4 with an extension that takes own words too",
        resource(
            item(
                "a",
                "choice",
                answerOption=[coded("x")],
                extension=[
                    {
                        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-answerConstraint",
                        "valueCode": "optionsOrString",
                    },
                    {"url": "urn:x/optionExclusive", "valueCode": "y"},
                ],
            )
        ),
        {"kind": "one-of", "other": True},
        ("item[0].extension[1]", "optionExclusive is kept"),
    ),
    (
        "a condition with empty words around its code",
        resource(
            item("b", "choice", answerOption=[coded("x")]),
            item(
                "a",
                enableWhen=[when("b", "=", answerCoding={"code": "x", "display": "", "system": ""})],
            ),
        ),
        {"enable_when.0.answer": "x"},
        ("item[1].enableWhen[0].answerCoding.system", "is left out"),
    ),
    (
        "a value set whose name has the reference's mark",
        resource(item("a", "choice", answerValueSet="#v"), contained=[value_set("#v", YES_OR_NO)]),
        {"labels": {"yes": "Yes", "no": "No"}},
        ("contained[0].id", "read as 'v'"),
    ),
    (
        "a value set whose name no reference could hold",
        resource(
            item("a", "choice", answerValueSet="#yes_or no"), contained=[value_set("yes_or no", YES_OR_NO)]
        ),
        {"labels": {"yes": "Yes", "no": "No"}},
        ("item[0].answerValueSet", "read as #yes-or-no"),
    ),
    (
        "a reference without its mark",
        resource(item("a", "choice", answerValueSet="v"), contained=[value_set("v", YES_OR_NO)]),
        {"labels": {"yes": "Yes", "no": "No"}},
        ("item[0].answerValueSet", "read as #v"),
    ),
    (
        "a value set that does not say what it is",
        resource(
            item("a", "choice", answerValueSet="#v"),
            contained=[{"id": "v", "compose": {"include": [{"valueSet": ["w"]}]}}, value_set("w", YES_OR_NO)],
        ),
        {"labels": {"yes": "Yes", "no": "No"}},
        ("contained[0].resourceType", "read as a ValueSet"),
    ),
    (
        "an expansion that does not say when",
        resource(
            item("a", "choice", answerValueSet="#v"),
            contained=[{"resourceType": "ValueSet", "id": "v", "expansion": {"contains": [concept("yes")]}}],
        ),
        {"labels": {"yes": "Yes"}},
        ("contained[0].expansion.timestamp", "taken as"),
    ),
    (
        "words and weights that only the code system has",
        resource(
            *(item(each, "choice", answerValueSet="#v") for each in ("b", "a")),
            contained=[
                value_set("v", {"system": "urn:example:cs", "concept": [{"code": "low"}, {"code": "high"}]}),
                code_system(
                    "cs",
                    concept("low", extension=[{"url": f"{HL7}ordinalValue", "valueDecimal": 1}]),
                    concept("high", property=[{"code": "itemWeight", "valueDecimal": 2}]),
                ),
            ],
        ),
        {"labels": {"low": "Low", "high": "High"}, "weights": {"low": 1, "high": 2}},
        ("score", "adds up 2 answers"),
    ),
    (
        "hidden by a word",
        resource(item("b"), item("a", extension=[{"url": HIDDEN["url"], "valueString": "true"}])),
        {"hidden": True},
        ("item[1]", "no boolean"),
    ),
    (
        "a unit by its word",
        resource(item("a", "quantity", extension=[{"url": UNIT, "valueString": "hours"}])),
        {"unit": "hours"},
        ("item[0]", "the word 'hours'"),
    ),
    (
        "a clock without seconds",
        resource(item("b", "time"), item("a", enableWhen=[when("b", ">", answerTime="9:30")])),
        {"enable_when.0.answer": "09:30"},
        ("item[1].enableWhen[0].answerTime", "read as '09:30:00'"),
    ),
    (
        "a moment without a zone",
        resource(item("a", "dateTime", initial=[{"valueDateTime": "2026-03-01 14:30"}])),
        {"initial": "2026-03-01T14:30"},
        ("item[0].initial[0].valueDateTime", "read as '2026-03-01T14:30:00Z'"),
    ),
    (
        "a day that is told as a moment",
        resource(item("a", "date", initial=[{"valueDate": "2026-03-01T00:00:00Z"}])),
        {"initial": "2026-03-01"},
        ("item[0].initial[0].valueDate", "read as '2026-03-01'"),
    ),
    (
        "how conditions go together in other words",
        resource(
            item("b", "boolean"),
            item(
                "a",
                enableBehavior="AND",
                enableWhen=[when("b", "=", answerBoolean=True), when("b", "exists", answerBoolean=True)],
            ),
        ),
        {"enable_behaviour": "all"},
        ("item[1].enableBehavior", "'AND' is read as all"),
    ),
    (
        "a condition on what comes later",
        resource(item("z", "boolean", enableWhen=[when("a", "=", answerBoolean=True)]), item("a", "boolean")),
        {"kind": "yes-no"},
        ("item[0].enableWhen[0]", "asked later than this; asked without this condition"),
    ),
    (
        "a condition on a code of a list that is elsewhere",
        resource(
            item("b", "choice", answerValueSet="http://example.org/vs"),
            item("a", enableWhen=[when("b", "=", answerCoding={"code": "Y"})]),
        ),
        {"enable_when": ()},
        ("item[1].enableWhen[0]", "asked without it"),
    ),
    (
        "a list of one",
        [resource(item("a"))],
        {"kind": "short-text"},
        ("the file", "is a list of one"),
    ),
    (
        "one thing in another",
        {"questionnaire": resource(item("a"))},
        {"kind": "short-text"},
        ("the file", "holds one thing in another"),
    ),
    (
        "an answer of a server, in an answer of a server",
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "return", "resource": bundle(resource(item("a")))}],
        },
        {"kind": "short-text"},
        ("parameter", "the questionnaire is read"),
    ),
    (
        "small letters",
        resource(item("a")) | {"resourceType": "questionnaire"},
        {"kind": "short-text"},
        ("resourceType", "read as Questionnaire"),
    ),
]


@pytest.mark.parametrize(("shows", "tree", "made", "remark"), MEANT, ids=[each[0] for each in MEANT])
def test_what_was_meant_is_read_and_said_and_written_valid_and_stable(shows, tree, made, remark):
    read = brought_in(json.dumps(tree).encode(), otherwise="evenings")

    last = read.questionnaire.items[-1]
    assert {name: _found(last, name) for name in made} == made
    assert any(each.path == remark[0] and remark[1] in each.words for each in read.remarks), read.remarks
    once = written(read.questionnaire)
    assert Standard.model_validate(json.loads(json.dumps(once)))
    again = brought(once).questionnaire
    assert (again, written(again)) == (read.questionnaire, once)


def _found(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else getattr(value, step)
    return value


def test_a_file_that_was_saved_in_another_of_unicode_s_ways_is_read():
    made = brought_in(json.dumps(resource(item("a", text="Wörter?"))).encode("utf-16"), otherwise="x")

    assert made.questionnaire.items[0].text == "Wörter?"
    assert made.remarks[0].words.startswith("is UTF-16")


SAID = [
    (resource(item("a", prefix="3" * 101)), "item[0].prefix", "is cut"),
    (
        resource(item("a", initial=[{"valueString": "x"}, {"valueString": "y"}])),
        "item[0].initial",
        "the first is used",
    ),
    (
        resource(item("a", "date", extension=[{"url": f"{HL7}minValue", "valueDate": "2026-03"}])),
        "item[0]",
        "its least or its greatest answer cannot be used",
    ),
    (
        resource(item("a", "integer", extension=[{"url": f"{HL7}maxValue", "valueDecimal": 1e12}])),
        "item[0]",
        "its least or its greatest answer cannot be used",
    ),
    (
        resource(item("a", extension=[{"url": f"{HL7}minValue", "valueInteger": 3}])),
        "item[0].extension[0]",
        "minValue is kept for export",
    ),
    (
        resource(item("a", extension=[{"url": UNIT, "valueCoding": {"code": "kg"}}])),
        "item[0].extension[0]",
        "questionnaire-unit is kept for export",
    ),
    (
        resource(item("a", definition="http://example.org/d#x")),
        "item[0].definition",
        "is kept for export, and clients do not see it",
    ),
    (
        resource(item("a", _text={"extension": [{"url": "urn:x/bold", "valueCode": "y"}]})),
        "item[0]._text",
        "bold is kept",
    ),
    (
        resource(
            item(
                "a",
                "choice",
                answerOption=[coded("x") | {"extension": [{"url": "urn:y/alone", "valueCode": "z"}]}],
            )
        ),
        "item[0].answerOption[0]",
        "alone is kept",
    ),
    (resource(item("a"), copyright="© 1999\nSomebody"), "copyright", "you may use this: “© 1999 Somebody”"),
    (resource(item("a")) | {"status": "retired"}, "status", "has retired it"),
    (resource(item("a"), experimental=True), "experimental", "a trial"),
    (resource(item("a"), publisher="Somebody"), "publisher", "clients do not see it"),
]


@pytest.mark.parametrize(("tree", "path", "words"), SAID, ids=[each[2] for each in SAID])
def test_nothing_is_left_aside_in_silence(tree, path, words):
    remarks = brought(tree).remarks

    assert [each for each in remarks if each.path == path and words in each.words], remarks


def test_of_two_lists_under_one_name_both_are_read():
    hidden, unknown = {"url": HIDDEN["url"], "valueBoolean": True}, {"url": "urn:x/y", "valueCode": "z"}
    twice = json.dumps(resource(item("a"), item("b", extension=[hidden], EXTENSION=[unknown])))

    made = brought_in(twice.replace("EXTENSION", "extension").encode(), otherwise="x")

    assert [(each.path, each.words) for each in made.remarks] == [
        ("extension", "is there twice in one place; both are read"),
        ("item[1].extension[1]", "y is kept for export, and not used"),
    ]
    assert made.questionnaire.items[1].hidden


@pytest.mark.parametrize(
    "url",
    [
        f"{HL7}questionnaire-calculatedExpression",
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
        "http://hl7.org/fhir/us/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
        f"{HL7}cqf-calculatedValue",
    ],
)
def test_wherever_an_expression_has_its_address_it_is_never_asked_nor_run(url):
    expression = {"url": url, "valueExpression": {"language": "text/fhirpath", "expression": "1"}}

    made = brought(resource(item("a"), item("b", "string", extension=[expression])))

    assert made.questionnaire.items[1].hidden
    assert [each.words for each in made.remarks] == [
        "is worked out and not answered; it is not asked, and no expression is run"
    ]


MALFORMED = [
    ('{"title": "x",}', "column 15: a name in double quotes is missing here, or a comma too many"),
    ('{"title": "x" "name": "y"}', "column 15: a comma is missing here"),
    ('{"title" "x"}', "column 10: a colon is missing here"),
    ('{"title": x}', "column 11: a value is missing here, or what stands here is none"),
    ('{"title": "x"} {}', "column 16: the file goes on after its end"),
    ('{"title": "x', "column 11: the words that begin here have no end"),
    ('{"title": "x\ny"}', "column 13: a line ends within words"),
    ('{"title": "\\q"}', "column 12: a backslash stands here that means nothing"),
]


@pytest.mark.parametrize(("source", "words"), MALFORMED, ids=[each[0] for each in MALFORMED])
def test_what_is_no_json_is_refused_in_plain_words(source, words):
    with pytest.raises(Unusable) as refusal:
        brought_in(source.encode(), otherwise="x")

    assert f"line 1, {words}" in str(refusal.value)


def test_an_early_version_of_the_standard_is_called_so():
    with pytest.raises(Unusable) as refusal:
        brought({"resourceType": "Questionnaire", "group": {"question": [{"text": "Do you smoke?"}]}})

    assert str(refusal.value).startswith("group: this is of an early version of the standard")


def test_a_prefix_is_read_in_the_language_that_is_wanted():
    tree = resource(item("a", prefix="Part", _prefix=translated("Teil", "de")), language="en")

    assert brought(tree, language="de").questionnaire.items[0].prefix == "Teil"


CIRCLES = [
    (
        [
            item("a", "boolean", enableWhen=[when("c", "=", answerBoolean=True)]),
            item("b", "boolean", enableWhen=[when("a", "=", answerBoolean=True)]),
            item("c", "boolean", enableWhen=[when("b", "=", answerBoolean=True)]),
            item("after", enableWhen=[when("c", "=", answerBoolean=True)]),
        ],
        "item[0].enableWhen[0]: 'a', 'c', 'b' wait for one another",
    ),
    (
        [
            item("before"),
            item(
                "g",
                "group",
                item=[
                    item(
                        "h",
                        "group",
                        enableWhen=[
                            when("before", "=", answerString="x"),
                            when("k", "exists", answerBoolean=True),
                        ],
                        item=[item("k", "boolean")],
                    )
                ],
            ),
        ],
        "item[1].item[0].enableWhen[1]: 'h', 'k' wait for one another",
    ),
]


@pytest.mark.parametrize(("items", "fault"), CIRCLES, ids=["through three", "through what holds it"])
def test_what_could_never_be_settled_is_refused_with_its_path(items, fault):
    with pytest.raises(Unusable) as refusal:
        brought(resource(*items))

    assert fault in str(refusal.value)


CODES = [{"code": f"c{at}", "display": f"C {at}"} for at in range(50_000)]
SLOW = {
    "one list of many answers, a thousand times": (
        [value_set("v", {"system": "urn:s", "concept": CODES[:500]})],
        "item[100]: with this there are more than 50,000 answers",
    ),
    "everything that is taken in is left out again": (
        [
            value_set("v")
            | {
                "compose": {
                    "include": [{"system": "urn:s", "concept": CODES}],
                    "exclude": [{"system": "urn:s", "concept": CODES}],
                }
            }
        ],
        None,
    ),
    "one code system, five hundred times": (
        [
            value_set("v", *[{"system": "urn:example:cs"}] * 500),
            code_system("cs", *({"code": each["code"]} for each in CODES)),
        ],
        None,
    ),
    "very many lists": ([value_set(f"v{at}", YES_OR_NO) for at in range(15_000)], None),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_is_said_once_is_read_once_however_many_items_refer_to_it(name):
    contained, fault = SLOW[name]
    tree = resource(
        *(item(f"q{at}", "choice", answerValueSet="#v") for at in range(1000)), contained=contained
    )
    begun = time.process_time()

    try:
        said = str(brought(tree).remarks)
    except Unusable as refusal:
        said = str(refusal)

    assert fault is None or fault in said
    assert time.process_time() - begun < 10


def test_a_long_chain_of_conditions_is_settled_in_a_moment():
    chain = [item("q0", "boolean")]
    chain += [
        item(f"q{at}", "boolean", enableWhen=[when(f"q{at - 1}", "=", answerBoolean=True)])
        for at in range(1, 999)
    ]
    begun = time.process_time()

    read = brought(resource(*chain, item("last", enableWhen=[when("q998", "=", answerBoolean=True)])))

    assert len(read.questionnaire.items) == 1000
    assert time.process_time() - begun < 10


LONG = "x" * 3000
BEYOND = [
    resource(item(LONG, "boolean"), item("b", enableWhen=[when(LONG, "exists", answerBoolean=True)])),
    resource(item("a", code=[{"system": "urn:s", "code": LONG, "display": LONG}])),
    resource(
        item(
            "a", "choice", answerOption=[coded(LONG), coded("x", system=f"urn:{LONG}"), {"valueString": LONG}]
        )
    ),
    resource(
        item("a", "quantity", extension=[{"url": UNIT, "valueCoding": {"code": LONG, "display": LONG}}])
    ),
    bundle(resource(item("a")), {"resourceType": []}, {"resourceType": {"a": 1}}),
    resource(item("a", answerConstraint=[], enableBehavior={}), unknown={"url": [{}]}),
    resource(item("a"), contained=[{"resourceType": "Patient", "extension": [{"url": {}}]}]),
    resource(
        item("a", "choice", answerValueSet="#w"),
        contained=[value_set("x", YES_OR_NO) | {"id": ["w"]}, {"id": 3}],
    ),
]


@pytest.mark.parametrize("tree", BEYOND, ids=range(len(BEYOND)))
def test_names_beyond_all_measure_and_names_that_are_none_break_nothing(tree):
    made = brought(tree)

    once = written(made.questionnaire)
    assert Standard.model_validate(json.loads(json.dumps(once)))
    again = brought(once).questionnaire
    assert (again, written(again)) == (made.questionnaire, once)


def test_a_name_that_is_shortened_is_known_again_by_what_depends_on_it():
    made = brought(BEYOND[0]).questionnaire

    assert made.items[1].enable_when[0].question == made.items[0].link_id


@settings(deadline=None, max_examples=60)
@given(spoilt(st.sampled_from([each[1] for each in (*ODD, *MEANT)])))
def test_whatever_is_left_of_them_when_they_are_damaged_is_refused_in_words_or_valid_and_stable(tree):
    try:
        definition = brought(tree).questionnaire
    except Unusable:
        return

    once = written(definition)
    assert Standard.model_validate(json.loads(json.dumps(once)))
    again = brought(once).questionnaire
    assert (again, written(again)) == (definition, once)
