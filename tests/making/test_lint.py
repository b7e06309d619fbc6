"""The lint for tenderness: each rule finds what it is for, and leaves what is gentle alone."""

from __future__ import annotations

import pytest

from portal.intake.questionnaire import Questionnaire
from portal.intake.services import shipped_questionnaire
from portal.making.lint import RULES, findings
from portal.making.sheet import judged, of_definition
from tests.intake.fhir import brought, resource, scored
from tests.intake.fhir import item as fhir_item
from tests.making.sheets import OFTEN, item, sheet

LAMP = {"codes": ["often"], "heading": "Thank you", "words": "You are not alone."}
NOTE = item("n", "note", text="What comes next may be hard. You can pass it by.")
EASY = [item(f"easy-{number}", why=f"it is easy, for a reason of its own: {number}.") for number in range(3)]
LAST = item("last", why="no list thinks of everything.")


def said(*items, published=None, **more) -> list[tuple[str, str | None]]:
    found = findings(judged(sheet(*items, **more), name="test", source=None), published)
    return [(each.rule, each.link_id) for each in found]


def tender(link_id, **more):
    return item(link_id, tender=True, why=f"it says where to be careful with {link_id}.", **more)


def gentle(*items):
    """Among easy ones, after a note, with something easier after it."""
    return (*EASY, NOTE, *items, LAST)


def test_what_comes_with_the_portal_has_nothing_to_mend():
    shipped = shipped_questionnaire()

    found = findings(judged(of_definition(shipped), name=shipped.name, source=None))

    assert [each for each in found if each.is_error] == []
    assert [(each.rule, each.link_id) for each in found] == [("two-in-one", "what-helped")]


def test_every_rule_has_a_name_of_its_own_a_heading_and_a_reason():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.heading and rule.reason.endswith(".") for rule in RULES)


def test_what_is_gentle_is_left_alone():
    assert said(*gentle(tender("t"))) == []


FOUND = [
    ("no-why", "a", (item("a", why=""),)),
    ("hollow-why", "a", (item("a", why="just because."),)),
    ("hollow-why", "a", tuple(item(each, why="it is on my list, so it is.") for each in "abc")),
    ("no-way-round", "a", (item("a", text="You must say how old you are."),)),
    ("no-way-round", "a", (item("a", text="How old are you? *"),)),
    ("no-way-round", "a", (item("a", why="an answer is required by the clinic."),)),
    ("no-way-round", "n", (*EASY, item("n", "note", text="Please answer every question on this page."))),
    ("pressed", "t", gentle(tender("t", wanted=True))),
    ("tender-first", "t", (NOTE, tender("t"), *EASY)),
    ("tender-early", "t", (EASY[0], NOTE, tender("t"), *EASY[1:], item("e"), LAST)),
    ("no-note", "t", (*EASY, tender("t"), LAST)),
    ("no-note", "t", (NOTE, *EASY, tender("t"), LAST)),
    (
        "no-note",
        "t",
        (
            *EASY,
            item("y", "yes-no"),
            NOTE | {"enable_when": [{"question": "y", "operator": "=", "answer": True}]},
            tender("t"),
            LAST,
        ),
    ),
    (
        "note-without-skip",
        "n",
        (*EASY, NOTE, item("s", "section"), tender("t", within="s"), tender("u", within="s"), LAST),
    ),
    ("ends-tender", "t", (*EASY, NOTE, tender("t"))),
    ("two-in-one", "a", (item("a", text="Do you smoke and/or drink?"),)),
    ("two-in-one", "a", (item("a", text="Are you well? Since when?"),)),
    ("two-in-one", "a", (item("a", text="What helps you, and what does not?"),)),
    ("blaming", "a", (item("a", text="Why did you stop?"),)),
    ("blaming", "a", (item("a", text="Why haven't you told anybody?"),)),
    (
        "hard-words",
        "a",
        (
            item(
                "a",
                text="To what extent have interpersonal difficulties or occupational responsibilities"
                " detrimentally affected the quality of your relationships with family members?",
            ),
        ),
    ),
    (
        "too-long",
        None,
        tuple(item(f"q{number}", "long-text", why=f"of {number} I know little.") for number in range(9)),
    ),
    (
        "minutes-told",
        None,
        tuple(item(f"q{number}", "long-text", why=f"of {number} I know little.") for number in range(4)),
    ),
    (
        "scored-sometimes",
        "b",
        (
            item("a", "one-of"),
            item("b", "one-of", enable_when=[{"question": "a", "operator": "=", "answer": "often"}]),
        ),
    ),
    ("score-without-source", None, (item("a", "one-of"), item("b", "one-of"))),
    ("bands-with-gaps", None, (item("a", "one-of"), item("b", "one-of"))),
]
SCORE = {"name": "sum", "title": "Sum", "questions": ["a", "b"]}
MORE = {
    "minutes-told": {"minutes": 2},
    "scored-sometimes": {"scales": [SCORE]},
    "score-without-source": {"scales": [SCORE | {"missing": "mean", "at_least": 1}]},
    "bands-with-gaps": {"scales": [SCORE | {"bands": [{"low": 0, "high": 3, "words": "Some"}]}]},
}


@pytest.mark.parametrize(
    ("rule", "link_id", "items"), FOUND, ids=[f"{each[0]}-{at}" for at, each in enumerate(FOUND)]
)
def test_each_rule_finds_what_it_is_for(rule, link_id, items):
    assert (rule, link_id) in said(*items, **MORE.get(rule, {}))


LEFT_ALONE = [
    ("two-in-one", (item("a", text="Who or what supports you?"),)),
    ("two-in-one", (item("a", text="Have you been in therapy or counselling before?"),)),
    ("two-in-one", (item("a", text="What do you do for work and for rest?"),)),
    ("no-way-round", (item("a", text="What do you have to do in a week?"),)),
    ("blaming", (item("a", text="What made you come, and not stay away?"),)),
    ("hard-words", (item("a", text="Wie sehr haben zwischenmenschliche Schwierigkeiten " * 4),)),
    ("hard-words", (item("a", text="Psychopharmacological antecedents?"),)),
    ("tender-first", (NOTE, tender("t"), NOTE | {"link_id": "m"}, tender("u"))),
    ("tender-early", (*EASY, NOTE, tender("t"), LAST)),
    (
        "note-without-skip",
        (
            *EASY,
            NOTE | {"before": "s"},
            item("s", "section"),
            tender("t", within="s"),
            tender("u", within="s"),
            LAST,
        ),
    ),
    ("no-note", (*EASY, item("s", "section"), NOTE | {"within": "s"}, tender("t", within="s"), LAST)),
    ("no-note", (*EASY, NOTE, tender("t"), tender("u"), LAST)),
    ("ends-tender", (*EASY, NOTE, tender("t"), item("m", "note", text="Thank you. Take your time."))),
    ("too-long", tuple(item(f"q{number}", more=True) for number in range(90))),
    ("bands-with-gaps", (item("a", "one-of"), item("b", "one-of"))),
]
WHOLE = [{"low": 0, "high": 1, "words": "Little"}, {"low": 2, "high": 4, "words": "Much"}]


@pytest.mark.parametrize(
    ("rule", "items"), LEFT_ALONE, ids=[f"{each[0]}-{at}" for at, each in enumerate(LEFT_ALONE)]
)
def test_each_rule_leaves_alone_what_is_none_of_its_business(rule, items):
    more = {"scales": [SCORE | {"bands": WHOLE}]} if rule == "bands-with-gaps" else {}

    assert rule not in [name for name, _ in said(*items, **more)]


PHQ_9 = {"system": "http://loinc.org", "code": "44260-8"}


def found_in(tree) -> dict[str, str]:
    definition = brought(tree).questionnaire
    found = findings(judged(of_definition(definition), name="test", source=definition.source))
    return {each.rule: each.words for each in found if each.rule.startswith(("risk", "lamp"))}


@pytest.mark.parametrize(
    "asked",
    [
        scored("q9", code=[PHQ_9]),
        scored("/44260-8"),
        fhir_item("c6", "boolean", code=[{"code": "93267-3"}]),
        fhir_item("x", "string", code=[{"system": "http://snomed.info/sct", "code": "6471006"}]),
    ],
)
def test_a_coded_item_about_danger_needs_a_lamp(asked):
    found = found_in(resource(asked))

    assert "risk-without-lamp" in found
    assert "no answer to it lights a lamp" in found["risk-without-lamp"]
    assert ("answers to choose from" in found["risk-without-lamp"]) == (asked["type"] == "string")


def test_with_a_lamp_it_is_asked_whether_every_answer_lights_it():
    definition = brought(resource(scored("q9", code=[PHQ_9]))).questionnaire
    made = of_definition(definition)
    made["items"][0]["lamp"] = LAMP

    dark = findings(judged(made, name="test", source=definition.source))
    made["items"][0]["lamp"] = LAMP | {"codes": ["sometimes", "often"]}
    bright = findings(judged(made, name="test", source=definition.source))

    assert ("lamp-with-gaps", "It lights none for: “Sometimes”.") in [
        (each.rule, each.words) for each in dark
    ]
    assert [each.rule for each in bright if each.rule.startswith(("risk", "lamp"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Have you had thoughts of suicide?",
        "Thoughts that you would be better off dead",
        "The thought of harming myself has occurred to me",
        "Did you wish you were dead?",
        "Have you tried to take your own life?",
        "Do you want to hurt somebody else?",
        "Haben Sie an Selbstmord gedacht?",
    ],
)
def test_words_about_harm_are_thought_over_where_there_is_no_lamp(text):
    assert ("risk-by-words", "a") in said(item("a", "one-of", text=text))
    assert ("risk-by-words", "a") not in said(item("a", "one-of", text=text, lamp=LAMP))


@pytest.mark.parametrize(
    "text", ["Does anything hurt?", "Who died in your family?", "What kills time for you?"]
)
def test_other_words_are_not(text):
    assert ("risk-by-words", "a") not in said(item("a", "one-of", text=text))


def version(*items) -> Questionnaire:
    return judged(sheet(*items), name="test", source=None).fit


RELABELLED = [OFTEN[0] | {"label": "Not once"}, OFTEN[1]]
REWEIGHED = [OFTEN[0], OFTEN[1] | {"weight": 3}]


@pytest.mark.parametrize(
    ("now", "rule", "is_error"),
    [
        (item("a", "one-of", options=RELABELLED), "changed-answers", False),
        (item("a", "one-of", options=[*OFTEN, {"code": "x", "label": "X"}]), "changed-answers", False),
        (item("a", "one-of", options=REWEIGHED), "other-meaning", True),
        (item("a", "several-of"), "other-meaning", True),
        (item("a", "long-text"), "other-meaning", True),
    ],
)
def test_what_is_under_an_old_name_means_what_it_meant_in_every_version(now, rule, is_error):
    published = {1: version(item("a", "one-of")), 4: version(item("b"))}
    found = findings(judged(sheet(now, item("c")), name="test", source=None), published)

    told = [each for each in found if each.rule == rule]
    assert [(each.link_id, each.is_error) for each in told] == [("a", is_error)]
    assert "version 1" in told[0].words


def test_other_words_under_an_old_name_are_another_matter():
    published = {1: version(item("a", "one-of"))}

    found = said(item("a", "one-of", text="How often, would you say?"), published=published)

    assert not [rule for rule, _ in found if rule in {"other-meaning", "changed-answers"}]


def test_errors_come_first_and_each_kind_in_the_order_of_the_items():
    found = said(item("a", text="Why did you stop?"), item("b", text="You must say."), item("c", why=""))

    assert [(rule, link_id) for rule, link_id in found if rule in {"blaming", "no-way-round", "no-why"}] == [
        ("no-why", "c"),
        ("no-way-round", "b"),
        ("blaming", "a"),
    ]
