"""What scheduling does when it is due."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

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

    assert len(list(db.scalars(select(OutgoingEmail)))) == 4


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
