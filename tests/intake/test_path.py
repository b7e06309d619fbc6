"""Which questions are open depends on what was answered, and on nothing else."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.path import Path, progress
from portal.intake.replies import AnswerState, Reply
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import answered, definitions, item, questionnaire, saying, when


def _open(definition, replies) -> list[str]:
    return [each.link_id for each in Path(definition, replies).items]


CONDITIONS = [
    ("yes-no", "=", True, True, True),
    ("yes-no", "=", True, False, False),
    ("yes-no", "=", True, None, False),
    ("yes-no", "=", False, False, True),
    ("yes-no", "!=", True, False, True),
    ("yes-no", "!=", True, None, True),
    ("yes-no", "exists", True, False, True),
    ("yes-no", "exists", True, None, False),
    ("yes-no", "exists", False, None, True),
    ("yes-no", "exists", False, False, False),
    ("one-of", "=", "two", "two", True),
    ("one-of", "!=", "two", "two", False),
    ("several-of", "=", "two", ("one", "two"), True),
    ("several-of", "=", "two", ("one", "three"), False),
    ("several-of", "!=", "two", ("one", "two"), False),
    ("several-of", "!=", "two", ("one", "three"), True),
    ("number", ">", 5, 6, True),
    ("number", ">", 5, 5, False),
    ("number", ">=", 5, 5, True),
    ("number", "<", 5, 5, False),
    ("number", "<=", 5, 5, True),
    ("number", "<", 5, None, False),
    ("number", "=", 0, 0, True),
    ("date", ">", "2020-01-01", "2020-01-02", True),
    ("date", "<=", "2020-01-01", "2020-01-02", False),
    ("short-text", "=", "heron", "heron", True),
    ("short-text", "!=", "heron", "weir", True),
]


@pytest.mark.parametrize(("kind", "operator", "expected", "given_", "opens"), CONDITIONS)
def test_each_operator(kind, operator, expected, given_, opens):
    definition = questionnaire(item("a", kind), item("b", enable_when=[when("a", operator, expected)]))

    replies = {} if given_ is None else answered(a=given_)

    assert ("b" in Path(definition, replies)) is opens


@pytest.mark.parametrize(("behaviour", "opens"), [("all", False), ("any", True)])
def test_several_conditions_hold_together_or_one_by_one(behaviour, opens):
    conditions = [when("a", "=", True), when("b", "=", True)]
    definition = questionnaire(
        item("a", "yes-no"),
        item("b", "yes-no"),
        item("c", enable_when=conditions, enable_behaviour=behaviour),
    )

    path = Path(definition, answered(a=True, b=False))

    assert ("c" in path) is opens


@pytest.mark.parametrize("state", [AnswerState.SKIPPED, AnswerState.DECLINED, AnswerState.IN_PERSON])
def test_an_answer_that_was_kept_back_opens_nothing(state):
    definition = questionnaire(item("a", "yes-no"), item("b", enable_when=[when("a", "=", True)]))

    assert _open(definition, {"a": Reply(state, True)}) == ["a"]


def test_an_answer_to_a_hidden_question_opens_nothing():
    definition = questionnaire(
        item("a", "yes-no"),
        item("b", "yes-no", enable_when=[when("a", "=", True)]),
        item("c", enable_when=[when("b", "=", True)]),
    )

    assert _open(definition, answered(a=False, b=True)) == ["a"]
    assert _open(definition, answered(a=True, b=True)) == ["a", "b", "c"]


@given(st.data())
def test_any_order_of_answering_gives_the_same_path(data):
    definition = data.draw(definitions())
    replies = data.draw(saying(definition))
    shuffled = data.draw(st.permutations(list(replies.items())))

    assert Path(definition, dict(shuffled)).items == Path(definition, replies).items


@given(st.data())
def test_walking_from_question_to_question_meets_exactly_the_open_ones(data):
    definition = data.draw(definitions())
    path = Path(definition, data.draw(saying(definition)))

    walked, item_ = [], path.items[0]
    while item_:
        walked.append(item_)
        item_ = path.after(item_.link_id)

    assert tuple(walked) == path.items
    assert [path.before(each.link_id) for each in walked] == [None, *walked[:-1]]


@given(st.data())
def test_a_branch_that_closes_and_opens_again_brings_back_what_was_there(data):
    definition = data.draw(definitions())
    replies = data.draw(saying(definition))
    changed = dict(replies)
    for link_id in data.draw(st.lists(st.sampled_from(sorted(replies)), unique=True)) if replies else []:
        changed[link_id] = Reply(AnswerState.SKIPPED, replies[link_id].value)

    returned = {link_id: Reply(replies[link_id].state, each.value) for link_id, each in changed.items()}

    assert Path(definition, returned).items == Path(definition, replies).items
    assert returned == replies


def test_from_a_hidden_question_the_way_goes_on_to_the_next_open_one():
    definition = questionnaire(item("a", "yes-no"), item("b", enable_when=[when("a", "=", True)]), item("c"))
    path = Path(definition, {})

    assert path.after("b").link_id == "c"
    assert path.after("c") is None


def test_a_follow_up_shares_its_question_s_number():
    shipped = shipped_questionnaire()
    closed, opened = Path(shipped, answered(earlier=False)), Path(shipped, answered(earlier=True))

    numbers = {each.link_id: opened.number_of(each) for each in opened.questions}

    assert (closed.total, opened.total) == (8, 8)
    assert numbers["earlier"] == numbers["what-helped"] == 6
    assert numbers["anything-else"] == 8


def test_progress_counts_what_is_open():
    shipped = shipped_questionnaire()
    replies = answered(name="Sam", earlier=True, **{"what_helped": "Walking"})
    replies |= {"sleep": Reply(AnswerState.IN_PERSON, "mixed"), "support": Reply(AnswerState.SKIPPED, None)}

    so_far = progress(Path(shipped, replies), begun=True)

    assert (so_far.total, so_far.answered, so_far.in_person, so_far.untouched) == (8, 2, 1, 4)


def test_the_next_of_300_questions_with_300_conditions_is_found_within_two_milliseconds():
    items = [item("q-0", "yes-no")]
    for number in range(1, 301):
        asked = f"q-{random.Random(number).randrange(number)}"
        items.append(item(f"q-{number}", "yes-no", enable_when=[when(asked, "exists", True)]))
    definition = questionnaire(*items)
    replies = {f"q-{number}": Reply(AnswerState.ANSWERED, True) for number in range(300)}

    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert Path(definition, replies).after("q-299").link_id == "q-300"
        took.append(time.perf_counter() - began)

    assert min(took) <= 0.002, f"{min(took) * 1000:.2f} ms"


def _sectioned():
    return questionnaire(
        item("a", "yes-no"),
        item("s", "section", text="Your evenings", enable_when=[when("a", "=", True)]),
        item("t", "section", text="", within="s"),
        item("b", within="t"),
        item("hint", "note", text="A guess is fine.", within="b"),
        item("n", "note", within="s"),
        item("c"),
    )


def test_what_stands_in_a_closed_section_is_closed_and_returns_with_it():
    definition = _sectioned()

    assert _open(definition, answered(a=False, b="heron")) == ["a", "c"]
    assert _open(definition, answered(a=True, b="heron")) == ["a", "b", "n", "c"]


def test_a_section_is_named_above_its_questions_and_a_hint_stands_on_its_question_s_page():
    path = Path(_sectioned(), answered(a=True))
    question = path.questionnaire.by_link_id["b"]

    assert path.headings(question) == ["Your evenings"]
    assert path.hints(question) == ["A guess is fine."]
    assert path.headings(path.items[0]) == path.hints(path.items[0]) == []


def test_an_answer_in_a_closed_section_opens_nothing():
    definition = questionnaire(
        item("a", "yes-no"),
        item("s", "section", enable_when=[when("a", "=", True)]),
        item("b", "yes-no", within="s"),
        item("c", enable_when=[when("b", "=", True)]),
    )

    assert _open(definition, answered(a=False, b=True)) == ["a"]


def test_what_is_shown_to_nobody_opens_others_by_the_answer_that_it_brings_along():
    definition = questionnaire(
        item("a", "yes-no"),
        item("s", "section", hidden=True),
        item("b", "number", initial=3, within="s"),
        item("fixed", "one-of", initial="two", read_only=True),
        item("c", enable_when=[when("b", ">", 2), when("fixed", "=", "two")]),
    )
    path = Path(definition, answered(b=0, fixed="one"))

    assert [each.link_id for each in path.items] == ["a", "fixed", "c"]
    assert [each.link_id for each in path.questions] == ["a", "c"]


def test_what_stands_in_the_field_at_first_is_no_answer_yet():
    definition = questionnaire(
        item("a", "yes-no", initial=True), item("b", enable_when=[when("a", "=", True)])
    )

    assert _open(definition, {}) == ["a"]


@given(st.data())
def test_nothing_closed_holds_anything_that_is_open(data):
    definition = data.draw(definitions())
    path = Path(definition, data.draw(saying(definition)))

    opened = {each.link_id for each in path.parts}

    assert all(each.within is None or each.within in opened for each in path.parts)
    assert {each.link_id for each in path.items} <= opened - definition.out_of_sight
