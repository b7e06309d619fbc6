"""Which answers light a lamp, and when it is told of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_writing import written
from portal.intake.lamp_rules import lit_by, told_again_at, told_at
from portal.intake.questionnaire import LampRule, Malformed, Questionnaire, as_definition, canonical, digest
from portal.intake.replies import AnswerState, Reply
from portal.practice.answering import Answering
from tests.intake.definitions import item, questionnaire

LONDON = ZoneInfo("Europe/London")
WORDS = {"heading": "Thank you", "words": "You are not alone."}
SCORED = [
    {"code": "never", "label": "Never", "weight": 0},
    {"code": "often", "label": "Often", "weight": 2},
    {
        "code": "always",
        "label": "Always",
        "weight": 3,
        "coding": {"system": "http://loinc.org", "code": "LA-9"},
    },
    {"code": "unsure", "label": "Unsure"},
]


def lamp(**more):
    return WORDS | more


def wide(*lamps, items):
    plain = {"name": "test", "title": "Test", "minutes": 5, "items": items, "lamps": list(lamps)}
    return as_definition(plain)


def answered(value):
    return Reply(AnswerState.ANSWERED, value)


def is_lit(definition: Questionnaire, link_id: str, value) -> bool:
    question = definition.by_link_id[link_id]
    return lit_by(definition, question, answered(value)) is not None


def test_only_an_answer_that_was_given_lights_it():
    definition = questionnaire(item("a", "yes-no", lamp=lamp(codes=["yes"])), item("b", "yes-no"))
    question = definition.by_link_id["a"]

    assert lit_by(definition, question, answered(True)) is not None
    for reply in (
        answered(False),
        Reply(AnswerState.IN_PERSON, True),
        Reply(AnswerState.DECLINED, True),
        Reply(AnswerState.SKIPPED, True),
        None,
    ):
        assert lit_by(definition, question, reply) is None
    assert not is_lit(definition, "b", True)


@pytest.mark.parametrize(
    ("kind", "more", "rule", "lighting", "others"),
    [
        ("one-of", {}, {"codes": ["two"]}, ["two"], ["one"]),
        ("several-of", {}, {"codes": ["two", "three"]}, [("one", "three")], [("one",)]),
        ("number", {}, {"at_least": 7}, [7, 10], [6]),
        ("number", {}, {"at_most": 2}, [0, 2], [3]),
        ("number", {}, {"at_least": 4, "at_most": 6}, [4, 5, 6], [3, 7]),
        ("number", {"several": True}, {"at_least": 7}, [(1, 8)], [(1, 6)]),
        # Of an item that is scored, what the answer counts; one that counts nothing is no number.
        ("one-of", {"options": SCORED}, {"at_least": 2}, ["often", "always"], ["never", "unsure"]),
        ("one-of", {"options": SCORED}, {"at_most": 0}, ["never"], ["often", "unsure"]),
        (
            "several-of",
            {"options": SCORED},
            {"at_least": 5},
            [("often", "always")],
            [("always",), ("unsure",)],
        ),
        (
            "one-of",
            {"options": SCORED},
            {"codes": ["unsure"], "at_least": 3},
            ["unsure", "always"],
            ["often"],
        ),
        # By the code that another system has for it, and by a word of one's own never.
        ("one-of", {"options": SCORED, "other": True}, {"codes": ["never"]}, ["never"], ["~never", "~"]),
    ],
)
def test_a_code_lights_it_and_so_does_a_number(kind, more, rule, lighting, others):
    definition = questionnaire(item("a", kind, **more, lamp=lamp(**rule)))

    assert [is_lit(definition, "a", value) for value in lighting] == [True] * len(lighting)
    assert [is_lit(definition, "a", value) for value in others] == [False] * len(others)


@pytest.mark.parametrize("code", ["always", "LA-9", "http://loinc.org|LA-9"])
def test_a_lamp_of_the_whole_questionnaire_is_on_every_question_that_has_its_code(code):
    definition = wide(
        lamp(codes=[code]),
        items=[
            item("a", "one-of", options=SCORED),
            item("b", "several-of", options=SCORED),
            item("c", "one-of"),
            item("d", "one-of", options=SCORED, lamp=lamp(codes=["never"], words="Of its own.")),
        ],
    )

    assert is_lit(definition, "a", "always")
    assert is_lit(definition, "b", ("never", "always"))
    assert not is_lit(definition, "a", "often")
    assert definition.lamp_on("c") is None
    # A question's own rule counts for it alone.
    assert not is_lit(definition, "d", "always")
    assert definition.lamp_on("d").words == "Of its own."


def test_a_lamp_of_the_whole_questionnaire_may_name_its_questions():
    definition = wide(
        lamp(questions=["b", "n"], at_least=3),
        items=[
            item("a", "one-of", options=SCORED),
            item("b", "one-of", options=SCORED),
            item("n", "number"),
        ],
    )

    assert is_lit(definition, "b", "always")
    assert is_lit(definition, "n", 3)
    assert not is_lit(definition, "b", "often")
    assert definition.lamp_on("a") is None
    assert definition.lights_lamps


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([lamp()], "needs codes, at_least or at_most"),
        ([lamp(codes=["always"], tells="within-minutes")], "minutes belong"),
        ([lamp(codes=["always"], minutes=5)], "minutes belong"),
        ([lamp(at_least=3)], "a number needs the questions"),
        ([lamp(questions=["x"], codes=["always"])], "'x' is not a choice or a number"),
        ([lamp(questions=["t"], at_least=3)], "'t' is not a choice or a number"),
        ([lamp(questions=["c"], at_least=3)], "needs a number, or options with weights"),
        ([lamp(questions=["a"], codes=["elsewhere"])], "'elsewhere' is not an option"),
        ([lamp(codes=["elsewhere"])], "no question has an option with one of these codes"),
    ],
)
def test_a_lamp_that_could_never_be_lit_is_refused(rules, says):
    items = [item("a", "one-of", options=SCORED), item("c", "one-of"), item("t")]

    with pytest.raises(Malformed) as problem:
        wide(*rules, items=items)

    assert says in str(problem.value)


def test_what_was_published_before_there_were_more_rules_is_still_the_same():
    """Its hash, which sent answers name, was made of exactly these words."""
    before = (
        '{"items":[{"kind":"yes-no","lamp":{"codes":["yes"],"heading":"Thank you",'
        '"words":"You are not alone."},"link_id":"a","text":"About a?","why":"because a test asks it."}],'
        '"minutes":5,"name":"test","title":"Test"}'
    )

    again = canonical(questionnaire(item("a", "yes-no", lamp=lamp(codes=["yes"]))))

    assert again == before
    assert digest(again) == digest(before)


def test_lamps_go_out_to_fhir_and_come_back():
    definition = wide(
        lamp(questions=["b"], at_least=3, tells="answering-hours"),
        lamp(codes=["http://loinc.org|LA-9"]),
        items=[
            item("a", "one-of", options=SCORED),
            item("b", "one-of", options=SCORED),
            item("n", "number", lamp=lamp(at_most=2, tells="within-minutes", minutes=5)),
        ],
    )

    once = written(definition)
    again = brought_in(json.dumps(once).encode(), otherwise="test").questionnaire

    assert again.lamps == definition.lamps
    assert [again.lamp_on(each) for each in ("a", "b", "n")] == [
        definition.lamp_on(each) for each in ("a", "b", "n")
    ]
    assert written(again) == once


def rule(**more) -> LampRule:
    return LampRule(codes=("yes",), **WORDS, **more)


HOURS = Answering(zone=LONDON, days=frozenset({1, 2, 3, 4}), within_days=2, by_hour=18)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("more", "lit", "told"),
    [
        ({}, "2027-03-05 23:00", "2027-03-05 23:00"),
        ({"tells": "within-minutes", "minutes": 20}, "2027-03-05 23:00", "2027-03-05 23:20"),
        # 1 March 2027 is a Monday; the practice reads Monday to Thursday, from eight to six.
        ({"tells": "answering-hours"}, "2027-03-01 09:30", "2027-03-01 09:30"),
        ({"tells": "answering-hours"}, "2027-03-01 07:59", "2027-03-01 08:00"),
        ({"tells": "answering-hours"}, "2027-03-01 18:00", "2027-03-02 08:00"),
        ({"tells": "answering-hours"}, "2027-03-04 20:00", "2027-03-08 08:00"),
        ({"tells": "answering-hours"}, "2027-03-06 12:00", "2027-03-08 08:00"),
        # Over the change of the clocks, on Sunday 28 March.
        ({"tells": "answering-hours"}, "2027-03-25 20:00", "2027-03-29 08:00"),
    ],
)
def test_it_is_told_of_as_soon_as_its_rule_says(more, lit, told):
    assert told_at(rule(**more), lit_at=london(lit), answering=HOURS) == london(told)


@pytest.mark.parametrize(
    ("told", "times", "again"),
    [
        ("2027-03-01 09:00", 1, "2027-03-01 10:00"),
        ("2027-03-01 10:00", 2, "2027-03-01 12:00"),
        ("2027-03-01 12:00", 3, "2027-03-01 16:00"),
        # Nobody is told again at night.
        ("2027-03-01 16:00", 4, "2027-03-02 07:00"),
        ("2027-03-01 21:30", 1, "2027-03-02 07:00"),
        ("2027-03-01 23:59", 2, "2027-03-02 07:00"),
        ("2027-03-02 01:00", 1, "2027-03-02 07:00"),
        ("2027-03-02 07:00", 5, "2027-03-03 07:00"),
        ("2027-03-02 09:00", 9, "2027-03-03 09:00"),
        ("2027-03-02 09:00", 900, "2027-03-03 09:00"),
    ],
)
def test_it_is_told_of_again_after_waits_that_grow_up_to_a_day(told, times, again):
    assert told_again_at(london(told), times=times, zone=LONDON) == london(again)


@given(st.integers(0, 366 * 24 * 60), st.integers(1, 40))
def test_whoever_has_not_seen_it_hears_of_it_again_by_day_within_a_day_and_a_night(minutes, times):
    told = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    again = told_again_at(told, times=times, zone=LONDON)

    assert timedelta(minutes=59) < again - told <= timedelta(hours=34)
    assert 7 <= again.astimezone(LONDON).hour < 22
