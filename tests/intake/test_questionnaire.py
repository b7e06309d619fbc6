"""A definition is read strictly, refused with its path, and has one form and one hash."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from portal.intake.questionnaire import Malformed, canonical, digest, lamp_of, parsed
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import KINDS, definitions, item, questionnaire, when


def _source(*items, **more) -> str:
    return json.dumps({"name": "test", "title": "Test", "minutes": 5, "items": items} | more)


@pytest.mark.parametrize("kind", [*KINDS, "note", "section"])
def test_each_kind_can_be_read(kind):
    held = [item("c", within="b")] if kind == "section" else []
    read = parsed(_source(item("a"), item("b", kind), *held))

    assert read.items[1].kind == kind


LAMP = {"codes": ["one"], "heading": "Thank you", "words": "You are not alone."}
UNFIT = [
    ("no items", [], "items"),
    ("only notes", [item("a", "note")], "there is no question"),
    ("an unknown kind", [item("a", "essay")], "items.0"),
    ("a word too many", [item("a", colour="green")], "items.0.short-text.colour"),
    ("no why", [{"link_id": "a", "kind": "yes-no", "text": "A?"}], "items.0.yes-no.why"),
    ("an empty text", [item("a", text=" ")], "items.0.short-text.text"),
    ("capitals in a link_id", [item("A")], "items.0.short-text.link_id"),
    ("a link_id that is an address", [item("check")], "items.0 (check)"),
    ("a link_id twice", [item("a"), item("a")], "items.1 (a): this link_id is there twice"),
    ("an option twice", [item("a", "one-of", options=KINDS["one-of"]["options"] * 2)], "the same code"),
    ("no options", [item("a", "one-of", options=[])], "items.0.one-of.options"),
    ("a later question", [item("a", enable_when=[when("b", "exists", True)]), item("b")], "an earlier"),
    ("itself", [item("a", enable_when=[when("a", "exists", True)])], "an earlier"),
    (
        "a note",
        [item("a"), item("n", "note"), item("b", enable_when=[when("n", "exists", True)])],
        "an earlier",
    ),
    ("exists", [item("a"), item("b", enable_when=[when("a", "exists", "yes")])], "true or false"),
    ("order", [item("a"), item("b", enable_when=[when("a", ">", "x")])], "cannot use >"),
    (
        "no such option",
        [item("a", "one-of"), item("b", enable_when=[when("a", "=", "four")])],
        "never be given",
    ),
    (
        "yes as a word",
        [item("a", "yes-no"), item("b", enable_when=[when("a", "=", "yes")])],
        "never be given",
    ),
    (
        "a boolean number",
        [item("a", "number"), item("b", enable_when=[when("a", "=", True)])],
        "never be given",
    ),
    ("an unknown operator", [item("a"), item("b", enable_when=[when("a", "~", "x")])], "operator"),
    ("a part of nothing", [item("a", part_of="b")], "could be a part of"),
    (
        "a part of a part",
        [item("a"), item("b", part_of="a"), item("c", part_of="b")],
        "could be a part of",
    ),
    (
        "a lamp on a code that is not there",
        [item("a", "one-of", lamp=LAMP | {"codes": ["x"]})],
        "not an option",
    ),
    ("a lamp on a text", [item("a", lamp=LAMP)], "items.0.short-text.lamp"),
    ("a hidden name", [item("a", name_to_use=True, hidden=True), item("b")], "cannot be hidden"),
    ("nothing but what nobody can answer", [item("a", hidden=True)], "there is no question"),
    ("a section that holds nothing", [item("a"), item("s", "section")], "'s' holds nothing"),
    ("within nothing", [item("a", within="b")], "is not a section or a question"),
    (
        "within a section that is over",
        [item("s", "section"), item("a"), item("b", within="s")],
        "is not a section or a question",
    ),
    ("within a note", [item("n", "note"), item("a", within="n")], "is not a section or a question"),
    ("an initial answer that is none", [item("a", "one-of", initial="four")], "can never be given"),
    ("two initial answers of one", [item("a", "one-of", initial=["one"])], "initial has to be one"),
    ("one initial answer of several", [item("a", several=True, initial="heron")], "initial has to be one"),
    ("own words where there are none", [item("a", "one-of", initial="~heron")], "can never be given"),
    (
        "two names",
        [item("a", name_to_use=True), item("b", name_to_use=True)],
        "only one question can ask for the name",
    ),
    ("min above max", [item("a", "number", min=3, max=2)], "min is above max"),
    ("days the wrong way round", [item("a", "date", min="2020-01-02", max="2020-01-01")], "min is above max"),
    (
        "a condition on a day that is none",
        [
            item("d", "date"),
            item("a", enable_when=[{"question": "d", "operator": ">", "answer": "zzz"}]),
        ],
        "expects an answer that can never be given",
    ),
    ("a day that the calendar has not", [item("a", "date", min="2025-02-31")], "items.0.date.min"),
    ("a day that is none", [item("a", "date", min="2020-13-01")], "items.0.date.min"),
    ("a name only for who says more", [item("a", name_to_use=True, more=True)], "cannot be hidden"),
    ("a note before nothing", [item("n", "note", before="s"), item("a")], "not a section 's'"),
    (
        "a note that does not stand right before its section",
        [item("n", "note", before="s"), item("a"), item("s", "section"), item("b", within="s")],
        "the next item is not a section 's'",
    ),
    (
        "a note before another section",
        [item("n", "note", before="t"), item("s", "section"), item("b", within="s")],
        "the next item is not a section 't'",
    ),
    (
        "too many on one page",
        [item("s", "section", on_one_page=True), *(item(f"q-{each}", within="s") for each in range(41))],
        "more than 40 items of 's' would be on one page",
    ),
    (
        "too many long texts on one page",
        [
            item("s", "section", on_one_page=True),
            *(item(f"q-{each}", "long-text", within="s") for each in range(21)),
        ],
        "more than 20 long texts of 's'",
    ),
    ("the room for own words", [item("added-afterwards")], "this link_id is an address of its own"),
]


@pytest.mark.parametrize(("items", "place"), [case[1:] for case in UNFIT], ids=[case[0] for case in UNFIT])
def test_an_unfit_definition_is_refused_with_its_place(items, place):
    with pytest.raises(Malformed) as refusal:
        parsed(_source(*items))

    assert place in " ".join(refusal.value.problems)


@pytest.mark.parametrize(
    "source", [b"", b"[]", b"null", b'{"name": "a"', b"\xff\xfe", b"[" * 100_000, b'{"items": ' + b"[" * 9000]
)
def test_what_is_no_definition_at_all_is_refused(source):
    with pytest.raises(Malformed):
        parsed(source)


@given(definitions())
def test_loading_saving_and_loading_changes_nothing(definition):
    once = canonical(definition)

    again = parsed(once)

    assert again == definition
    assert canonical(again) == once
    assert digest(canonical(again)) == digest(once)


SCALED = item("a", "one-of", options=[{"code": "one", "label": "One", "weight": 1}])
UNFIT_SCALES = [
    ({"questions": ["b"]}, "'b' has no options with weights"),
    ({"questions": ["c"]}, "'c' has no options with weights"),
    ({"questions": ["a", "a"]}, "is there twice"),
    ({"questions": ["a"], "missing": "mean"}, "at_least belongs to"),
    ({"questions": ["a"], "at_least": 1}, "at_least belongs to"),
    ({"questions": ["a"], "missing": "mean", "at_least": 2}, "at_least is more"),
]


@pytest.mark.parametrize(("scale", "problem"), UNFIT_SCALES)
def test_an_unfit_scale_is_refused(scale, problem):
    with pytest.raises(Malformed) as refusal:
        parsed(_source(SCALED, item("b", "one-of"), scales=[{"name": "s", "title": "S"} | scale]))

    assert problem in " ".join(refusal.value.problems)


def test_the_order_of_keys_and_what_is_said_by_default_do_not_change_the_hash():
    plain = item("a")
    spelt_out = dict(reversed(list((plain | {"wanted": False, "enable_when": []}).items())))

    assert canonical(questionnaire(plain)) == canonical(questionnaire(spelt_out))
    assert digest(canonical(questionnaire(plain))) != digest(canonical(questionnaire(item("b"))))


def test_the_questions_that_come_with_the_portal_are_eight_and_end_with_the_tender_one():
    shipped = shipped_questionnaire()

    asked = [each for each in shipped.items if each.kind not in {"note", "section"} and not each.more]
    assert [each.link_id for each in asked] == [
        "name",
        "what-brings-you",
        "since-when",
        "sleep",
        "support",
        "earlier",
        "what-helped",
        "right-now",
        "anything-else",
    ]
    assert sum(each.part_of is None for each in asked) == 8
    assert [each.link_id for each in asked if each.wanted] == ["name"]
    assert [each.link_id for each in asked if each.tender] == ["right-now"]
    assert [each.link_id for each in asked if lamp_of(each)] == ["right-now"]
    assert shipped.beyond == {"what-eases-it", "a-better-day", "further-back"}
    assert shipped.announced == {"what-is-hard": "before-you-go-on"}


def test_the_questions_that_come_with_the_portal_use_plain_words():
    shipped = shipped_questionnaire()

    texts = [words for each in shipped.items for words in (each.text, getattr(each, "why", ""))]
    texts += [lamp.words for each in shipped.items if (lamp := lamp_of(each))]
    for text in filter(None, texts):
        sentences = [part for part in text.replace("?", ".").split(".") if part.strip()]
        longest = max(len(sentence.split()) for sentence in sentences)
        assert longest <= 24, text
        assert "!" not in text
