"""The standard's other clothes: a file in XML says what the same file in JSON says."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_shapes import Unusable, is_fhir
from portal.making.taking import taken
from tests.intake.fhir import brought, coded, control, item, resource, resources, scored, translated, when
from tests.intake.test_fhir_odd import bundle, code_system, concept, value_set

NAMESPACE = 'xmlns="http://hl7.org/fhir"'


def in_xml(tree: dict[str, Any], space: str = f" {NAMESPACE}") -> str:
    """As the standard writes a resource in XML (R4, 2.1.0.6)."""
    name = tree["resourceType"]
    rest = {key: each for key, each in tree.items() if key != "resourceType"}
    return f"<{name}{space}>{_inside(rest)}</{name}>"


def _inside(tree: dict[str, Any]) -> str:
    parts = []
    for name, value in tree.items():
        if name.startswith("_"):
            continue
        for each in value if isinstance(value, list) else [value]:
            parts.append(_one(name, each, tree.get(f"_{name}", {})))
    return "".join(parts)


def _one(name: str, value: Any, beside: dict[str, Any]) -> str:
    if isinstance(value, dict) and "resourceType" in value:
        return f"<{name}>{in_xml(value, '')}</{name}>"
    if isinstance(value, dict):
        url = f" url={quoteattr(value['url'])}" if name == "extension" else ""
        return (
            f"<{name}{url}>{_inside({k: v for k, v in value.items() if not (url and k == 'url')})}</{name}>"
        )
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name} value={quoteattr(text)}>{_inside(beside)}</{name}>"


TREES = [
    resource(
        item("g", "group", item=[item("a", "boolean", required=True), item("n", "decimal")]),
        item(
            "c",
            enableWhen=[when("a", "=", answerBoolean=True), when("n", ">", answerDecimal=0.5)],
            enableBehavior="any",
        ),
        item("q", "quantity", extension=[control("slider")], maxLength=7),
        language="en",
    ),
    resource(
        scored("a", _text=translated("Über a?", "de"), prefix="3a"),
        scored("b", initial=[{"valueCoding": coded("never")["valueCoding"]}]),
        item("v", "choice", answerValueSet="#v", repeats=True),
        contained=[
            value_set("v", {"system": "urn:example:cs"}),
            code_system("cs", concept("low"), concept("high")),
        ],
        language="en",
        experimental=True,
    ),
    bundle(
        resource(item("a", "choice", answerValueSet="urn:example:vs")),
        value_set("x", {"system": "urn:s", "concept": [concept("yes")]}, url="urn:example:vs"),
    ),
    resource(item("a", "text", text="Less < more & “both”?\n\nAnd more")),
]


@pytest.mark.parametrize("tree", TREES, ids=["conditions", "answers", "a Bundle", "signs"])
def test_it_says_what_the_same_file_says_in_json(tree):
    written = in_xml(tree).replace("\n", "&#10;")

    made, same = brought_in(written.encode(), otherwise="evenings"), brought(tree)

    assert is_fhir(written.encode())
    assert (made.questionnaire, made.remarks) == (same.questionnaire, same.remarks)
    assert taken(written.encode(), otherwise="evenings").is_fhir


@settings(deadline=None, max_examples=60)
@given(resources())
def test_so_does_any_other(tree):
    made, same = brought_in(in_xml(tree).encode(), otherwise="evenings"), brought(tree)

    assert (made.questionnaire, made.remarks) == (same.questionnaire, same.remarks)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_it_may_be_saved_in_another_way_and_come_without_its_namespace(encoding):
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<!-- ours -->'
    source = declared + in_xml(resource(item("a", text="Wörter?")), "")

    made = brought_in(source.encode(encoding), otherwise="x")

    assert made.questionnaire.items[0].text == "Wörter?"


def test_narrative_never_arrives():
    div = '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></div></text>'
    source = in_xml(resource(item("a"))).replace("<status", f"{div}<status", 1)

    made = brought_in(source.encode(), otherwise="x")

    assert "x()" not in made.questionnaire.source
    assert [(each.path, each.words) for each in made.remarks] == [
        ("text", "a narrative is markup, and is left out")
    ]


DEEP = "<item>" * 70 + "</item>" * 70
ITEMS = "<item><type value='group'/>" * 25 + "</item>" * 25
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
REFUSED = [
    ("<Questionnaire>", "line 1, column 16: no element found"),
    ("<Questionnaire>\n<item>\n</Questionnaire>", "line 3, column 3: mismatched tag"),
    (f"{LAUGHS}<Questionnaire><title value='&b;'/></Questionnaire>", "line 1: it declares a document type"),
    ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><Questionnaire/>', "line 1: it declares a document type"),
    (f"<Questionnaire>\n{DEEP}</Questionnaire>", "line 2: nested more than 60 levels deep"),
    (f"<Questionnaire>{ITEMS}</Questionnaire>", "items more than 20 levels deep"),
    ("<html xmlns='http://www.w3.org/1999/xhtml'/>", "line 1: this is no FHIR resource"),
    ("<Patient/>", "resourceType: this is a 'Patient'"),
    ("<Questionnaire><title value='&nope;'/></Questionnaire>", "line 1, column 16: undefined entity"),
    ("<Questionnaire><contained/></Questionnaire>", "item: there is nothing"),
    (f"<Questionnaire>{'<a/>' * 300_001}</Questionnaire>", "line 1: more than 300,000 elements"),
    ("<" + " " * 5_000_001, "larger than 5 MB"),
]


@pytest.mark.parametrize(("source", "fault"), REFUSED, ids=[each[1][:40] for each in REFUSED])
def test_what_cannot_be_used_is_refused_with_its_line(source, fault):
    with pytest.raises(Unusable) as refusal:
        brought_in(source.encode(), otherwise="x")

    assert fault in str(refusal.value)


@settings(deadline=None, max_examples=80)
@given(resources(), st.data())
def test_however_it_is_damaged_it_is_refused_in_words_or_read(tree, data):
    source = in_xml(tree)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(source)))
        source = (
            source[:at]
            + data.draw(st.sampled_from(["", "<", "/>", "<a>", "</item>", '"', "&", "\x00", "<item/>"]))
            + (source[at + data.draw(st.integers(0, 20)) :])
        )
    try:
        made = brought_in(source.encode(), otherwise="x").questionnaire
    except Unusable:
        return

    assert json.loads(made.source or "")["resourceType"] == "Questionnaire"
