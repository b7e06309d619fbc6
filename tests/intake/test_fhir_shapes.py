"""What a FHIR file may be, and what is refused with the line or the path at fault."""

from __future__ import annotations

import json

import pytest

from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_shapes import MOST_BYTES, Unusable, is_fhir
from tests.intake.fhir import brought, coded, item, resource, when


def _nested(levels: int) -> dict:
    innermost = item("last")
    for number in range(levels):
        innermost = item(f"g{number}", "group", item=[innermost])
    return innermost


VALUE_SETS = [
    {
        "resourceType": "ValueSet",
        "id": name,
        "status": "active",
        "compose": {"include": [{"valueSet": [f"#{other}"]}]},
    }
    for name, other in (("a", "b"), ("b", "a"))
]
REFUSED = [
    (
        b'{"resourceType": "Questionnaire", "item": [',
        "column 44: the file ends here, before it is complete",
    ),
    (b'{"resourceType": "Questionnaire",\n "item": [}', "line 2, column 11"),
    (b"\xff\xfe{", "byte 2: this is no UTF-16"),
    (b'{"title": "f\xfcr"}', "byte 12: this is no UTF-8"),
    (b"[1]", "line 1: this is no FHIR resource"),
    (b'{"resourceType": "Patient"}', "resourceType: this is a 'Patient'"),
    (b'{"resourceType": "Questionnaire"}', "item: there is nothing"),
    (b'{"resourceType": "Questionnaire", "item": [{"linkId": NaN}]}', "NaN is no number"),
    (b'{"resourceType": "Questionnaire", "item": ' + b"[" * 200_000, "nested too deeply"),
    (b" " * (MOST_BYTES + 1), "larger than 5 MB"),
    (resource(_nested(25)), "items more than 20 levels deep"),
    (resource(*(item(f"q{number}") for number in range(1001))), "item[1000]: there are more than 1,000"),
    (
        resource(
            item("a"), item("g", "group", item=[item("b", enableWhen=[when("b", "=", answerString="x")])])
        ),
        "item[1].item[0].enableWhen[0]: 'b' waits for itself",
    ),
    (
        resource(
            item("a", enableWhen=[when("c", "exists", answerBoolean=True)]),
            item("c", enableWhen=[when("a", "exists", answerBoolean=True)]),
        ),
        "item[0].enableWhen[0]: 'a', 'c' wait for one another",
    ),
    (
        resource(item("a", "choice", answerValueSet="#a"), contained=VALUE_SETS),
        "contained[1].compose.include[0].valueSet[0]: the value sets #a, #b hold one another",
    ),
    (resource(item("a", "display")), "there is no question"),
]


@pytest.mark.parametrize(("source", "fault"), REFUSED, ids=[fault[:40] for _, fault in REFUSED])
def test_what_cannot_be_used_is_refused_with_its_place(source, fault):
    source = source if isinstance(source, bytes) else json.dumps(source).encode()

    with pytest.raises(Unusable) as refusal:
        brought_in(source, otherwise="evenings")

    assert fault in str(refusal.value)


LIBRARY = {"resourceType": "Library", "id": "cql", "status": "active", "type": {"text": "logic"}}
LEFT_OUT = [
    ({"text": {"status": "generated", "div": "<script>alert(1)</script>"}}, "text", "narrative"),
    ({"extension": [{}]}, "extension[0]", "is empty"),
    ({"extension": [{"url": "urn:x"}]}, "extension[0]", "has no value[x]"),
    ({"extension": [{"valueCode": "x"}]}, "extension[0]", "has no url"),
    ({"colour": "green"}, "colour", "nothing that FHIR R4 knows"),
    ({"status": "nope"}, "status", "taken as draft"),
    ({"date": "2023-02-30"}, "date", "is no dateTime"),
    ({"experimental": "true"}, "experimental", "read as 'True'"),
    ({"subjectType": "Patient"}, "subjectType", "read as a list of one"),
    ({"id": "a b"}, "id", "is no id"),
    ({"contained": [LIBRARY]}, "contained[0]", "a Library is kept for export"),
    ({"contained": [{"resourceType": "Patient"}]}, "contained[0]", "a Patient is kept aside"),
    ({"contained": [LIBRARY | {"type": 7}]}, "contained[0]", "has no type"),
    ({"contained": [{"resourceType": []}]}, "contained[0]", "is no resource"),
    ({"contained": ["x"]}, "contained[0]", "is no resource"),
    ({"_title": {"extension": [7]}}, "_title.extension[0]", "is not an object"),
]


@pytest.mark.parametrize(("more", "path", "words"), LEFT_OUT, ids=[case[1] + case[2] for case in LEFT_OUT])
def test_what_does_not_fit_is_left_out_and_said(more, path, words):
    remarks = brought(resource(item("a"), **more)).remarks

    assert [each for each in remarks if each.path == path and words in each.words], remarks


def test_markup_never_arrives():
    xhtml = {
        "url": "http://hl7.org/fhir/StructureDefinition/rendering-xhtml",
        "valueString": "<b onclick='x()'>About a?</b>",
    }
    narrative = {"text": {"status": "generated", "div": "<i>x()</i>"}}
    contained = [LIBRARY | narrative, {"resourceType": "Patient"} | narrative]
    tree = resource(item("a", _text={"extension": [xhtml]}), contained=contained)

    made = brought(tree)

    assert "x()" not in made.questionnaire.source
    assert "item[0]._text.extension[0]" in [each.path for each in made.remarks]


def test_characters_that_no_page_can_show_are_taken_out():
    made = brought(resource(item("a", text="A\x07b\ud800out")))

    assert made.questionnaire.items[0].text == "About"


@pytest.mark.parametrize(
    ("source", "fhir"),
    [
        (b'{"resourceType": "Questionnaire"}', True),
        (b'{"item": []}', True),
        (b"<Questionnaire/>", True),
        (b'{"resourceType": "Questionnaire", ', True),
        (b'{"name": "own", "items": []}', False),
        (b"[", False),
    ],
)
def test_a_file_is_taken_for_what_it_is(source, fhir):
    assert is_fhir(source) is fhir


def test_an_option_of_the_wrong_kind_is_left_out():
    made = brought(resource(item("a", "choice", answerOption=[coded("x"), {"valueCoding": 3}, {}, 7])))

    assert [each.code for each in made.questionnaire.items[0].options] == ["x"]
    assert {each.path for each in made.remarks} >= {f"item[0].answerOption[{at}]" for at in (1, 2, 3)}
