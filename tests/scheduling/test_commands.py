"""What scheduling does when it is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.diary.models import Diary
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Status
from tests.scheduling.scene import called, own_steps, steps_held


def run_due(app, kind="expire-request"):
    """What a worker does with a job of this kind."""
    with app.extensions["database"]() as db:
        job = db.scalars(select(Job).where(Job.kind == kind)).one()
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        app.extensions["job_handlers"][kind](job.subject)


def test_a_request_that_nobody_answered_expires(app, db, scene, sam, ten, now, later):
    asked = scene.ask(sam, ten)
    later(now + timedelta(hours=23))

    run_due(app)

    assert called(db, asked).status is Status.EXPIRED
    assert steps_held(db) == []


def test_it_does_no_harm_twice(app, db, scene, sam, ten, now, later):
    scene.ask(sam, ten)
    later(now + timedelta(hours=23))

    run_due(app)
    run_due(app)

    assert len(list(db.scalars(select(OutgoingEmail)))) == 2


def test_an_answered_request_is_left_alone(app, db, scene, sam, ten, now, later):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    later(now + timedelta(hours=23))

    run_due(app)

    assert called(db, asked).status is Status.CONFIRMED
    assert steps_held(db) == own_steps(ten)


def test_too_early_nothing_happens(app, db, scene, sam, ten, now, later):
    asked = scene.ask(sam, ten)
    later(now + timedelta(hours=22))

    run_due(app)

    assert called(db, asked).status is Status.REQUESTED


def test_a_request_that_is_gone_is_nobodys_business(app):
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        app.extensions["job_handlers"]["expire-request"]("erased")


@pytest.mark.parametrize(
    "kind",
    ["tell-of-request", "remind-to-answer", "lapse-kept-time", "remind-of-consultation", "intake-sent"],
)
def test_what_is_gone_is_nobodys_business(app, db, kind):
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        app.extensions["job_handlers"][kind]("erased")
        app.extensions["job_handlers"]["offer-freed-time"]("17")

    assert list(db.scalars(select(OutgoingEmail))) == []


def test_the_client_is_reminded_when_it_is_due(app, db, scene, sam, ten, later):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    later(ten - timedelta(days=1))

    run_due(app, "remind-of-consultation")
    run_due(app, "remind-of-consultation")

    subjects = list(db.scalars(select(OutgoingEmail.subject).order_by(OutgoingEmail.id)))
    assert subjects == ["Your appointment is confirmed", "Your appointment"]


def test_the_therapist_is_reminded_when_it_is_due(app, db, scene, sam, ten, now, later):
    scene.ask(sam, ten + timedelta(weeks=1), answer_by=now + timedelta(days=1, hours=9))
    later(now + timedelta(days=1, hours=6))

    run_due(app, "remind-to-answer")

    assert list(db.scalars(select(OutgoingEmail.subject))) == ["A request still waits for your answer"]


def test_a_kept_time_lapses_when_it_is_due(app, db, scene, sam, ada, ten, now, later):
    db.add(Diary(therapist_id=ada.id, answers_first=True))
    db.flush()
    kept = scene.ask(sam, ten)
    later(now + timedelta(minutes=45))

    run_due(app, "lapse-kept-time")
    run_due(app, "lapse-kept-time")

    assert called(db, kept).status is Status.EXPIRED
    assert len(list(db.scalars(select(OutgoingEmail)))) == 1
