"""Plain statements find and write what SQLAlchemy's own would, and are heard of and refused as they are."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import String, bindparam, column, event, insert, literal, select, table, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError, ProgrammingError

from portal.accounts.models import Client, Therapist
from portal.database import transaction
from portal.jobs.models import Job
from portal.journal.models import JournalHead
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation, HeldWindow
from portal.statements import Prepared, RowsAsJson, insert_all, insert_one, rows
from portal.waiting.models import OpenedTime
from tests import make

HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("inside_app")
def test_rows_that_are_written_plainly_are_those_that_were_meant(db, now):
    ada = make.therapist(db)
    jobs = [{"kind": kind, "subject": kind, "due_at": now, "attempts": 0} for kind in ("one", "two")]
    with transaction() as writing:
        insert_all(writing, insert(Job), jobs)
        number = insert_one(
            writing,
            # With a value that the database looks up by itself, and one that is not known.
            insert(OpenedTime).values(
                therapist_id=select(Therapist.id)
                .where(Therapist.email == bindparam("whose"))
                .scalar_subquery()
            ),
            {"whose": ada.email, "opened_at": now, "starts_at": now, "ends_at": now + HOUR, "id": None},
        )

    found = db.execute(select(Job.kind, Job.subject, Job.due_at, Job.attempts).order_by(Job.kind)).all()
    assert [tuple(each) for each in found] == [tuple(each.values()) for each in jobs]
    opened = db.get(OpenedTime, number)
    assert (opened.therapist_id, opened.starts_at, opened.ends_at) == (ada.id, now, now + HOUR)


@pytest.mark.usefixtures("inside_app")
def test_a_row_that_lacks_a_column_is_refused_as_by_any_other_statement(db, now):
    with pytest.raises(IntegrityError), transaction() as writing:
        insert_all(writing, insert(Job), [{"kind": "one", "due_at": now, "attempts": 0}])
    assert db.scalars(select(Job.kind)).all() == []


def test_what_python_would_have_to_fill_in_is_not_written_plainly(inside_app):
    with pytest.raises(AssertionError, match="default"), transaction() as writing:
        insert_all(writing, insert(JournalHead), [{"number": 1, "hash": "", "seal": b""}])


# Prepared.

_OF_STATES = (
    select(
        Consultation.reference,
        Consultation.status,
        Consultation.starts_at,
        Consultation.settled_at,
        Consultation.kept_outside_hours,
        Consultation.sealed_words,
        literal("as it is").label("always"),
        Client.id,
    )
    .join(Client, Client.id == Consultation.client_id)
    .where(
        Consultation.status.in_([Status.CONFIRMED, Status.REQUESTED]),
        Consultation.starts_at >= bindparam("since"),
    )
    .order_by(Consultation.starts_at)
)


@pytest.fixture
def three(db, now):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    for hours, status in ((1, Status.CONFIRMED), (2, Status.CANCELLED), (3, Status.REQUESTED)):
        starts_at = now + timedelta(hours=hours)
        made = make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=status)
        made.sealed_words = b"\x00 sealed"
    db.commit()
    return sam


def test_a_prepared_question_finds_what_sqlalchemy_finds(db, three, now):
    prepared = Prepared(_OF_STATES)

    # The second time it is put together already, and asked about something else.
    for since in (now, now + 2 * HOUR):
        found = prepared.rows(db, {"since": since})
        assert list(map(tuple, found)) == list(map(tuple, rows(db, _OF_STATES, {"since": since})))
        assert [row[1] for row in found] == [Status.CONFIRMED, Status.REQUESTED][-len(found) :]
        assert all(type(row[1]) is Status and row[4] is False and row[7] == three.id for row in found)
    assert len(found) == 1


def test_a_prepared_change_tells_how_many_rows_it_met(db, now):
    jobs = [{"kind": kind, "subject": "", "due_at": now, "attempts": 0} for kind in ("one", "two", "two")]
    insert_all(db, insert(Job), jobs)
    prepared = Prepared(
        update(Job)
        .where(Job.kind == bindparam("of"))
        .values(due_at=bindparam("later"), attempts=Job.attempts + 1)
    )
    later = now + HOUR

    assert prepared.carry_out(db, [{"of": "two", "later": later}]) == 2
    assert prepared.carry_out(db, [{"of": "none", "later": later}]) == 0
    assert prepared.carry_out(db, [{"of": kind, "later": later} for kind in ("one", "two", "none")]) == 3
    found = db.execute(select(Job.kind, Job.due_at, Job.attempts).order_by(Job.id)).all()
    assert list(map(tuple, found)) == [("one", later, 1), ("two", later, 2), ("two", later, 2)]


def test_a_list_that_is_given_would_make_it_another_question_each_time(db):
    prepared = Prepared(select(Client.id).where(Client.id.in_(bindparam("ids", expanding=True))))

    with pytest.raises(AssertionError, match="ids is a list"):
        prepared.rows(db, {"ids": [1, 2]})


def test_what_is_not_given_is_missed_every_time(db):
    prepared = Prepared(select(Client.id).where(Client.reference == bindparam("reference")))

    with pytest.raises(InvalidRequestError, match="reference"):
        prepared.rows(db, {})
    assert prepared.rows(db, {"reference": "nobody"}) == []
    with pytest.raises(KeyError, match="reference"):
        prepared.rows(db, {})


@pytest.mark.usefixtures("inside_app")
def test_whoever_listens_to_the_database_hears_of_plain_statements(app, db, now):
    heard = []
    prepared = Prepared(select(Job.kind).where(Job.kind == bindparam("kind")))
    listener = lambda *said: heard.append((said[2].split()[0], said[-1]))  # noqa: E731
    event.listen(app.extensions["engine"], "before_cursor_execute", listener)
    try:
        with transaction() as writing:
            insert_all(writing, insert(Job), [{"kind": "a", "subject": "", "due_at": now, "attempts": 0}])
            prepared.rows(writing, {"kind": "a"})
    finally:
        event.remove(app.extensions["engine"], "before_cursor_execute", listener)

    asked = [each for each in heard if each[0] in {"INSERT", "SELECT"}]
    assert asked == [("INSERT", True), ("SELECT", False)]


def test_a_refusal_of_the_databases_is_told_as_sqlalchemy_tells_it(db):
    nowhere = table("nowhere", column("secret"))
    prepared = Prepared(select(nowhere.c.secret).where(nowhere.c.secret == bindparam("secret", type_=String)))

    with pytest.raises((OperationalError, ProgrammingError), match="nowhere") as refusal:
        prepared.rows(db, {"secret": "lantern otter"})
    assert "lantern otter" not in str(refusal.value)


def test_rows_come_as_one_text(db, three, now):
    ada = db.get(Therapist, three.therapist_id)
    own = make.held_window(ada, now, now + HOUR)
    db.add(own)
    db.flush()
    which = select(HeldWindow.consultation_id, HeldWindow.starts_at, HeldWindow.is_first)
    every = which.where(HeldWindow.id == bindparam("id")).subquery()
    prepared = Prepared(select(RowsAsJson(*every.c)))

    ((text,),) = prepared.rows(db, {"id": own.id})
    ((nothing,),) = prepared.rows(db, {"id": 0})

    ((owner, starts_at, is_first),) = json.loads(text)
    assert (owner, bool(is_first)) == (None, True)
    assert datetime.fromisoformat(f"{starts_at}+00:00") == now
    assert json.loads(nothing or "[]") == []
