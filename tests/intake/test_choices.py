"""Depth, parts and versions are the client's to choose, and nothing said is lost by choosing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.database import transaction
from portal.errors import NotFound
from portal.intake.amending import begin_amendment
from portal.intake.choices import NoSuchVersion, choose_depth, move_to_newer, pass_part, take_up_part
from portal.intake.models import Answer, EarlierAnswer, Intake, Lamp
from portal.intake.path import Path
from portal.intake.queries import (
    AlreadySent,
    NotBegun,
    answering_of,
    earlier_answers,
    latest_of,
    newer_version,
    overview_of,
)
from portal.intake.questionnaire import ADDITION, Questionnaire
from portal.intake.replies import AnswerState, Posted, Reply
from portal.intake.saving import AskedOtherwise
from portal.intake.sent_copy import rows_of
from portal.intake.services import begin_intake, publish, save_answer, shipped_questionnaire
from tests import make
from tests.intake.again import again
from tests.intake.definitions import OPTIONS, item, questionnaire

pytestmark = pytest.mark.usefixtures("inside_app")
PART = "what-is-hard"


@pytest.fixture
def sam(db):
    sam = make.client(db, therapist=make.therapist(db))
    make.intake(db, client=sam, said={"name": "Sam", "right-now": "safe"})
    return sam


def _do(service, sam, *args, now, **more):
    with transaction() as db:
        return service(db, again(db, sam), *args, now=now, **more)


def _path(db, sam) -> Path:
    return latest_of(db, again(db, sam)).path


def _shown(db, sam) -> dict[str, list[str]]:
    return {row.link_id: row.shown for row in rows_of(_path(db, sam))}


# Depth


def test_what_was_said_beyond_the_short_form_stays_and_returns(db, sam, now):
    _do(choose_depth, sam, more=True, now=now)
    _do(save_answer, sam, "a-better-day", Posted(["Singing"]), now=now)
    assert _shown(db, sam)["a-better-day"] == ["Singing"]

    _do(choose_depth, sam, more=False, now=now)
    assert "a-better-day" not in _shown(db, sam)
    _do(choose_depth, sam, more=True, now=now)

    assert _shown(db, sam)["a-better-day"] == ["Singing"]


def test_the_choice_before_the_first_question_counts(db, now):
    make.questionnaire_version(db)
    kit = make.client(db)
    _do(begin_intake, kit, more=True, now=now)

    overview = overview_of(db, kit)

    assert (overview.progress.total, overview.minutes) == (11, 10)
    assert [(each.questions, each.minutes) for each in overview.depths] == [(8, 5), (11, 10)]


def test_another_depth_is_another_thing_to_send_and_the_same_is_not(db, sam, now):
    before = db.scalars(select(Intake.version)).one()

    _do(choose_depth, sam, more=False, now=now)
    assert db.scalars(select(Intake.version)).one() == before
    _do(choose_depth, sam, more=True, now=now)

    assert db.scalars(select(Intake.version)).one() == before + 1


def test_a_depth_that_is_chosen_below_a_question_saves_what_is_in_its_field(db, sam, now):
    saved = _do(save_answer, sam, "sleep", Posted(["mixed"]), more=True, now=now)

    assert saved.path.more
    assert _shown(db, sam)["sleep"] == ["Well on some nights, badly on others"]
    assert "further-back" in _shown(db, sam)


# Parts


def test_a_part_is_passed_by_and_taken_up_again_and_what_was_said_there_stays(db, sam, now):
    _do(choose_depth, sam, more=True, now=now)

    _do(pass_part, sam, PART, AnswerState.IN_PERSON, now=now)
    assert _shown(db, sam)["further-back"] == ["Would rather talk about it in person"]
    assert _shown(db, sam)["right-now"] == ["No, I am safe enough for now"]
    assert overview_of(db, sam).progress.in_person == 1
    _do(take_up_part, sam, PART, now=now)

    assert _shown(db, sam)["further-back"] == ["Not answered"]
    assert {answer.link_id for answer in db.scalars(select(Answer))} == {"name", "right-now"}


def test_a_question_about_safety_that_was_passed_by_with_its_part_is_not_answered(db, now):
    kit = make.client(db)
    make.intake(db, client=kit, said={"name": "Kit"})

    _do(pass_part, kit, PART, AnswerState.SKIPPED, now=now)

    assert _shown(db, kit)["right-now"] == ["Not answered"]


def test_one_question_of_it_can_still_be_answered(db, sam, now):
    _do(choose_depth, sam, more=True, now=now)
    _do(pass_part, sam, PART, AnswerState.SKIPPED, now=now)

    _do(save_answer, sam, "further-back", Posted(["The heron"]), now=now)

    assert _shown(db, sam)["further-back"] == ["The heron"]


def test_going_on_past_a_question_of_it_with_nothing_said_changes_nothing(db, sam, now):
    _do(choose_depth, sam, more=True, now=now)
    _do(pass_part, sam, PART, AnswerState.IN_PERSON, now=now)

    _do(save_answer, sam, "further-back", Posted([""]), now=now)

    assert _shown(db, sam)["further-back"] == ["Would rather talk about it in person"]
    assert "further-back" not in {answer.link_id for answer in db.scalars(select(Answer))}


@pytest.mark.parametrize("section", ["name", "no-such-part", "before-you-go-on"])
def test_only_what_a_note_stands_before_can_be_passed_by(db, sam, now, section):
    with pytest.raises(NotFound):
        _do(pass_part, sam, section, AnswerState.SKIPPED, now=now)


def test_before_the_beginning_and_after_the_end_nothing_is_chosen(db, now):
    kit = make.client(db)
    with pytest.raises(NotBegun):
        _do(choose_depth, kit, more=True, now=now)
    make.intake(db, client=kit, said={"name": "Kit"}, sent_at=now)

    for service, args in ((choose_depth, {"more": True}), (move_to_newer, {"seen": ""})):
        with pytest.raises(AlreadySent):
            _do(service, kit, **args, now=now)


# Versions


LAMP = {"codes": ["one"], "heading": "Thank you", "words": "You are not alone."}
OLD = questionnaire(
    item("same"), item("worded"), item("gone", "long-text"), item("safe", "one-of"), item("kind", "number")
)
NEW = questionnaire(
    item("same"),
    item("worded", text="Asked otherwise?"),
    item("fresh"),
    item("safe", "one-of", lamp=LAMP),
    item("kind", "one-of", options=OPTIONS),
)
SAID = {"same": "heron", "worded": "weir", "gone": "swan", "safe": "one", "kind": 7}


@pytest.fixture
def kit(db, now):
    kit = make.client(db, therapist=make.therapist(db))
    with transaction() as writing:
        version = publish(writing, OLD, now=now)
    make.intake(db, client=kit, version=version, said=SAID)
    return kit


def _publish(definition: Questionnaire, now) -> str:
    with transaction() as db:
        return publish(db, definition, now=now).definition_hash


def test_a_draft_stays_on_the_version_it_was_begun_on(db, kit, now):
    assert newer_version(db, answering_of(db, kit)) is None
    _publish(NEW, now)
    _publish(questionnaire(item("other")).model_copy(update={"name": "another"}), now)

    # What was published last is another questionnaire, and no newer version of this one.
    assert newer_version(db, answering_of(db, kit)) is None
    assert not overview_of(db, kit).has_newer
    assert _path(db, kit).questionnaire == OLD


def test_whoever_moves_takes_along_what_is_still_asked_and_loses_nothing(db, kit, now):
    seen = _publish(NEW, now)
    assert overview_of(db, kit).has_newer

    _do(move_to_newer, kit, seen=seen, now=now)

    path = _path(db, kit)
    assert path.questionnaire == NEW
    assert dict(path.replies) == {
        "same": Reply(AnswerState.ANSWERED, "heron"),
        "safe": Reply(AnswerState.ANSWERED, "one"),
    }
    kept = {each.link_id: each for each in earlier_answers(db, kit, latest_of(db, kit).intake)}
    assert {link_id: (each.text, each.shown) for link_id, each in kept.items()} == {
        "worded": ("About worded?", ["weir"]),
        "gone": ("About gone?", ["swan"]),
        "kind": ("About kind?", ["7"]),
    }
    assert all(b"swan" not in each.sealed_words for each in db.scalars(select(EarlierAnswer)))


def test_a_lamp_of_the_newer_version_is_lit_by_what_came_along(db, kit, now):
    seen = _publish(NEW, now)

    _do(move_to_newer, kit, seen=seen, now=now)

    assert [lamp.link_id for lamp in db.scalars(select(Lamp))] == ["safe"]


def test_nobody_moves_to_what_they_were_not_shown(db, kit, now):
    seen = _publish(NEW, now)
    _publish(questionnaire(item("same")), now)

    with pytest.raises(NoSuchVersion):
        _do(move_to_newer, kit, seen=seen, now=now)

    assert _path(db, kit).questionnaire == OLD


def test_a_page_of_the_older_version_saves_nothing_under_the_newer_words(db, kit, now):
    asked_on = answering_of(db, kit).asked_on
    seen = _publish(NEW, now)
    _do(move_to_newer, kit, seen=seen, now=now)

    with pytest.raises(AskedOtherwise):
        _do(save_answer, kit, "worded", Posted(["lake"], asked_on=asked_on), now=now)

    assert "worded" not in _path(db, kit).replies


def test_an_old_page_overwrites_nothing_that_was_said_after_moving(db, kit, now):
    """The answer's revision goes on counting, though its row went and came again."""
    before = db.get_one(Answer, (latest_of(db, kit).intake.id, "worded")).revision
    seen = _publish(NEW, now)
    _do(move_to_newer, kit, seen=seen, now=now)

    _do(save_answer, kit, "worded", Posted(["lake"]), now=now)

    kit = again(db, kit)
    assert db.get_one(Answer, (latest_of(db, kit).intake.id, "worded")).revision > before


def test_moving_twice_keeps_what_was_said_each_time(db, kit, now):
    _do(move_to_newer, kit, seen=_publish(NEW, now), now=now)
    _do(save_answer, kit, "worded", Posted(["lake"]), now=now)
    third = questionnaire(item("same"), item("worded", text="A third way?"))

    _do(move_to_newer, kit, seen=_publish(third, now), now=now)

    kept = earlier_answers(db, kit, latest_of(db, kit).intake)
    assert [each.shown for each in kept if each.link_id == "worded"] == [["lake"], ["weir"]]
    assert dict(_path(db, kit).replies) == {"same": Reply(AnswerState.ANSWERED, "heron")}


def test_a_part_that_was_passed_by_is_so_in_the_newer_version_if_it_can_be_taken_up_there(db, sam, now):
    _do(pass_part, sam, PART, AnswerState.SKIPPED, now=now)
    shipped = shipped_questionnaire()
    items = tuple(each for each in shipped.items if each.link_id != "before-you-go-on")
    seen = _publish(shipped.model_copy(update={"minutes": 6}), now)

    _do(move_to_newer, sam, seen=seen, now=now)
    assert latest_of(db, again(db, sam)).parts == {PART: AnswerState.SKIPPED}
    _do(move_to_newer, sam, seen=_publish(shipped.model_copy(update={"items": items}), now), now=now)

    assert latest_of(db, again(db, sam)).parts == {}


def test_an_amendment_can_move_and_takes_along_what_was_added_and_kept_apart(db, kit, now):
    _do(move_to_newer, kit, seen=_publish(NEW, now), now=now)
    latest_of(db, kit)
    sent = db.scalars(select(Intake)).one()
    sent.sent_at, sent.sealed_copy = now, b""
    db.flush()
    _do(begin_amendment, kit, now=now + timedelta(days=1))
    _do(save_answer, kit, ADDITION, Posted(["One more thing"]), now=now)
    third = questionnaire(item("same"))

    _do(move_to_newer, kit, seen=_publish(third, now), now=now)

    latest = latest_of(db, kit)
    assert latest.path.replies[ADDITION].value == "One more thing"
    assert {each.link_id for each in earlier_answers(db, kit, latest.intake)} == {
        "worded",
        "gone",
        "kind",
        "safe",
    }
