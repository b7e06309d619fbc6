"""A file becomes a draft as far as it can be held, and all that cannot is said with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.fhir_shapes import Unusable
from portal.intake.questionnaire import canonical
from portal.intake.services import shipped_questionnaire
from portal.making.sheet import judged, loaded, of_definition, stored
from portal.making.taking import taken
from tests.intake import fhir
from tests.intake.definitions import definitions
from tests.making.sheets import patient


def read(plain, **more):
    source = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return taken(source, otherwise="evenings", **more)


@patient
@given(definitions())
def test_what_was_taken_out_comes_back_as_it_was(definition):
    made = read(canonical(definition).encode())

    assert (made.name, made.remarks, made.is_fhir) == (definition.name, [], False)
    assert made.sheet == of_definition(definition)


def test_what_comes_with_the_portal_comes_back_too_with_the_file_it_came_from():
    imported = fhir.brought(fhir.resource(fhir.scored("/1.a"), fhir.scored("b"))).questionnaire
    for definition in (shipped_questionnaire(), imported):
        made = read(canonical(definition).encode())
        assert judged(made.sheet, name=made.name, source=made.source).definition == definition


UNFIT = [
    ({"title": 5}, "title", ""),
    ({"minutes": "long"}, "minutes", "no number from 1 to 240"),
    ({"colour": "green"}, "colour", "not known here"),
    ({"items": [3]}, "items[0]", "of no kind"),
    ({"items": [{"kind": "essay"}]}, "items[0]", "of no kind"),
    ({"items": [{"kind": "note", "text": 7}]}, "items[0].text", "does not fit"),
    ({"items": [{"kind": "note", "colour": 7}]}, "items[0].colour", "does not fit"),
    ({"items": [{"kind": "one-of", "options": [{"code": "x"}]}]}, "items[0].options[0]", "does not fit"),
    ({"items": [{"kind": "note", "enable_when": "x"}]}, "items[0].enable_when[0]", "does not fit"),
    ({"items": [{"kind": "note", "link_id": "A b"}]}, "items[0].link_id", "is now 'a-b'"),
    ({"scales": [7]}, "scales[0]", "cannot be read"),
    ({"scales": [{"bands": [{"low": "x"}]}]}, "scales[0].bands[0]", "does not fit"),
    ({"answer_lists": [{"options": [7]}]}, "answer_lists[0].options[0]", "does not fit"),
    ({"source": "{}"}, "source", "no FHIR questionnaire"),
]


@pytest.mark.parametrize(
    ("plain", "path", "words"), UNFIT, ids=[f"{each[1]}-{at}" for at, each in enumerate(UNFIT)]
)
def test_what_cannot_be_held_is_left_out_and_said(plain, path, words):
    made = read({"title": "Evenings", "items": [], **plain})

    if words:
        assert [each for each in made.remarks if each.path == path and words in each.words], made.remarks
    assert loaded(stored(made.sheet)) == made.sheet


def test_what_can_be_mended_is_held():
    made = read(
        {
            "items": [
                {"kind": "one-of", "text": "", "why": "", "link_id": "a"},
                {"kind": "note", "link_id": "a"},
            ]
        }
    )

    assert [(each["kind"], each["link_id"]) for each in made.sheet["items"]] == [
        ("one-of", "a"),
        ("note", "a-2"),
    ]
    assert len(judged(made.sheet, name="x", source=None).problems) >= 4


REFUSED = [
    (b'{"items": [', "line 1, column 12"),
    (b'{"items": {}}', "items: this is no questionnaire"),
    (b"[1]", "items: this is no questionnaire"),
    (b'{"items": [NaN]}', "NaN is no number"),
    (b"\xff\xfe", "byte 0"),
    (b'{"items": ' + b"[" * 100_000, "the file"),
    (json.dumps({"items": [{}] * 1001}).encode(), "items[1000]: there are more than 1,000"),
    (b" " * 5_000_001, "larger than 5 MB"),
    (json.dumps(fhir.resource(fhir.item("a"), resourceType="Patient")).encode(), "this is a 'Patient'"),
]


@pytest.mark.parametrize(("source", "fault"), REFUSED, ids=[each[1][:30] for each in REFUSED])
def test_what_is_no_questionnaire_is_refused_with_the_place_at_fault(source, fault):
    with pytest.raises(Unusable, match=fault.replace("[", r"\[")):
        read(source)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@patient
@given(st.data())
def test_whatever_a_file_of_ours_holds_it_becomes_a_draft_that_can_be_looked_at(data):
    plain = json.loads(canonical(data.draw(definitions())))
    for _ in range(data.draw(st.integers(1, 4))):
        holder, key = data.draw(st.sampled_from(list(fhir._places(plain))))
        holder[key] = data.draw(_JUNK)
    try:
        made = read(plain)
    except Unusable:
        return

    assert judged(made.sheet, name="test", source=made.source).problems is not None
    assert loaded(stored(made.sheet)) == made.sheet


def test_of_a_fhir_file_the_languages_can_be_chosen():
    tree = fhir.resource(fhir.item("a", text="Wie?", _text=fhir.translated("How?", "en")), language="de")

    german, english = read(tree), read(tree, language="en")

    assert german.languages == english.languages == ("de", "en")
    assert (german.sheet["items"][0]["text"], english.sheet["items"][0]["text"]) == ("Wie?", "How?")
    assert english.sheet["source_language"] == "en"
