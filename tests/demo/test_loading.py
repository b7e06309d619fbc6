"""The demonstration practice: made once, by the ways that real people take, and never in production."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from config import Environment
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of
from portal.app import create_app
from portal.demo import loading
from portal.demo.loading import is_empty, load, sign_ins
from portal.diary.models import WorkingHours
from portal.intake.sent import sent_intake_of
from portal.jobs.models import Job
from portal.jobs.worker import Worker
from portal.mail.models import OutgoingEmail
from portal.practice.models import Practice
from portal.reading.models import Reading, ReadingMark
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from tests import make


@pytest.fixture
def loaded(app, now):
    load(app, now=now)


def the_client(db, email):
    person = db.scalars(select(Client).where(Client.email == email)).one()
    db.refresh(person, ["data_key", "therapist"])
    return person


def how_many(db):
    tables = (Practice, Therapist, Client, WorkingHours, Reading, ReadingMark, Consultation, OutgoingEmail)
    return {table.__tablename__: db.scalar(select(func.count()).select_from(table)) for table in tables}


@pytest.mark.usefixtures("loaded")
def test_the_practice_says_who_it_is(db):
    practice, ada = db.scalars(select(Practice)).one(), db.scalars(select(Therapist)).one()

    assert (practice.name, practice.country, practice.time_zone) == (
        "Willow Street Practice",
        "GB",
        "Europe/London",
    )
    assert (practice.answering_days, practice.answers_within_days, practice.answers_by_hour) == (
        "1,2,3,4",
        2,
        18,
    )
    assert (ada.name, ada.email, ada.time_zone) == ("Ada Marsh", "ada@foyer.example", "Europe/London")
    hours = {(row.weekday, row.starts_minute, row.ends_minute) for row in db.scalars(select(WorkingHours))}
    assert hours == {(day, *stretch) for day in (1, 2, 3, 4) for stretch in ((540, 720), (780, 1020))}


@pytest.mark.usefixtures("loaded")
def test_sam_has_just_joined(db):
    sam = the_client(db, "sam@foyer.example")

    assert sam.proved_at is not None
    assert sam.sealed_name is None
    assert sent_intake_of(db, sam) is None
    assert db.scalars(select(ReadingMark).where(ReadingMark.client_id == sam.id)).all() == []
    assert db.scalars(select(Consultation).where(Consultation.client_id == sam.id)).all() == []


@pytest.mark.usefixtures("loaded")
def test_kit_has_read_answered_and_has_an_appointment(db, now):
    kit = the_client(db, "kit@foyer.example")
    consultation = db.scalars(select(Consultation).where(Consultation.client_id == kit.id)).one()

    assert name_of(db, kit) == "Kit Lowe"
    assert kit.therapist.name == "Ada Marsh"
    assert sent_intake_of(db, kit) is not None
    first = db.scalars(select(Reading).order_by(Reading.position).limit(1)).one()
    marks = db.scalars(select(ReadingMark.reading_id).where(ReadingMark.client_id == kit.id)).all()
    assert marks == [first.id]
    assert consultation.status is Status.CONFIRMED
    assert now + timedelta(days=4) <= consultation.starts_at < now + timedelta(days=11)


@pytest.mark.parametrize("email", ["ada@foyer.example", "sam@foyer.example", "kit@foyer.example"])
@pytest.mark.usefixtures("loaded")
def test_each_of_them_can_sign_in(browser, email):
    browser.open("/sign-in")
    browser.fill("Email address", email)
    browser.fill("Password", make.PASSWORD)

    browser.press("Sign in")
    assert browser.path != "/sign-in"


def test_their_mail_bears_the_practice_s_name_and_whole_addresses(app, db, now, browser):
    # Somebody has looked already, and the nameless practice is remembered for some seconds.
    browser.open("/")
    load(app, now=now)
    bodies = db.scalars(select(OutgoingEmail.body)).all()

    assert bodies
    for body in bodies:
        assert "Willow Street Practice" in body
        assert "https://portal.test/" in body
    worker = Worker(app)
    while worker.do_next():
        pass
    assert db.scalars(select(Job.last_error).where(Job.last_error.is_not(None))).all() == []
    assert db.scalar(select(func.count()).where(OutgoingEmail.sent_at.is_(None))) == 0


@pytest.mark.usefixtures("loaded")
def test_loading_it_again_changes_nothing(app, db, later, now):
    before = how_many(db)
    later(now + timedelta(days=40))
    load(app, now=now + timedelta(days=40))

    assert how_many(db) == before


def test_what_was_interrupted_half_way_is_empty_still_and_is_completed(app, db, now, monkeypatch):
    def end(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "_welcome_sam", end)
    with pytest.raises(KeyboardInterrupt):
        load(app, now=now)
    assert (how_many(db)["therapist"], is_empty(db)) == (1, True)

    monkeypatch.undo()
    load(app, now=now)
    assert (how_many(db)["therapist"], how_many(db)["client"]) == (1, 2)


def test_a_practice_with_somebody_in_it_is_not_empty(db):
    make.therapist(db)

    assert is_empty(db) is False


def test_a_practice_of_somebody_s_own_keeps_its_name(app, db, now):
    make.practice(db, name="Harbour Lane")
    load(app, now=now)

    assert db.scalars(select(Practice.name)).all() == ["Harbour Lane"]


def test_who_may_sign_in_is_told_only_where_they_are(app, db, now):
    assert (is_empty(db), sign_ins(db)) == (True, [])
    load(app, now=now)

    assert is_empty(db) is False
    assert "a-quiet-place-to-begin" in sign_ins(db)[0]


@pytest.mark.parametrize("number", [1, 7])
def test_more_clients_are_made_on_demand(app, db, now, number):
    runner = app.test_cli_runner()
    runner.invoke(args=["demo", "load", "--clients", "2"])
    outcome = runner.invoke(args=["demo", "load", "--clients", str(number)])

    assert outcome.exit_code == 0
    assert "ada@foyer.example" in outcome.output
    more = db.scalars(select(Client).where(Client.email.like("client-%")).order_by(Client.id)).all()
    assert len(more) == 2 + number
    assert len({client.email for client in more}) == 2 + number
    last = the_client(db, more[-1].email)
    assert " " in name_of(db, last)
    assert last.therapist.name == "Ada Marsh"


def test_production_has_no_demonstration(settings, db, now):
    app = create_app(dataclasses.replace(settings, env=Environment.PRODUCTION, mail_url="smtp://127.0.0.1"))
    outcome = app.test_cli_runner().invoke(args=["demo", "load"])

    assert (outcome.exit_code, outcome.output.count("\n")) == (1, 1)
    assert "not in production" in outcome.output
    assert is_empty(db)
    app.extensions["engine"].dispose()


def added(db, now):
    """A therapist whom somebody has added by hand, with the demonstration's address and no hours."""
    ada = make.therapist(db, name="Ada Marsh")
    ada.email = loading.ADA
    db.flush()
    return ada


def test_a_therapist_of_that_address_who_has_no_hours_is_given_some(app, db, now):
    ada = added(db, now)

    load(app, now=now)

    assert db.scalars(select(WorkingHours.therapist_id).distinct()).all() == [ada.id]
    assert db.scalars(select(Consultation.status)).all() == [Status.CONFIRMED]


def test_where_nothing_is_free_kit_has_sent_their_answers_and_no_time(app, db, now):
    ada = added(db, now)
    make.working_hours(db, ada, starts="10:00", ends="10:15")

    load(app, now=now)

    assert db.scalars(select(Consultation)).all() == []
    assert sent_intake_of(db, the_client(db, loading.KIT)) is not None
