"""Taking back what was just done: everything is as it was, or the reason is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.diary.models import Diary
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.holding import Begun, SlotNotOffered
from portal.scheduling.lifecycle import Party, Status, TooLateToUndo
from portal.scheduling.undoing import AskedMeanwhile, SettledMeanwhile
from tests.scheduling.scene import called, held_in_vain, own_steps, steps_held


@pytest.mark.parametrize(
    ("move", "by"),
    [("confirm", Party.THERAPIST), ("decline", Party.THERAPIST), ("cancel", Party.CLIENT)],
)
def test_a_request_is_as_it_was_before(db, scene, sam, ten, eleven, noon, move, by):
    asked = scene.ask(sam, eleven, noon, ten)
    getattr(scene, move)(asked)

    scene.undo(asked, by=by)

    back = called(db, asked)
    assert (back.status, back.starts_at) == (Status.REQUESTED, eleven)
    assert steps_held(db, asked) == sorted(own_steps(ten) + own_steps(eleven) + own_steps(noon))
    assert held_in_vain(db) == []


@pytest.mark.parametrize("by", [Party.CLIENT, Party.THERAPIST])
def test_a_cancelled_time_is_confirmed_again(db, scene, sam, ten, by):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    scene.cancel(asked, by=by)

    scene.undo(asked, by=by)

    assert called(db, asked).status is Status.CONFIRMED
    assert steps_held(db) == own_steps(ten)


def test_a_time_that_a_confirmation_replaced_comes_back(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    entry = called(db, old).calendar_uid
    new = scene.ask(sam, eleven, instead_of=old)
    scene.confirm(new)
    moved = called(db, new).calendar_sequence

    scene.undo(new, by=Party.THERAPIST)

    back, waiting = called(db, old), called(db, new)
    assert (back.status, waiting.status) == (Status.CONFIRMED, Status.REQUESTED)
    assert steps_held(db, old) == own_steps(ten)
    assert steps_held(db, new) == own_steps(eleven)
    # The entry in calendars moves back: the same one, and a change more.
    assert (back.calendar_uid, waiting.calendar_uid == entry) == (entry, False)
    assert back.calendar_sequence > moved
    assert held_in_vain(db) == []


def test_the_calendar_follows_under_the_same_entry(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.tell(asked)
    scene.confirm(asked)
    scene.undo(asked, by=Party.THERAPIST)
    scene.decline(asked)
    scene.undo(asked, by=Party.THERAPIST)

    sent = select(OutgoingEmail.calendar).where(OutgoingEmail.calendar.is_not(None))
    files = db.scalars(sent.order_by(OutgoingEmail.id))
    events = [Calendar.from_ical(file).events[0] for file in files]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [str(event["STATUS"]) for event in events] == [
        "TENTATIVE",
        "CONFIRMED",
        "TENTATIVE",
        "CANCELLED",
        "TENTATIVE",
    ]
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2, 3, 4]


def test_nobody_takes_back_what_another_did(scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.decline(asked)

    with pytest.raises(TooLateToUndo):
        scene.undo(asked, by=Party.CLIENT)


def test_ten_minutes_later_it_stays(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.cancel(asked)
    scene.now += timedelta(minutes=10)

    with pytest.raises(TooLateToUndo):
        scene.undo(asked)

    assert called(db, asked).status is Status.CANCELLED


def test_what_was_taken_back_is_not_taken_back_again(scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.cancel(asked)
    scene.undo(asked)

    with pytest.raises(TooLateToUndo):
        scene.undo(asked)


def test_nobody_loses_a_time_to_an_undoing(db, scene, sam, kit, ten):
    asked = scene.ask(sam, ten)
    scene.cancel(asked)
    kits = scene.ask(kit, ten)

    with pytest.raises(SlotNotOffered):
        scene.undo(asked)

    assert (called(db, asked).status, called(db, kits).status) == (Status.CANCELLED, Status.REQUESTED)
    assert steps_held(db) == steps_held(db, kits) == own_steps(ten)


def test_what_has_come_meanwhile_does_not_come_back(scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    scene.now = ten - timedelta(minutes=1)
    scene.cancel(asked, by=Party.THERAPIST)
    scene.now = ten

    with pytest.raises(Begun):
        scene.undo(asked, by=Party.THERAPIST)


def test_who_asks_for_another_meanwhile_has_one_open_request(db, scene, sam, ten, eleven):
    asked = scene.ask(sam, ten)
    scene.cancel(asked)
    scene.ask(sam, eleven)

    with pytest.raises(AskedMeanwhile):
        scene.undo(asked)

    assert steps_held(db) == own_steps(eleven)


@pytest.mark.parametrize("move", ["decline", "confirm"])
def test_a_therapist_takes_nothing_back_that_would_leave_two_open_requests(db, scene, sam, ten, eleven, move):
    asked = scene.ask(sam, ten)
    getattr(scene, move)(asked)
    another = scene.ask(sam, eleven)

    with pytest.raises(AskedMeanwhile):
        scene.undo(asked, by=Party.THERAPIST)

    assert called(db, another).status is Status.REQUESTED
    assert held_in_vain(db) == []


def test_where_two_open_requests_are_allowed_it_is_taken_back(db, scene, sam, ada, ten, eleven):
    db.add(Diary(therapist_id=ada.id, holidays_worked=[], most_open_requests=2))
    db.flush()
    asked = scene.ask(sam, ten)
    scene.decline(asked)
    scene.ask(sam, eleven)

    scene.undo(asked, by=Party.THERAPIST)

    assert called(db, asked).status is Status.REQUESTED


@pytest.mark.parametrize("by", [Party.CLIENT, Party.THERAPIST])
def test_who_has_the_time_that_was_asked_for_instead_does_not_get_both(db, scene, sam, ten, eleven, by):
    first = scene.ask(sam, ten)
    scene.confirm(first)
    instead = scene.ask(sam, eleven, instead_of=first)
    scene.cancel(first, by=by)
    scene.confirm(instead)

    with pytest.raises(SettledMeanwhile):
        scene.undo(first, by=by)

    assert [called(db, each).status for each in (first, instead)] == [Status.CANCELLED, Status.CONFIRMED]
    assert steps_held(db) == own_steps(eleven)


def test_nor_the_other_way_round(db, scene, sam, ten, eleven):
    first = scene.ask(sam, ten)
    scene.confirm(first)
    instead = scene.ask(sam, eleven, instead_of=first)
    scene.cancel(first)
    scene.confirm(instead)
    scene.cancel(instead)
    scene.undo(first)

    with pytest.raises(SettledMeanwhile):
        scene.undo(instead)

    assert steps_held(db) == own_steps(ten)


def test_a_request_that_waits_again_has_an_answer_by_time_again(db, scene, sam, ten, now):
    asked = scene.ask(sam, ten, answer_by=now + timedelta(hours=2))
    scene.now += timedelta(minutes=119)
    scene.decline(asked)
    scene.now += timedelta(minutes=5)

    scene.undo(asked, by=Party.THERAPIST)

    due = scene.now + timedelta(minutes=30)
    assert called(db, asked).answer_by == due
    jobs = db.scalars(select(Job.due_at).where(Job.kind == "expire-request", Job.subject == asked))
    assert due in list(jobs)


def test_both_are_told(db, scene, sam, ada, ten):
    asked = scene.ask(sam, ten)
    scene.cancel(asked)
    before = len(list(db.scalars(select(OutgoingEmail))))

    scene.undo(asked)

    told = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))[before:]
    assert [email.recipient for email in told] == [sam.email, ada.email]
    assert "You have taken the last change back." in told[0].body
    assert "has taken it back" in told[1].body
