"""What a client chooses beside asking: among times they are offered, reminders, an earlier time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Client
from portal.database import transaction
from portal.errors import Overtaken
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.choosing import choose_reminders
from portal.scheduling.holding import Begun
from portal.scheduling.lifecycle import MoveNotAllowed, Status
from portal.scheduling.words import note_of, words_of
from portal.waiting.models import EarlierWish
from tests.scheduling.scene import called, held_in_vain, own_steps, steps_held

WEEK = timedelta(weeks=1)


@pytest.fixture
def proposed(scene, sam, ten, eleven, noon):
    """Sam asked for ten o'clock, and is offered eleven or noon a week later."""
    asked = scene.ask(sam, ten, words="I would like the morning.")
    return scene.propose(asked, eleven + WEEK, noon + WEEK, words="Would these do?")


def test_one_press_takes_a_time_and_frees_the_others(db, scene, proposed, noon):
    scene.accept(proposed, noon + WEEK)

    taken = called(db, proposed)
    assert (taken.status, taken.starts_at) == (Status.CONFIRMED, noon + WEEK)
    assert steps_held(db) == own_steps(noon + WEEK)
    assert held_in_vain(db) == []


def test_both_hear_of_it_and_the_client_gets_the_calendar_file(db, scene, proposed, sam, ada, noon):
    before = len(list(db.scalars(select(OutgoingEmail))))

    scene.accept(proposed, noon + WEEK)

    sams, adas = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))[before:]
    assert (sams.recipient, sams.subject, sams.calendar_method) == (
        sam.email,
        "Your appointment is confirmed",
        "REQUEST",
    )
    assert "12:00 (Europe/London, UTC+0)" in sams.body
    assert (adas.recipient, adas.subject, adas.calendar) == (ada.email, "An appointment is settled", None)


def test_the_time_one_has_goes_only_when_another_is_taken(db, scene, sam, ten, eleven):
    mine = scene.ask(sam, ten)
    scene.confirm(mine)
    entry = called(db, mine).calendar_uid
    offered = scene.propose(mine, eleven + WEEK)
    assert called(db, mine).status is Status.CONFIRMED

    scene.accept(offered, eleven + WEEK)

    assert (called(db, mine).status, called(db, offered).status) == (Status.REPLACED, Status.CONFIRMED)
    assert called(db, offered).calendar_uid == entry
    assert steps_held(db) == own_steps(eleven + WEEK)


def test_a_time_that_is_not_among_those_offered_is_not_taken(db, scene, proposed, ten):
    with pytest.raises(Overtaken):
        scene.accept(proposed, ten)

    assert called(db, proposed).status is Status.PROPOSED


def test_what_is_no_longer_offered_is_not_taken(db, scene, proposed, noon):
    scene.now += timedelta(days=8)
    scene.expire(proposed)

    for answer in (lambda: scene.accept(proposed, noon + WEEK), lambda: scene.refuse(proposed)):
        with pytest.raises(MoveNotAllowed):
            answer()


def test_a_time_that_has_come_is_not_taken(scene, proposed, eleven):
    scene.now = eleven + WEEK

    with pytest.raises(Begun):
        scene.accept(proposed, eleven + WEEK)


def test_none_fits_frees_all_and_keeps_every_word(db, scene, proposed):
    scene.refuse(proposed, words="Only Tuesdays before eleven.")

    refused = called(db, proposed)
    assert refused.status is Status.DECLINED
    assert steps_held(db) == []
    assert b"Tuesdays" not in refused.sealed_note
    assert (note_of(db, refused), words_of(db, refused)) == (
        "Only Tuesdays before eleven.",
        "I would like the morning.",
    )


def test_the_therapist_hears_that_none_fits_and_not_what_was_written(db, scene, proposed, ada):
    scene.refuse(proposed, words="Only Tuesdays before eleven.")

    last = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))[-1]
    assert (last.recipient, last.subject) == (ada.email, "About an appointment that you offered")
    assert "Tuesdays" not in last.body


def test_that_none_fits_can_be_taken_back(db, scene, proposed, eleven, noon):
    scene.refuse(proposed)

    scene.undo(proposed)

    assert called(db, proposed).status is Status.PROPOSED
    assert steps_held(db) == own_steps(eleven + WEEK) + own_steps(noon + WEEK)
    assert held_in_vain(db) == []


def test_choosing_another_time_than_those_offered_lets_them_go(db, scene, sam, ten, eleven, noon):
    mine = scene.ask(sam, ten)
    scene.confirm(mine)
    offered = scene.propose(mine, eleven + WEEK)

    asked = scene.ask(sam, noon, instead_of=mine)

    assert (called(db, offered).status, called(db, asked).replaces.reference) == (Status.DECLINED, mine)
    assert steps_held(db) == own_steps(ten) + own_steps(noon)


# Reminders.


def reminders_due(db, reference):
    kind = Job.kind == "remind-of-consultation"
    return list(db.scalars(select(Job.due_at).where(kind, Job.subject == reference).order_by(Job.due_at)))


def test_a_confirmed_time_is_looked_at_again_a_day_before(db, scene, sam, ten):
    asked = scene.ask(sam, ten + WEEK)
    assert reminders_due(db, asked) == []

    scene.confirm(asked)

    assert reminders_due(db, asked) == [ten + timedelta(days=6)]


def test_a_moment_that_has_passed_already_is_not_waited_for(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.now += timedelta(hours=5)
    scene.confirm(asked)

    assert reminders_due(db, asked) == []


def test_reminders_are_chosen_and_those_to_come_are_looked_at_anew(db, app, scene, sam, ten):
    asked = scene.ask(sam, ten + WEEK)
    scene.confirm(asked)

    with app.test_request_context(), transaction() as own:
        choose_reminders(own, own.get_one(Client, sam.id), minutes=[120, 2880], now=scene.now)

    db.expire_all()
    assert db.get_one(Client, sam.id).reminders == "2880,120"
    times = [ten + timedelta(days=5), ten + timedelta(days=6), ten + WEEK - timedelta(hours=2)]
    assert reminders_due(db, asked) == times


# Something earlier.


def test_who_waits_for_something_earlier_is_remembered_once_and_forgotten(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)

    scene.wish(asked)
    scene.now += timedelta(hours=1)
    scene.wish(asked)
    assert [wish.wished_at for wish in db.scalars(select(EarlierWish))] == [scene.now - timedelta(hours=1)]

    scene.wish(asked, wanted=False)
    db.expire_all()
    assert list(db.scalars(select(EarlierWish))) == []


def test_only_who_has_a_confirmed_time_can_wish_for_an_earlier_one(scene, sam, ten):
    asked = scene.ask(sam, ten)

    with pytest.raises(MoveNotAllowed):
        scene.wish(asked)
