"""A draft holds what no definition may, says what is amiss where, and is a definition once nothing is."""

from __future__ import annotations

import pytest
from hypothesis import given

from portal.intake.services import shipped_questionnaire
from portal.making.sheet import judged, known_by, loaded, of_definition, stored
from tests.intake.definitions import definitions
from tests.intake.fhir import brought, resource, scored
from tests.making.sheets import item, patient, sheet


@patient
@given(definitions())
def test_what_is_loaded_saved_and_loaded_is_the_same(definition):
    made = of_definition(definition)

    again = loaded(stored(made))

    assert again == made
    assert judged(again, name=definition.name, source=definition.source).definition == definition


@pytest.mark.parametrize(
    "definition", [shipped_questionnaire(), brought(resource(scored("a"), scored("b"))).questionnaire]
)
def test_what_comes_with_the_portal_or_from_a_file_is_the_same_too(definition):
    made = judged(of_definition(definition), name=definition.name, source=definition.source)

    assert made.definition == definition
    assert (made.problems, made.left_out) == ([], frozenset())


AMISS = [
    (item("a", text=""), "text", "It has no words yet."),
    (item("a", why=""), "why", "It does not say why it is asked."),
    (item("a", why="x" * 3000), "why", "Why it is asked is too long."),
    (item("a", "one-of", options=[]), "options", "It has no answers to choose from."),
    (
        item("a", "one-of", options=[{"code": "x", "label": ""}]),
        "options.label",
        "One of its answers has no words.",
    ),
    (
        item("a", "yes-no", lamp={"codes": ["yes"]}),
        "lamp.heading",
        "Its lamp does not say what the client reads.",
    ),
    (
        item("a", "yes-no", lamp={"heading": "A", "words": "B"}),
        "lamp.codes",
        "No answer lights its lamp yet.",
    ),
    (item("a", max_length=9999), "max_length", "There is no room for so many characters."),
    (item("a", "number", min=3, max=1), "", "Its largest is below its smallest."),
    (item("s", "section"), "", "It holds nothing yet."),
    (
        item("a", enable_when=[{"question": "z", "operator": "=", "answer": "b"}]),
        "",
        "It depends on “About z?”, which does not stand before it.",
    ),
    (
        item("a", enable_when=[{"question": "first", "operator": "=", "answer": "maybe"}]),
        "",
        "It waits for an answer to “About first?” that can never be given.",
    ),
    (
        item("a", name_to_use=True, hidden=True),
        "",
        "The question for a name stands in no section, and is always asked.",
    ),
    (item("a", "one-of", answer_list="gone"), "", "Its answers are not those of its list any more."),
]


@pytest.mark.parametrize(("plain", "field", "words"), AMISS, ids=[each[2][:50] for each in AMISS])
def test_what_is_amiss_is_said_at_its_place_and_the_rest_is_fit(plain, field, words):
    made = judged(sheet(item("first", "yes-no"), plain, item("z", "yes-no")), name="test", source=None)

    assert [(each.link_id, each.field, each.words) for each in made.problems] == [
        (plain["link_id"], field, words)
    ]
    assert made.definition is None
    assert [each.link_id for each in made.fit.items] == ["first", "z"]
    assert made.left_out == {plain["link_id"]}


def test_what_depends_on_something_unfinished_is_left_out_with_it_and_not_blamed():
    waiting = item("b", enable_when=[{"question": "a", "operator": "exists", "answer": True}])

    made = judged(sheet(item("first"), item("a", text=""), waiting), name="test", source=None)

    assert [each.link_id for each in made.problems] == ["a"]
    assert made.left_out == {"a", "b"}


SCORES = [
    ({"questions": []}, "The score “Sum”: it adds up no questions yet."),
    ({"questions": ["b"]}, "A score adds up “About b?”, whose answers have no scores."),
    (
        {"questions": ["a"], "missing": "mean"},
        "A score says how many answers are enough where a mean stands for the rest.",
    ),
    (
        {"questions": ["a"], "bands": [{"low": 2, "high": 1, "words": "W"}]},
        "A band of a score ends before it begins.",
    ),
    (
        {
            "questions": ["a"],
            "bands": [{"low": 0, "high": 1, "words": "W"}, {"low": 1, "high": 2, "words": "V"}],
        },
        "Bands of a score overlap, or do not go upwards.",
    ),
    (
        {"questions": ["a"], "bands": [{"low": 0, "high": 1}]},
        "The score “Sum”: one of its bands is not complete.",
    ),
]


@pytest.mark.parametrize(("said", "words"), SCORES)
def test_what_is_amiss_with_a_score_is_said_too_and_the_questions_are_fit(said, words):
    scale = {"name": "sum", "title": "Sum", **said}

    made = judged(sheet(item("a", "one-of"), item("b"), scales=[scale]), name="test", source=None)

    assert [each.words for each in made.problems] == [words]
    assert made.fit is not None
    assert (len(made.fit.items), made.fit.scales) == (2, ())


def test_an_empty_sheet_has_no_question_and_nothing_fit():
    made = judged(sheet(title=""), name="test", source=None)

    assert [each.words for each in made.problems] == ["It has no title yet.", "There is no question yet."]
    assert made.fit is None


def test_minutes_are_counted_where_none_are_said():
    counted = judged(sheet(item("a", "long-text")), name="test", source=None).definition
    said = judged(sheet(item("a", "long-text"), minutes=9), name="test", source=None).definition

    assert (counted.minutes, said.minutes) == (2, 9)


def test_an_item_is_known_by_its_first_words():
    assert known_by(item("a", text="")) == "Without words yet"
    assert known_by(item("a", "section", text=" ")) == "A section without words"
    assert known_by(item("a", text="word " * 30)) == "word " * 11 + "word…"
