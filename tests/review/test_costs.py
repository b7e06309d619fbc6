"""What the desk's pages ask of the database, also where there is everything that there can be."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from portal.accounts.models import Client, Therapist
from portal.calendars.models import CalendarSource
from portal.consent.lifecycle import TextStatus
from portal.consent.queries import version_for
from portal.consent.services import agree
from portal.database import transaction
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.models import Intake
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.messages.models import Writer
from portal.notes.services import write_note
from portal.practice.models import Absence
from portal.reading.models import ReadingMark, ReadingSuggestion
from portal.scheduling.lifecycle import Status
from tests import make
from tests.safekeeping.filled import everything_sealed

MOST = 6
MOST_OF_A_PERSON = 10


@pytest.fixture
def whole(app, db, now):
    """References of Ada and Sam; of Sam there is one of everything that a page of theirs can show."""
    make.practice(db)
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        ada, sam = everything_sealed(app, now)
        return ada.reference, sam.reference


@pytest.fixture
def more_of_it(app, whole, now):
    """`more_of_it()`: as much again of everything about Sam."""
    times = iter(now + timedelta(days=day) for day in range(2, 40))

    def more():
        with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
            ada = db.scalars(select(Therapist).where(Therapist.reference == whole[0])).one()
            sam = db.scalars(select(Client).where(Client.reference == whole[1])).one()
            db.refresh(sam, ["data_key", "therapist"])
            _said_and_sent(db, sam, now)
            _written_and_read(db, ada, sam, now)
            for status in Status:
                make.consultation(db, client=sam, therapist=ada, starts_at=next(times), status=status)

    return more


def _said_and_sent(db, sam, now):
    last = db.scalars(select(Intake).where(Intake.client_id == sam.id).order_by(Intake.id.desc())).first()
    amended = make.intake(db, client=sam, said={"name": "Sam"}, sent_at=now)
    amended.amends_id = last.id
    for status in LampStatus:
        make.lamp(db, amended, link_id=f"asked-{status}-{amended.id}", status=status)
    first = make.agreement_text(db, status=TextStatus.PUBLISHED)
    agree(db, sam, version_for(db, sam, first.document.reference, 1), name="Sam", now=now)


def _written_and_read(db, ada, sam, now):
    make.message(db, client=sam, therapist=ada)
    make.message(db, client=sam, therapist=ada, by=Writer.THERAPIST)
    write_note(db, ada, sam, "A few words.", now=now)
    reading = make.reading(db)
    db.add(ReadingMark(client_id=sam.id, reading_id=reading.id, said_at=now))
    db.add(ReadingSuggestion(client_id=sam.id, reading_id=reading.id, therapist_id=ada.id, suggested_at=now))
    make.kept_passage(db, client=sam, reading=reading, line="Mine.", shared_with=ada)


@pytest.fixture
def cost(app, db, browser, queries):
    """`cost(therapist, address)`: how many statements the page takes that was opened lately."""

    def counted(therapist, address):
        browser.sign_in(therapist)
        browser.open(address)
        with queries() as seen:
            browser.open(address)
        return len(seen)

    return counted


def ada_in(db, whole):
    return db.scalars(select(Therapist).where(Therapist.reference == whole[0])).one()


def test_a_person_of_whom_there_is_everything_costs_ten_queries_at_most(db, whole, more_of_it, cost, browser):
    ada, address = ada_in(db, whole), f"/desk/clients/{whole[1]}"
    more_of_it()
    one = cost(ada, address)
    text = browser.page.text
    for said in (
        "An answer to look at", "Looked at and closed: 1", "I have read the correction",
        "wallaroo", "Of a gibbon", "Sam Lemming", "Mine.",
        "Ask for the manatee", "Confirm", "Read: A short reading", "Like a heron",
    ):  # fmt: skip
        assert said in browser.page.root.text, said

    more_of_it()
    more_of_it()

    assert cost(ada, address) == one <= MOST_OF_A_PERSON
    assert browser.page.text != text


def test_the_first_look_at_a_person_costs_ten_too_with_the_line_that_it_writes(db, whole, browser, queries):
    """Where the journal ends is asked with the page; then the line, and that it ends there now."""
    browser.sign_in(ada_in(db, whole))
    browser.open("/desk")

    with queries() as seen:
        browser.open(f"/desk/clients/{whole[1]}")

    assert len(seen) <= MOST_OF_A_PERSON
    assert [each.split()[0] for each in seen if not each.startswith("SELECT")] == ["UPDATE", "INSERT"]


def test_consultations_stand_in_two_parts_each_beginning_with_the_nearest(db, ada, now, browser):
    sam = make.client(db, therapist=ada)
    for days, status in (
        (3, Status.DECLINED),
        (-9, Status.NOT_MET),
        (2, Status.CONFIRMED),
        (-2, Status.MET),
        (1, Status.REQUESTED),
    ):
        make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=days), status=status)
    browser.sign_in(ada)

    page = browser.open(f"/desk/clients/{sam.reference}")

    section = next(each for each in page.root.all("section") if each.get("aria-labelledby") == "times")
    assert [heading.text for heading in section.all("h3")] == ["To come", "Past"]
    assert [tag.text for tag in section.all("span", class_="tag")] == [
        "Asked for",
        "Confirmed",
        "Declined",
        "Met",
        "Did not meet",
    ]


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)


def nothing(_db, _ada, _now):
    """An empty desk."""


def one_to_come(db, ada, now):
    sam = make.client(db, therapist=ada)
    starts_at = now + timedelta(days=3)
    make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=Status.CONFIRMED)


def a_letter(db, ada, _now):
    make.message(db, client=make.client(db, therapist=ada), therapist=ada)


def a_lamp_that_was_seen(db, ada, _now):
    sam = make.client(db, therapist=ada)
    make.lamp(db, make.intake(db, client=sam), status=LampStatus.SEEN)


def a_correction(db, ada, now):
    sam = make.client(db, therapist=ada)
    first = make.intake(db, client=sam, sent_at=now)
    make.intake(db, client=sam, sent_at=now).amends_id = first.id
    db.flush()


def a_mail_that_failed(db, ada, now):
    email = OutgoingEmail(recipient=ada.email, subject="Hello", body="Hello", written_at=now)
    db.add(email)
    db.flush()
    db.add(Job(kind="deliver-email", subject=email.reference, due_at=now, attempts=1, gave_up_at=now))
    db.flush()


def a_calendar_that_does_not_answer(db, ada, now):
    busy = make.busy_elsewhere(db, ada, now, now + timedelta(hours=1))
    db.get_one(CalendarSource, busy.source_id).failed_at = now
    db.flush()


def a_request(db, ada, now):
    sam = make.client(db, therapist=ada)
    asked = [
        make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=day))
        for day in (1, 2)
    ]
    asked[1].replaces_id = asked[0].id
    db.flush()


def something_over(db, ada, now):
    sam = make.client(db, therapist=ada)
    for days, status in ((-1, Status.CONFIRMED), (0, Status.CONFIRMED), (4, Status.PROPOSED)):
        starts_at = now + timedelta(days=days, hours=2)
        make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=status)


def away_with_a_stand_in(db, ada, now):
    """Ada stands in for the practice, and Bea's client has lit a lamp."""
    day = now.date()
    db.add(Absence(first_day=day, last_day=day, stand_in="Ada", stand_in_email=ada.email))
    bea = make.therapist(db, name="Bea")
    make.lamp(db, make.intake(db, client=make.client(db, therapist=bea))).tells_stand_in = True
    db.flush()


EVERYTHING = (
    one_to_come,
    a_letter,
    a_lamp_that_was_seen,
    a_correction,
    a_mail_that_failed,
    a_calendar_that_does_not_answer,
    a_request,
    something_over,
    away_with_a_stand_in,
)


@pytest.mark.parametrize("state", [nothing, *EVERYTHING])
def test_today_costs_six_queries_at_most_in_every_state(db, ada, now, cost, state):
    state(db, ada, now)

    assert cost(ada, "/desk") <= MOST


@pytest.mark.parametrize("address", ["/desk", "/desk/clients", "/desk/clients?q=sam", "/desk/calendar"])
def test_where_everything_is_so_at_once_three_of_each_cost_as_much_as_one(db, ada, now, cost, address):
    for state in EVERYTHING:
        state(db, ada, now)
    one = cost(ada, address)

    for hours in (3, 6):
        for state in EVERYTHING[:-1]:
            state(db, ada, now + timedelta(hours=hours))

    assert cost(ada, address) == one <= MOST


# What reads a whole large table, or all that a therapist ever had of it.
_READS_ALL = re.compile(
    r"SCAN (client|consultation|intake|message|journal_line|outgoing_email|job|held_window|lamp)"
    r"(?! USING INDEX)"
    r"|ix_client_therapist_id|ix_consultation_therapist_id\w* \(therapist_id=\?\)"
)


@contextmanager
def plans(app):
    """`with plans(app) as seen:` collects how SQLite goes about what is asked of it meanwhile."""
    seen = []

    def explain(_connection, cursor, statement, parameters, *_rest):
        if statement.startswith("SELECT"):
            beside = cursor.connection.cursor()
            seen.extend(row[3] for row in beside.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("address", ["/desk", "/desk/calendar", "/desk/clients", "/desk/clients/{sam}"])
def test_no_page_reads_all_that_a_therapist_ever_had(app, db, whole, more_of_it, browser, address):
    more_of_it()
    browser.sign_in(ada_in(db, whole))

    with plans(app) as seen:
        browser.open(address.format(sam=whole[1]))

    assert seen
    assert [line for line in seen if _READS_ALL.search(line)] == []
