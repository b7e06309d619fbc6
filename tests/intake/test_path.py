"""Which questions are open depends on what was answered, and on nothing else."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.path import Path, passed_by, progress
from portal.intake.questionnaire import Section, with_addition
from portal.intake.replies import AnswerState, Reply
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import (
    answered,
    definitions,
    item,
    paths,
    questionnaire,
    saying,
    unhurried,
    when,
)


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


@unhurried
@given(st.data())
def test_any_order_of_answering_gives_the_same_path(data):
    path = data.draw(paths())
    shuffled = data.draw(st.permutations(list(path.replies.items())))

    other = Path(path.questionnaire, dict(shuffled), path.more)

    assert (other.items, other.stops) == (path.items, path.stops)


@unhurried
@given(paths())
def test_walking_from_page_to_page_meets_exactly_what_is_open(path):
    walked, stop = [], path.stops[0] if path.stops else None
    while stop:
        walked.append(stop)
        stop = path.after(stop.link_id)

    assert tuple(walked) == path.stops
    assert [path.before(each.link_id) for each in walked] == [None, *walked[:-1]]
    met = [path.within(each) if isinstance(each, Section) else [each] for each in walked]
    assert [each.link_id for each in itertools.chain(*met)] == [each.link_id for each in path.items]


@unhurried
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


def test_the_next_of_300_questions_with_300_conditions_is_found():
    items = [item("q-0", "yes-no")]
    for number in range(1, 301):
        asked = f"q-{random.Random(number).randrange(number)}"
        items.append(item(f"q-{number}", "yes-no", enable_when=[when(asked, "exists", True)]))
    definition = questionnaire(*items)
    replies = {f"q-{number}": Reply(AnswerState.ANSWERED, True) for number in range(300)}

    # How long it takes is told by benchmarks/answers.py.
    assert Path(definition, replies).after("q-299").link_id == "q-300"


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


@unhurried
@given(st.data())
def test_nothing_closed_holds_anything_that_is_open(data):
    definition = data.draw(definitions())
    path = Path(definition, data.draw(saying(definition)))

    opened = {each.link_id for each in path.parts}

    assert all(each.within is None or each.within in opened for each in path.parts)
    assert {each.link_id for each in path.items} <= opened - definition.out_of_sight


# One page for several questions


def _on_a_page():
    return questionnaire(
        item("a", "yes-no"),
        item("s", "section", text="Your evenings", on_one_page=True),
        item("t", "section", text="Late", within="s", enable_when=[when("a", "=", True)]),
        item("b", within="t"),
        item("n", "note", within="s"),
        item("c", within="s", part_of="a"),
        item("fixed", "one-of", within="s", read_only=True, initial="two"),
        item("d"),
    )


def test_what_stands_in_a_section_on_one_page_is_one_stop_however_deep():
    opened, closed = (Path(_on_a_page(), answered(a=value)) for value in (True, False))

    assert [each.link_id for each in opened.stops] == ["a", "s", "d"]
    assert [each.link_id for each in opened.met_in(opened.stops[1])] == ["t", "b", "n", "c", "fixed"]
    assert [each.link_id for each in opened.asked_in(opened.stops[1])] == ["b", "c"]
    assert [each.link_id for each in closed.met_in(closed.stops[1])] == ["n", "c", "fixed"]


def test_from_one_of_its_questions_the_way_goes_on_after_the_page():
    path = Path(_on_a_page(), answered(a=True))

    assert (path.after("b").link_id, path.before("c").link_id) == ("d", "a")
    assert (path.after("s").link_id, path.before("d").link_id) == ("d", "s")
    assert path.stop_of(path.questionnaire.by_link_id["b"]).link_id == "s"


# Two depths


def _deeper():
    return questionnaire(
        item("a", "yes-no"),
        item("b", "yes-no", more=True),
        item("c", enable_when=[when("b", "=", True)]),
        item("n", "note", more=True),
    )


def test_the_short_form_asks_less_and_what_was_said_beyond_it_returns():
    replies = answered(a=True, b=True, c="heron")

    short, more = Path(_deeper(), replies), Path(_deeper(), replies, more=True)

    assert [each.link_id for each in short.items] == ["a"]
    assert [each.link_id for each in more.items] == ["a", "b", "c", "n"]
    assert (short.total, more.total) == (1, 3)


def test_the_minutes_follow_the_choice():
    stated = shipped_questionnaire()
    unstated = questionnaire(item("a"), item("b"), item("c", more=True))

    assert [stated.minutes_for(more=more) for more in (False, True)] == [5, 10]
    assert [unstated.minutes_for(more=more) for more in (False, True)] == [5, 8]


def test_the_shipped_short_form_is_eight_questions_and_five_minutes():
    shipped = shipped_questionnaire()

    assert (Path(shipped, {}).total, shipped.minutes) == (8, 5)
    assert Path(shipped, {}, more=True).total == 11


# Parts that are passed by


def _with_a_part():
    return questionnaire(
        item("a", "yes-no"),
        item("n", "note", before="s"),
        item("s", "section", enable_when=[when("a", "=", True)]),
        item("b", within="s"),
        item("c", within="s"),
        item("d"),
    )


def test_a_note_before_a_part_that_asks_nothing_is_not_met():
    assert _open(_with_a_part(), answered(a=False)) == ["a", "d"]
    assert _open(_with_a_part(), answered(a=True)) == ["a", "n", "b", "c", "d"]


@pytest.mark.parametrize("state", [AnswerState.SKIPPED, AnswerState.IN_PERSON])
def test_in_a_part_that_is_passed_by_only_what_is_untouched_counts_as_passed_by(state):
    replies = answered(a=True, b="heron")

    whole = passed_by(_with_a_part(), replies, {"s": state})

    assert whole == replies | {"c": Reply(state, None)}
    assert passed_by(_with_a_part(), replies, {}) == replies
    assert passed_by(_with_a_part(), replies, {"gone": state}) == replies


def test_what_was_passed_by_as_a_whole_is_not_asked_again_by_itself():
    replies = passed_by(_with_a_part(), answered(a=True), {"s": AnswerState.SKIPPED})
    path = Path(_with_a_part(), replies)

    assert path.first_untouched.link_id == "d"
    assert path.newly_opened is None
    assert path.after("s").link_id == "d"


def test_what_is_kept_for_talking_is_gathered_whether_one_by_one_or_as_a_part():
    replies = answered(a=True) | {"d": Reply(AnswerState.IN_PERSON, "heron")}
    path = Path(_with_a_part(), passed_by(_with_a_part(), replies, {"s": AnswerState.IN_PERSON}))

    assert [each.link_id for each in path.for_talking] == ["b", "c", "d"]
    assert progress(path, begun=True).in_person == 3


# What is opened by a change


def test_what_a_change_opens_in_a_section_is_asked_before_the_check():
    path = Path(_with_a_part(), answered(a=True, d="weir"))

    assert path.newly_opened.link_id == "b"


def test_what_saying_more_opens_is_asked_before_the_check():
    assert Path(_deeper(), answered(a=True), more=True).newly_opened.link_id == "b"
    assert Path(_deeper(), answered(a=True)).newly_opened is None


# What was added


def test_room_for_own_words_leaves_no_trace_until_something_is_said_there():
    definition = with_addition(questionnaire(item("a")))

    silent = Path(definition, answered(a="heron"))
    said = Path(definition, answered(a="heron", added_afterwards="weir"))

    assert [each.link_id for each in silent.questions] == ["a"]
    assert [each.link_id for each in said.questions] == ["a", "added-afterwards"]
    assert (silent.total, said.total) == (1, 1)
    for path in (silent, said):
        assert path.number_of(definition.by_link_id["added-afterwards"]) is None
