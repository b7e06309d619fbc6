"""The worker looks at calendars elsewhere, again and again, and holds no database while a server thinks."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.calendars.failures import Why
from portal.calendars.models import CalendarSource, SourceKind
from portal.calendars.queries import busy_elsewhere, source_to_change
from portal.calendars.services import add_source, remove_source
from portal.database import transaction
from portal.jobs.models import Job
from portal.jobs.worker import Worker
from tests import make
from tests.calendars.elsewhere import calendar, event, says, told_to

TEN, ELEVEN = timedelta(days=1, hours=1), timedelta(days=1, hours=2)


@pytest.fixture
def name(app, ada, now):
    """Names a calendar of Ada's: its reference."""

    def named(url, *, kind=SourceKind.ICS, user_name="", password="", whose=ada):
        with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
            source = add_source(
                db,
                whose,
                kind=kind,
                label="Private diary",
                address=url,
                user_name=user_name,
                password=password,
                now=now,
            )
            return source.reference

    return named


@pytest.fixture
def work(app):
    """Does all that is due."""

    def worked():
        worker = Worker(app)
        while worker.do_next():
            pass

    return worked


def the_source(db):
    db.expire_all()
    return db.scalars(select(CalendarSource)).one()


def open_jobs(db):
    return db.scalars(select(Job).where(Job.done_at.is_(None), Job.gave_up_at.is_(None))).all()


def test_a_calendar_is_fetched_and_kept(db, ada, now, elsewhere, name, work):
    elsewhere.answer = says(calendar(event()), ETag='"v1"')
    name(elsewhere.url())

    work()

    assert busy_elsewhere(db, ada, now, now + timedelta(days=2)) == [(now + TEN, now + ELEVEN)]
    assert (the_source(db).fetched_at, the_source(db).etag) == (now, '"v1"')


def test_whole_days_are_the_therapist_s(db, now, elsewhere, name, work):
    bo = make.therapist(db, name="Bo Lind", time_zone="Pacific/Auckland")
    elsewhere.answer = says(calendar(event(";VALUE=DATE:20270302", None)))
    name(elsewhere.url(), whose=bo)

    work()

    first, second = busy_elsewhere(db, bo, now, now + timedelta(days=3))
    assert (first[0], second[1]) == (now + timedelta(hours=2), now + timedelta(hours=26))


def test_it_is_asked_next_time_whether_anything_changed(db, ada, now, later, elsewhere, name, work):
    elsewhere.answer = says(calendar(event()), ETag='"v1"', Last_Modified="Mon, 01 Mar 2027 09:00:00 GMT")
    name(elsewhere.url())
    work()
    elsewhere.answer = says(status="304 Not Modified")
    later(now + timedelta(minutes=10))

    work()

    first, second = elsewhere.asked
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == '"v1"'
    assert second.headers["if-modified-since"] == "Mon, 01 Mar 2027 09:00:00 GMT"
    assert the_source(db).fetched_at == now + timedelta(minutes=10)
    assert len(busy_elsewhere(db, ada, now, now + timedelta(days=2))) == 1


def test_there_is_always_one_job_for_a_calendar(db, now, later, elsewhere, name, work):
    reference = name(elsewhere.url())
    for round_ in range(1, 4):
        work()
        elsewhere.answer = says(status="500 Broken") if round_ % 2 else says(calendar(event()))
        (job,) = open_jobs(db)
        assert (job.kind, job.subject, job.due_at) == (
            "fetch-calendar",
            reference,
            the_source(db).next_look_at,
        )
        later(job.due_at)


def test_a_job_that_is_done_twice_begins_no_second_chain(app, db, elsewhere, name, work):
    """A worker died after it had kept the copy and before it could close the job."""
    name(elsewhere.url())
    work()
    db.execute(update(Job).where(Job.done_at.is_not(None)).values(done_at=None))

    work()

    assert len(elsewhere.asked) == 1
    assert len(open_jobs(db)) == 1


def test_a_calendar_that_fails_keeps_its_last_good_copy(db, ada, now, later, elsewhere, name, work):
    name(elsewhere.url())
    elsewhere.answer = says(calendar(event()))
    work()
    for minutes, answer, why in (
        (10, says(status="500 Broken"), Why.TURNED_AWAY),
        (20, says("<title>Sign in</title>"), Why.NOT_A_CALENDAR),
        (40, says(calendar(event(":20270302T100000Z", None, "RRULE:FREQ=SECONDLY"))), Why.TOO_MANY),
        (80, says(calendar(event()).removesuffix("END:VCALENDAR\r\n")), Why.NOT_A_CALENDAR),
    ):
        elsewhere.answer = answer
        later(now + timedelta(minutes=minutes))
        work()
        assert the_source(db).failed_why is why
        assert len(busy_elsewhere(db, ada, now, now + timedelta(days=2))) == 1
    assert the_source(db).failed_at == now + timedelta(minutes=10)
    assert the_source(db).fetched_at == now

    elsewhere.answer = says(calendar())
    later(now + timedelta(hours=3))
    work()
    assert the_source(db).failed_why is None
    assert busy_elsewhere(db, ada, now, now + timedelta(days=2)) == []


def test_a_calendar_that_was_removed_ends_its_chain(app, db, elsewhere, name, work, now):
    reference = name(elsewhere.url())
    with app.test_request_context(), transaction() as change:
        remove_source(change, source_to_change(change, reference), now=now)

    work()

    assert (elsewhere.asked, open_jobs(db)) == ([], [])


def test_one_that_is_removed_while_its_server_thinks_is_not_kept(app, db, elsewhere, name, work, now):
    reference = name(elsewhere.url())

    def answer(request, connection):
        with app.test_request_context(), transaction() as change:
            remove_source(change, source_to_change(change, reference), now=now)
        says(calendar(event()))(request, connection)

    elsewhere.answer = answer
    work()

    assert db.scalars(select(CalendarSource)).all() == open_jobs(db) == []


def test_no_connection_is_kept_while_a_server_thinks(app, db, elsewhere, name, work):
    seen = []

    def answer(request, connection):
        seen.append(app.extensions["engine"].pool.checkedout())
        says(calendar(event()))(request, connection)

    elsewhere.answer = answer
    name(elsewhere.url())
    # The test's own.
    db.close()
    work()

    assert seen == [0]


def test_a_key_that_is_lost_is_a_failure_like_others(app, db, elsewhere, name, work):
    name(elsewhere.url())
    source = the_source(db)
    source.sealed_address = source.sealed_address[:-1] + bytes([source.sealed_address[-1] ^ 1])
    db.flush()

    work()

    assert the_source(db).failed_why is Why.LOCKED
    assert (len(open_jobs(db)), elsewhere.asked) == (1, [])


def test_what_nobody_thought_of_is_a_failure_like_others(app, db, name, work, elsewhere, caplog):
    class Broken:
        def ask(self, _question):
            raise RuntimeError("at https://calendar.example/k3y")

    app.extensions["calendar_fetcher"] = Broken()
    name(elsewhere.url())
    work()

    assert the_source(db).failed_why is Why.UNKNOWN
    assert len(open_jobs(db)) == 1
    assert "RuntimeError" in caplog.text
    assert "k3y" not in caplog.text


def test_no_secret_is_logged(db, elsewhere, name, work, now, later, caplog):
    caplog.set_level(logging.DEBUG)
    name(elsewhere.url("/k3y.ics"), user_name="ada@calendar.example", password="pass word")
    work()
    elsewhere.answer = says(status="500 Broken")
    later(now + timedelta(minutes=10))
    work()

    assert len(elsewhere.asked) == 2
    assert "fetch-calendar" in caplog.text
    secrets = ("k3y", "ada@calendar.example", "pass word", "Private diary", "Dentist", "YWRhQ")
    assert not any(secret in caplog.text for secret in secrets)


def test_a_calendar_server_is_asked_for_the_days_ahead(db, ada, now, elsewhere, name, work):
    told = (
        '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response>'
        f"<c:calendar-data>{calendar(event())}</c:calendar-data></d:response></d:multistatus>"
    )
    elsewhere.answer = says(told, "207 Multi-Status")
    name(elsewhere.url(), kind=SourceKind.CALDAV, user_name="ada", password="pass word")

    work()

    assert [asked.method for asked in elsewhere.asked] == ["PROPFIND", "REPORT"]
    assert b'start="20270228T000000Z" end="20280403T000000Z"' in elsewhere.asked[1].body
    assert len(busy_elsewhere(db, ada, now, now + timedelta(days=2))) == 1


def test_what_is_in_a_calendar_server_keeps_its_time_free(
    db, ada, now, later, fetcher, collection, name, work
):
    """From a collection of a real server to the busy times, and again when something was added there."""
    name(collection, kind=SourceKind.CALDAV, user_name="ada", password="pass word")
    told_to(fetcher, "PUT", f"{collection}one.ics", calendar(event()))
    work()
    assert busy_elsewhere(db, ada, now, now + timedelta(days=2)) == [(now + TEN, now + ELEVEN)]

    told_to(fetcher, "PUT", f"{collection}two.ics", calendar(event(";VALUE=DATE:20270303", None, uid="two")))
    later(now + timedelta(minutes=10))
    work()

    assert len(busy_elsewhere(db, ada, now, now + timedelta(days=7))) == 2
    assert the_source(db).failed_why is None
