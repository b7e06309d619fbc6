"""What the therapist answers: yes to one of up to three, no, and afterwards whether the two have met."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.errors import Overtaken
from portal.mail.models import OutgoingEmail
from portal.scheduling.answers import (
    NotOverYet,
    decline_consultation,
    keep_outside_hours,
    say_whether_met,
)
from portal.scheduling.holding import Begun
from portal.scheduling.lifecycle import MoveNotAllowed, Status
from tests import make
from tests.scheduling.scene import called, held_in_vain, own_steps, steps_held


def test_one_of_three_is_confirmed_and_the_others_are_free_at_once(db, scene, sam, ten, eleven, noon):
    asked = scene.ask(sam, ten, eleven, noon)

    scene.confirm(asked, starts_at=eleven)

    consultation = called(db, asked)
    assert (consultation.status, consultation.starts_at) == (Status.CONFIRMED, eleven)
    assert steps_held(db) == own_steps(eleven)
    assert held_in_vain(db) == []


def test_without_a_word_it_is_the_first_choice(db, scene, sam, ten, eleven):
    asked = scene.ask(sam, eleven, ten)

    scene.confirm(asked)

    assert called(db, asked).starts_at == eleven


def test_a_time_that_was_not_asked_for_is_not_confirmed(db, scene, sam, ten, eleven):
    asked = scene.ask(sam, ten)

    with pytest.raises(Overtaken):
        scene.confirm(asked, starts_at=eleven)

    assert called(db, asked).status is Status.REQUESTED


def test_of_two_desks_one_confirms_and_the_other_is_told(db, scene, sam, ten, eleven):
    asked = scene.ask(sam, ten, eleven)
    version = called(db, asked).version

    scene.confirm(asked, starts_at=ten, version=version)
    with pytest.raises(Overtaken):
        scene.confirm(asked, starts_at=eleven, version=version)

    assert steps_held(db) == own_steps(ten)
    assert [mail.subject for mail in db.scalars(select(OutgoingEmail))] == ["Your appointment is confirmed"]


def test_a_tab_from_before_a_change_declines_nothing(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    version = called(db, asked).version
    scene.confirm(asked)

    with pytest.raises(Overtaken):
        scene._do(asked, decline_consultation, version=version)

    assert called(db, asked).status is Status.CONFIRMED


def test_what_expired_a_second_ago_is_not_confirmed(db, scene, sam, ten, now):
    asked = scene.ask(sam, ten, answer_by=now + timedelta(hours=1))
    scene.now = now + timedelta(hours=1, seconds=1)
    scene.expire(asked)

    with pytest.raises(MoveNotAllowed):
        scene.confirm(asked)

    assert steps_held(db) == []


def test_of_several_times_one_that_has_begun_is_passed_by(db, scene, sam, ten, noon):
    asked = scene.ask(sam, ten, noon)
    scene.now = ten + timedelta(minutes=1)

    with pytest.raises(Begun):
        scene.confirm(asked, starts_at=ten)
    scene.confirm(asked)

    assert called(db, asked).starts_at == noon


def test_the_old_time_goes_with_the_choice_among_new_ones(db, scene, sam, ten, eleven, noon):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    uid, sequence = called(db, old).calendar_uid, called(db, old).calendar_sequence
    new = scene.ask(sam, eleven, noon, instead_of=old)

    scene.confirm(new, starts_at=noon)

    assert called(db, old).status is Status.REPLACED
    assert steps_held(db) == own_steps(noon)
    assert (called(db, new).calendar_uid, called(db, new).calendar_sequence) == (uid, sequence + 1)


def test_whether_they_met_is_said_once_the_time_is_over_and_can_be_mended(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    scene.now = ten + timedelta(minutes=49)
    with pytest.raises(NotOverYet):
        scene._do(asked, say_whether_met, met=True)
    mails = len(db.scalars(select(OutgoingEmail)).all())

    scene.now = ten + timedelta(minutes=50)
    scene._do(asked, say_whether_met, met=True)
    assert called(db, asked).status is Status.MET
    scene._do(asked, say_whether_met, met=False)

    assert called(db, asked).status is Status.NOT_MET
    assert held_in_vain(db) == []
    assert len(db.scalars(select(OutgoingEmail)).all()) == mails


def test_what_lies_outside_the_hours_can_stay_there(app, db, scene, sam, ada, ten):
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=ten)

    scene._do(asked.reference, keep)

    assert called(db, asked.reference).kept_outside_hours


def test_what_holds_no_time_cannot_stay(db, scene, sam, ada, ten):
    gone = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.DECLINED)

    with pytest.raises(MoveNotAllowed):
        scene._do(gone.reference, keep)


def keep(db, consultation, *, now):
    keep_outside_hours(db, consultation)
