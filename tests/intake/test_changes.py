"""Two versions of a questionnaire, and what became of each part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.changes import Aspect, changes_between
from portal.intake.questionnaire import Questionnaire
from portal.intake.services import shipped_questionnaire
from tests.intake.definitions import OPTIONS, definitions, item, questionnaire, unhurried, when

LAMP = {"codes": ["yes"], "heading": "Thank you", "words": "You are not alone."}


def _told(old: Questionnaire, new: Questionnaire) -> list[tuple[str, str]]:
    """Every part with what became of it, in a word or more."""
    return [
        (each.link_id, "new" if each.is_new else "gone" if each.is_gone else " ".join(each.aspects) or "same")
        for each in changes_between(old, new).parts
    ]


@pytest.mark.parametrize(
    ("before", "after", "aspects"),
    [
        ({}, {"text": "Asked otherwise?"}, [Aspect.WORDING]),
        ({}, {"prefix": "3a"}, [Aspect.WORDING]),
        ({}, {"why": "for another reason."}, [Aspect.WHY]),
        ({}, {"max_length": 30}, [Aspect.LIMITS]),
        ({}, {"several": True}, [Aspect.LIMITS]),
        ({}, {"enable_when": [when("first", "=", True)]}, [Aspect.CONDITIONS]),
        ({}, {"part_of": "first"}, [Aspect.PLACE]),
        ({}, {"tender": True}, [Aspect.REST]),
        ({}, {"kind": "long-text", "max_length": 40}, [Aspect.KIND]),
        ({"kind": "yes-no"}, {"kind": "yes-no", "lamp": LAMP}, [Aspect.LAMP]),
        ({"kind": "one-of"}, {"kind": "one-of", "other": True}, [Aspect.OPTIONS]),
        ({"why": "a"}, {"why": "b", "text": "c", "tender": True}, [Aspect.WORDING, Aspect.WHY, Aspect.REST]),
    ],
)
def test_in_what_respect_a_question_has_changed(before, after, aspects):
    old, new = (questionnaire(item("first", "yes-no"), item("b", **said)) for said in (before, after))

    change = changes_between(old, new).parts[1]

    assert list(change.aspects) == aspects
    assert (change.old, change.new) == (old.by_link_id["b"], new.by_link_id["b"])


def test_what_is_new_and_what_is_gone_stand_where_they_stand_or_stood():
    old = questionnaire(item("a"), item("b"), item("c"))
    new = questionnaire(item("a"), item("d"), item("c", text="Otherwise?"))

    assert _told(old, new) == [("a", "same"), ("b", "gone"), ("d", "new"), ("c", "wording")]


def test_what_was_put_elsewhere_is_told_once_and_what_stayed_is_not():
    old = questionnaire(item("a"), item("b"), item("c"), item("d"))
    new = questionnaire(item("b"), item("c"), item("d"), item("a"))

    assert _told(old, new) == [("b", "same"), ("c", "same"), ("d", "same"), ("a", "place")]


def test_what_became_of_the_options():
    old = questionnaire(item("a", "one-of"))
    relabelled = [OPTIONS[0], OPTIONS[1] | {"label": "A pair"}, {"code": "four", "label": "Four"}]
    new = questionnaire(item("a", "one-of", options=relabelled))

    [change] = changes_between(old, new).changed

    assert change.aspects == (Aspect.OPTIONS,)
    assert [
        (each.code, each.was and each.was.label, each.now and each.now.label) for each in change.options
    ] == [("two", "Two", "A pair"), ("four", None, "Four"), ("three", "Three", None)]


def test_title_minutes_and_scales_are_compared_too():
    weighted = [option | {"weight": 1} for option in OPTIONS]
    plain = {"name": "test", "title": "Test", "minutes": 5, "items": [item("a", "one-of", options=weighted)]}
    scale = {"name": "sum", "title": "Sum", "questions": ["a"]}
    old = Questionnaire.model_validate(plain | {"scales": [scale, scale | {"name": "other"}]})
    new = Questionnaire.model_validate(
        plain | {"title": "Tried", "minutes": 7, "scales": [scale | {"title": "Total"}]}
    )

    changes = changes_between(old, new)

    assert (changes.title, changes.minutes) == (("Test", "Tried"), (5, 7))
    assert changes.scales == ("sum", "other")
    assert not changes.is_nothing


def test_a_definition_differs_in_nothing_from_itself():
    shipped = shipped_questionnaire()

    changes = changes_between(shipped, shipped)

    assert changes.is_nothing
    assert [each.link_id for each in changes.parts] == list(shipped.by_link_id)


@unhurried
@given(old=definitions(), new=definitions())
def test_every_part_of_either_is_told_of_once(old, new):
    changes = changes_between(old, new)

    told = [each.link_id for each in changes.parts]
    assert sorted(told) == sorted(old.by_link_id.keys() | new.by_link_id.keys())
    assert [link_id for link_id in told if link_id in new.by_link_id] == list(new.by_link_id)
    assert {each.link_id for each in changes.gone} == old.by_link_id.keys() - new.by_link_id.keys()
    same = [each for each in changes.parts if each.is_same]
    assert all(each.old == each.new for each in same)


@unhurried
@given(st.data())
def test_who_goes_back_undoes_exactly_what_was_done(data):
    old, new = data.draw(definitions()), data.draw(definitions())

    there, back = changes_between(old, new), changes_between(new, old)

    assert {each.link_id for each in there.new} == {each.link_id for each in back.gone}
    assert {each.link_id for each in there.parts if each.old == each.new} == {
        each.link_id for each in back.parts if each.old == each.new
    }
