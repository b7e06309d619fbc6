"""Files as they are found: of other versions, of other programs, half right. All are read, valid and stable.

The shapes were seen in public files; the words and codes here are our own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as Standard

from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_shapes import Unusable
from portal.intake.fhir_writing import version_of, written
from portal.intake.questionnaire import parsed
from portal.intake.services import shipped_questionnaire
from tests.intake.fhir import HL7, brought, coded, control, item, resource, scored, translated, when

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"


def value_set(name: str, *include: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet",
        "id": name,
        "status": "active",
        "compose": {"include": list(include)},
        **more,
    }


def code_system(name: str, *concepts: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": f"urn:example:{name}",
        "status": "active",
        "content": "complete",
        "concept": list(concepts),
    }


def concept(code: str, *inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "display": code.title(), **({"concept": list(inner)} if inner else {}), **more}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


SAME = {"url": f"{SDC}variable", "valueExpression": {"language": "text/fhirpath", "expression": "1 = 1"}}
CONSTRAINT = {
    "url": f"{HL7}questionnaire-constraint",
    "extension": [
        {"url": "key", "valueId": "same-twice"},
        {"url": "expression", "valueString": "%resource.descendants()"},
        {"url": "human", "valueString": "Both should be the same"},
    ],
}
MEDIA = {
    "url": f"{SDC}itemMedia",
    "valueAttachment": {"contentType": "image/png", "data": "iVBORw0KGgo="},
}
HELP = item("a-help", "display", text="Two sentences of help.", extension=[control("help")])
DEEP = item("deepest")
for _level in range(18):
    DEEP = item(f"g{_level}", "group", item=[DEEP])

# What it shows, the file, the kinds of what is made of it, and a word that its report says.
ODD: list[tuple[str, dict[str, Any], list[str], str]] = [
    (
        "a form builder's export",
        resource(
            item("a", required=False, item=[HELP], code=[{"code": "1-8", "display": "One"}]),
            meta={"profile": ["urn:x|2.7"], "tag": [{"code": "version: 29.2.1"}]},
        ),
        ["short-text", "note"],
        "",
    ),
    (
        "no title, no status, no name",
        {"resourceType": "Questionnaire", "item": [item("1")]},
        ["short-text"],
        "called",
    ),
    (
        "an option with nothing but a system",
        resource(item("a", "string", answerOption=[{"valueCoding": {"system": "urn:x"}}])),
        ["short-text"],
        "has no words",
    ),
    (
        "an older version of the standard",
        resource(
            item("a", "choice", option=[coded("never"), coded("often")]),
            item("b", initialString="heron", enableWhen=[{"question": "a", "hasAnswer": True}]),
            item("c", "choice", options={"reference": "#v"}),
            item("d", enableWhen=[{"question": "a", "answerCoding": coded("never")["valueCoding"]}]),
            contained=[value_set("v", {"system": "urn:example:often", "concept": [concept("weekly")]})],
        ),
        ["one-of", "short-text", "one-of", "short-text"],
        "older version",
    ),
    (
        "a newer version of the standard",
        resource(
            item("a", "coding", answerOption=[coded("never")], answerConstraint="optionsOrString"),
            item("b", "question", disabledDisplay="hidden"),
            copyrightLabel="Ours",
            versionAlgorithmString="semver",
        ),
        ["one-of", "short-text"],
        "newer version",
    ),
    (
        "a Bundle with its answers beside it",
        bundle(
            resource(item("a", "choice", answerValueSet="urn:example:vs|1")),
            value_set("x", {"system": "urn:s", "concept": [concept("yes")]}, url="urn:example:vs"),
            {"resourceType": "Patient"},
        ),
        ["one-of"],
        "Bundle",
    ),
    (
        "a code system that is in the file, leaf by leaf",
        resource(
            item("a", "choice", answerValueSet="#v"),
            contained=[
                value_set("v", {"system": "urn:example:cs"}),
                code_system("cs", concept("low", concept("lower")), concept("high")),
            ],
        ),
        ["one-of"],
        "kept for export",
    ),
    (
        "answers left out one by one, and by a rule",
        resource(
            item("a", "choice", answerValueSet="#v"),
            contained=[
                {
                    **value_set("v", {"system": "urn:s", "concept": [concept("x"), concept("y")]}),
                    "compose": {
                        "include": [{"system": "urn:s", "concept": [concept("x"), concept("y")]}],
                        "exclude": [
                            {"system": "urn:s", "concept": [{"code": "y"}]},
                            {"system": "urn:s", "filter": [{"property": "p", "op": "=", "value": "v"}]},
                        ],
                    },
                }
            ],
        ),
        ["one-of"],
        "leaves answers out by a rule",
    ),
    (
        "what programs calculate and check",
        resource(
            item("a", extension=[CONSTRAINT, SAME, MEDIA]),
            item(
                "b",
                "boolean",
                extension=[
                    {"url": f"{SDC}enableWhenExpression", **{k: v for k, v in SAME.items() if k != "url"}}
                ],
            ),
            extension=[SAME],
        ),
        ["short-text", "yes-no"],
        "an expression is never run",
    ),
    (
        "a table that repeats",
        resource(
            item(
                "g",
                "group",
                repeats=True,
                extension=[control("gtable")],
                item=[item("a"), item("b", "integer")],
            )
        ),
        ["section", "short-text", "number"],
        "'gtable'",
    ),
    (
        "a slider with steps and units",
        resource(
            item(
                "a",
                "integer",
                extension=[
                    control("slider"),
                    {"url": f"{HL7}questionnaire-sliderStepValue", "valueInteger": 2},
                    {"url": f"{HL7}minValue", "valueInteger": 0},
                    {"url": f"{HL7}maxValue", "valueInteger": 10},
                ],
            ),
            item(
                "b",
                "quantity",
                extension=[{"url": f"{HL7}questionnaire-unitOption", "valueCoding": {"code": "kg"}}],
            ),
        ),
        ["number", "number"],
        "sliderStepValue is kept",
    ),
    (
        "parameters for a server, in the file",
        resource(
            item("a"),
            contained=[
                {"resourceType": "Bundle", "id": "q", "type": "batch"},
                {"resourceType": "Parameters"},
            ],
            extension=[{"url": f"{SDC}sourceQueries", "valueReference": {"reference": "#q"}}],
        ),
        ["short-text"],
        "is kept aside",
    ),
    (
        "markup in many places",
        resource(
            item(
                "a",
                _text={
                    "extension": [
                        {"url": f"{HL7}rendering-xhtml", "valueString": "<script>x()</script>"},
                        {"url": f"{HL7}rendering-markdown", "valueMarkdown": "**About** a?"},
                    ]
                },
            ),
            text={"status": "generated"},
        ),
        ["short-text"],
        "is markup",
    ),
    (
        "names that are no names",
        resource(item("Frage Nr. 1 \U0001f642"), item("x" * 300), item("check"), item(" ")),
        ["short-text"] * 4,
        "",
    ),
    (
        "words that run the other way, and signs that are not seen",
        resource(item("a", text="\u202bكيف حالك؟\u202c"), item("b", text="How\u200b are\u0000 you?\u0007")),
        ["short-text", "short-text"],
        "read as",
    ),
    (
        "several answers chosen beforehand",
        resource(
            item(
                "a",
                "choice",
                repeats=True,
                answerOption=[
                    coded("never") | {"initialSelected": True},
                    coded("often") | {"initialSelected": True},
                ],
            )
        ),
        ["several-of"],
        "once the client goes on",
    ),
    (
        "the same code of two systems",
        resource(item("a", "choice", answerOption=[coded("x", system="urn:1"), coded("x", system="urn:2")])),
        ["one-of"],
        "",
    ),
    (
        "numbers, truths and lists in other clothes",
        resource(item("a", maxLength="40", repeats="false", required="True", code={"code": "x"})),
        ["short-text"],
        "read as",
    ),
    (
        "empty things",
        resource(
            item("a", extension=[], item=[], enableWhen=[], answerOption=[], code=[None]),
            item("g", "group", item=[None, {}]),
        ),
        ["short-text", "note"],
        "is empty",
    ),
    (
        "conditions on what nobody answers",
        resource(
            item("g", "group", item=[item("n", "display")]),
            item("a", enableWhen=[when("g", "exists", answerBoolean=True), when("n", "=", answerString="x")]),
        ),
        ["section", "note", "short-text"],
        "is no question here",
    ),
    ("as deep as it may be", resource(DEEP), ["section"] * 18 + ["short-text"], ""),
    (
        "every operator there is",
        resource(
            item("n", "decimal"),
            *(
                item(f"q{at}", enableWhen=[when("n", operator, **answer)])
                for at, (operator, answer) in enumerate(
                    [("exists", {"answerBoolean": False})]
                    + [(sign, {"answerDecimal": 2.5}) for sign in ("=", "!=", ">", "<", ">=", "<=")]
                )
            ),
        ),
        ["number"] + ["short-text"] * 7,
        "",
    ),
    (
        "two languages, in words, codes and answers",
        resource(
            scored("a", _text=translated("About a, in French?", "fr")),
            item(
                "b",
                "choice",
                answerValueSet="#v",
            ),
            contained=[
                value_set(
                    "v",
                    {
                        "system": "urn:s",
                        "concept": [{**concept("x"), "designation": [{"language": "fr", "value": "Ixe"}]}],
                    },
                )
            ],
            language="en",
        ),
        ["one-of", "one-of"],
        "",
    ),
    (
        "an answer that is a date",
        resource(item("a", "date", answerOption=[{"valueDate": "2020-01-01"}])),
        ["date"],
        "only these",
    ),
    (
        "weights on the answers' codes",
        resource(
            *(
                item(
                    name,
                    "choice",
                    answerOption=[
                        {
                            "valueCoding": {
                                "code": code,
                                "display": code,
                                "extension": [{"url": f"{HL7}itemWeight", "valueDecimal": at}],
                            }
                        }
                        for at, code in enumerate(("no", "yes"))
                    ],
                )
                for name in ("a", "b")
            )
        ),
        ["one-of", "one-of"],
        "adds up 2 answers",
    ),
]


@pytest.mark.parametrize(("shows", "tree", "kinds", "word"), ODD, ids=[each[0] for each in ODD])
def test_what_is_found_is_read_and_written_valid_and_stable(shows, tree, kinds, word):
    made = brought(tree)

    assert [part.kind for part in made.questionnaire.items] == kinds
    assert word in " ".join(f"{each.path} {each.words}" for each in made.remarks)
    once = written(made.questionnaire)
    assert Standard.model_validate(json.loads(json.dumps(once)))
    again = brought(once).questionnaire
    assert (again, written(again)) == (made.questionnaire, once)
    assert "<script" not in json.dumps(once)


def options_of(tree: dict[str, Any], language: str | None = None) -> list[str]:
    return [option.label for option in brought(tree, language=language).questionnaire.items[-1].options]


def test_answers_are_those_that_the_value_set_names():
    by_name = {each[0]: each[1] for each in ODD}

    assert options_of(by_name["a Bundle with its answers beside it"]) == ["Yes"]
    assert options_of(by_name["a code system that is in the file, leaf by leaf"]) == ["Low", "Lower", "High"]
    assert options_of(by_name["answers left out one by one, and by a rule"]) == ["X"]
    assert options_of(by_name["two languages, in words, codes and answers"], "fr") == ["Ixe"]
    assert brought(by_name["two languages, in words, codes and answers"]).languages == ("en", "fr")


def test_a_file_with_a_mark_before_it_and_other_line_ends_is_read():
    source = b"\xef\xbb\xbf" + json.dumps(resource(item("a")), indent=1).replace("\n", "\r\n").encode()

    assert brought_in(source, otherwise="x").questionnaire.items[0].text == "About a?"


REFUSED = [
    (bundle(resource(item("a")), resource(item("b"))), "entry: there are 2 questionnaires"),
    (bundle({"resourceType": "Patient"}), "entry: there are 0 questionnaires"),
    ({"resourceType": "Bundle", "entry": 7}, "entry: there are 0 questionnaires"),
    (
        resource(
            item(
                "g",
                "group",
                enableWhen=[when("a", "exists", answerBoolean=True)],
                item=[item("a", "boolean")],
            )
        ),
        "item[0].enableWhen[0]: 'g', 'a' wait for one another",
    ),
    (resource(item("a", text={"div": "x"}, type=[])), None),
    (resource(item("a", "group", item=[item("b", "display")])), "there is no question"),
]


@pytest.mark.parametrize(("tree", "fault"), REFUSED)
def test_what_cannot_be_used_says_where(tree, fault):
    if fault is None:
        assert brought(tree).questionnaire.items[0].text == "Question a"
        return
    with pytest.raises(Unusable) as refusal:
        brought(tree)
    assert fault in str(refusal.value)


BOMBS = {
    "many extensions": lambda: resource(item("a", extension=[{"url": "urn:x", "valueCode": "y"}] * 60_000)),
    "many options": lambda: resource(
        item("a", "choice", answerOption=[coded(f"c{at}") for at in range(30_000)])
    ),
    "value sets that double": lambda: resource(
        item("a", "choice", answerValueSet="#v0"),
        contained=[value_set(f"v{at}", {"valueSet": [f"#v{at + 1}", f"#v{at + 1}"]}) for at in range(45)]
        + [value_set("v45", {"system": "urn:s", "concept": [concept("x")]})],
    ),
    "one long word": lambda: resource(item("a", text="a" * 4_000_000)),
    "many conditions": lambda: resource(
        item("a", "boolean"),
        item("b", enableWhen=[when("a", "=", answerBoolean=True)] * 20_000),
    ),
    "a word for a backtracking reader": lambda: resource(
        item("a"), url="http://" + "a " * 200_000, id="-" * 400_000
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_made_to_break_a_reader_breaks_nothing(name):
    """Within the patience of any test; what it measures is that there is an end."""
    tree = BOMBS[name]()

    made = brought(tree)

    assert made.questionnaire.items
    assert len(made.remarks) < 100_000


def test_a_version_of_ours_has_an_address_and_a_version_that_no_other_practice_has():
    shipped = shipped_questionnaire()

    tree = written(shipped, version=version_of(2, "ab" * 32))

    assert tree["url"] == "https://foyer.example/fhir/Questionnaire/first-questions"
    assert tree["version"] == "2-abababab"
    again = brought(tree).questionnaire
    assert written(again, version=version_of(7, "cd" * 32)) == tree


def test_what_is_made_of_anothers_questionnaire_says_so_and_takes_a_name_of_its_own():
    theirs = brought(
        resource(scored("a"), scored("b"), url="http://example.org/q", version="3")
    ).questionnaire
    changed = theirs.model_copy(
        update={
            "items": (theirs.items[0].model_copy(update={"why": "it says how it goes."}), theirs.items[1])
        }
    )

    as_it_came, made = (written(each, version="1-ab") for each in (theirs, changed))

    assert (as_it_came["url"], as_it_came["version"]) == ("http://example.org/q", "3")
    assert (made["url"], made["version"]) == ("https://foyer.example/fhir/Questionnaire/evenings", "1-ab")
    assert made["derivedFrom"] == ["http://example.org/q|3"]
    assert Standard.model_validate(json.loads(json.dumps(made)))
    again = brought(made).questionnaire
    assert written(again) == made


def test_the_codes_of_an_item_go_with_it_wherever_it_goes():
    code = {"system": "http://loinc.org", "code": "44260-8", "version": "2.82"}
    asked = brought(resource(scored("a", code=[code]))).questionnaire.items[0]
    assert [each.code for each in asked.codes] == ["44260-8"]
    plain = shipped_questionnaire().model_dump(mode="json")
    plain["items"][1] |= {"codes": [{"system": "http://loinc.org", "code": "44260-8"}]}

    tree = written(parsed(json.dumps(plain)))

    assert tree["item"][1]["code"] == [{"system": "http://loinc.org", "code": "44260-8"}]
    assert brought(tree).questionnaire.items[1].codes[0].code == "44260-8"


def test_all_that_only_the_portal_says_comes_back():
    plain = shipped_questionnaire().model_dump(mode="json", exclude_defaults=True)
    often = [{"code": "no", "label": "No", "weight": 0}, {"code": "yes", "label": "Yes", "weight": 1}]
    plain["items"] += [
        {"link_id": "n", "kind": "note", "text": "Next.", "before": "s"},
        {"link_id": "s", "kind": "section", "text": "Part", "on_one_page": True},
        {
            "link_id": "m",
            "kind": "one-of",
            "text": "More?",
            "why": "it helps.",
            "within": "s",
            "more": True,
            "answer_list": "often",
            "options": often,
        },
    ]
    plain["answer_lists"] = [{"name": "often", "title": "Often", "options": often}]
    plain["scales"] = [
        {
            "name": "sum",
            "title": "Sum",
            "questions": ["m"],
            "bands": [{"low": 0, "high": 1, "words": "Little"}],
        }
    ]
    definition = parsed(json.dumps(plain))

    back = brought(written(definition)).questionnaire

    for name in ("name", "minutes", "scales"):
        assert getattr(back, name) == getattr(definition, name)
    for link_id, field in (("s", "on_one_page"), ("m", "more"), ("m", "answer_list"), ("n", "before")):
        assert getattr(back.by_link_id[link_id], field) == getattr(definition.by_link_id[link_id], field)
    assert [each.title for each in back.answer_lists] == ["Often"]
