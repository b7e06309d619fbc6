"""A transaction happens as a whole or not at all, and a refusal leaves what was read before it."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, inspect, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.orm import joinedload, object_session

from portal.accounts.models import Client, Therapist
from portal.database import Whole, current_db, insert_all, insert_one, make_engine, rows, transaction
from portal.errors import Refused
from portal.jobs.models import Job
from portal.journal.models import JournalHead
from portal.waiting.models import OpenedTime
from tests import make

HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("inside_app")
def test_after_a_refusal_nothing_is_changed_and_what_was_read_is_still_there(db):
    sam = make.client(db, therapist=make.therapist(db, name="Ada Marsh"), time_zone="Europe/London")
    read = (
        current_db()
        .scalars(
            select(Client)
            .where(Client.id == sam.id)
            .options(joinedload(Client.data_key), joinedload(Client.therapist))
        )
        .one()
    )

    def refuse() -> None:
        with transaction() as writing:
            read.time_zone = "Asia/Tokyo"
            writing.flush()
            raise Refused

    with pytest.raises(Refused):
        refuse()

    assert (read.time_zone, read.therapist.name) == ("Europe/London", "Ada Marsh")
    assert read.data_key.reference
    db.expire_all()
    assert db.scalars(select(Client.time_zone)).one() == "Europe/London"
    with transaction():
        read.time_zone = "Asia/Tokyo"
    db.expire_all()
    assert db.scalars(select(Client.time_zone)).one() == "Asia/Tokyo"


_WHOLE = Whole(Client)
_NAMES = [each.key for each in inspect(Client).column_attrs]


def _read(db, client_id, **beside):
    found = rows(db, select(*_WHOLE.columns).where(Client.id == client_id), {})
    return _WHOLE.of(db, found[0], **beside)


@pytest.mark.usefixtures("inside_app")
def test_what_is_read_as_columns_is_an_entity_like_any_other(db):
    sam = make.client(db, therapist=make.therapist(db), time_zone="Europe/London")
    reading = current_db()
    read = _read(reading, sam.id, therapist=None)

    assert object_session(read) is reading
    assert reading.get(Client, sam.id) is read
    assert not reading.is_modified(read)
    as_queried = db.get(Client, sam.id, populate_existing=True)
    assert {each: getattr(read, each) for each in _NAMES} == {
        each: getattr(as_queried, each) for each in _NAMES
    }
    assert read.therapist is None
    # What was not read beside it is not fetched behind one's back.
    with pytest.raises(InvalidRequestError):
        _ = read.data_key

    with transaction():
        read.time_zone = "Asia/Tokyo"
    db.refresh(as_queried)
    assert as_queried.time_zone == "Asia/Tokyo"
    as_queried.time_zone = "Asia/Seoul"
    db.flush()
    reading.refresh(read)
    assert read.time_zone == "Asia/Seoul"


@pytest.mark.usefixtures("inside_app")
def test_whom_the_session_has_already_stays_as_it_is(db):
    sam = make.client(db, therapist=make.therapist(db), time_zone="Europe/London")
    reading = current_db()
    known = reading.get(Client, sam.id)
    known.time_zone = "Asia/Tokyo"

    assert _read(reading, sam.id) is known
    assert known.time_zone == "Asia/Tokyo"
    assert _WHOLE.of(reading, [None] * len(_WHOLE.columns)) is None


@pytest.mark.usefixtures("inside_app")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_somebody_else_keeps_to_themselves_is_one_that_does_not_answer(app):
    """The worker goes on after that, its sign of life too; an error of the driver's own would end them."""
    engine = app.extensions["engine"]
    with engine.connect() as one:
        # The next to ask for a connection gets the same.
        one.exec_driver_sql("PRAGMA busy_timeout = 0")

    with contextlib.closing(sqlite3.connect(engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SQLAlchemyError), transaction():
            pass


def test_what_is_called_saved_survives_a_power_cut(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/portal.db")
    with engine.connect() as connection:
        waits_for_the_disk = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    engine.dispose()

    # 2 is FULL.
    assert waits_for_the_disk == 2


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
