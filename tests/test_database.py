"""A transaction happens as a whole or not at all, and a refusal leaves what was read before it."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes, timezones
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import (
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
    UnboundExecutionError,
)
from sqlalchemy.orm import joinedload

from portal.accounts.models import Client, Therapist
from portal.database import UTCDateTime, current_db, let_go, make_engine, transaction
from portal.errors import Refused
from portal.jobs.models import Job
from portal.journal.lines import What
from portal.journal.models import JournalLine
from portal.journal.noting import note
from portal.statements import Prepared, insert_all, insert_one
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
def test_plain_statements_happen_together_or_not_at_all(db, now):
    def write(*kinds: str, then: type[Exception] | None = None) -> None:
        with transaction() as writing:
            for kind in kinds:
                job = {"kind": kind, "subject": "", "due_at": now, "attempts": 0}
                insert_all(writing, insert(Job), [job])
            if then:
                raise then

    with pytest.raises(Refused):
        write("one", "two", then=Refused)
    assert db.scalars(select(Job.kind)).all() == []
    db.rollback()

    write("three", "four")
    assert sorted(db.scalars(select(Job.kind))) == ["four", "three"]


@pytest.mark.usefixtures("inside_app")
def test_what_is_noted_beside_plain_statements_is_written_with_them_and_forgotten_with_them(db, now):
    ada = make.therapist(db)
    job = {"kind": "one", "subject": "", "due_at": now, "attempts": 0}

    def refuse() -> None:
        with transaction() as writing:
            insert_all(writing, insert(Job), [job])
            note(writing, What.DIARY_CHANGED, by=ada)
            raise Refused

    with pytest.raises(Refused):
        refuse()
    with transaction() as writing:
        insert_all(writing, insert(Job), [job])
    assert db.scalars(select(JournalLine.what)).all() == []
    db.rollback()

    with transaction() as writing:
        insert_all(writing, insert(Job), [job])
        note(writing, What.FEED_MADE, by=ada)
    assert db.scalars(select(JournalLine.what)).all() == [What.FEED_MADE]


def test_a_requests_connection_is_its_own_and_goes_back_with_it(app, db):
    make.therapist(db)
    db.commit()
    engine = app.extensions["engine"]

    def asks() -> object:
        assert len(current_db().scalars(select(Therapist.id)).all()) == 1
        return current_db().connection().connection.dbapi_connection

    for _ in range(2):
        with app.app_context():
            outer = asks()
            with app.app_context():
                assert asks() is not outer
            # Before a process is forked, for one.
            let_go()
            assert engine.pool.checkedout() == 0
            asks()
        assert engine.pool.checkedout() == 0


def test_a_session_is_of_no_use_after_its_request(app, now):
    """On SQLite its connection is another's by then, and so would be what it rolls back."""
    with app.app_context():
        gone = current_db()
        gone.scalars(select(Job.kind)).all()
    with app.app_context():
        with transaction() as writing:
            insert_all(writing, insert(Job), [{"kind": "one", "subject": "", "due_at": now, "attempts": 0}])
            with pytest.raises(UnboundExecutionError):
                gone.scalars(select(Job.kind)).all()
            gone.rollback()
        assert current_db().scalars(select(Job.kind)).all() == ["one"]


def test_whoever_lets_go_in_the_middle_has_done_nothing(app, db, now):
    job = {"kind": "one", "subject": "", "due_at": now, "attempts": 0}

    def let_go_between() -> None:
        with transaction() as writing:
            insert_all(writing, insert(Job), [job])
            let_go()

    with app.app_context():
        with pytest.raises(AssertionError, match="in the middle"):
            let_go_between()
        assert current_db().scalars(select(Job.kind)).all() == []
        with transaction() as writing:
            insert_all(writing, insert(Job), [job])
    assert db.scalars(select(Job.kind)).all() == ["one"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_commit_that_is_refused_leaves_nothing_open(app, db, now):
    """A key that is looked at only at the end refuses the commit itself."""
    job = {"kind": "one", "subject": "", "due_at": now, "attempts": 0}

    def refused() -> None:
        with transaction() as writing:
            writing.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            insert_all(writing, insert(Job), [job])
            broken = {"therapist_id": 999, "opened_at": now, "starts_at": now, "ends_at": now + HOUR}
            insert_one(writing, insert(OpenedTime), broken)

    with app.app_context():
        with pytest.raises(IntegrityError):
            refused()
        assert current_db().scalars(select(Job.kind)).all() == []
        with transaction() as writing:
            insert_all(writing, insert(Job), [job])
    db.execute(insert(Job), [job])
    db.commit()
    assert db.scalars(select(Job.kind)).all() == ["one", "one"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_is_not_the_next_ones(app, db):
    make.therapist(db)
    db.commit()
    prepared = Prepared(select(Therapist.name))

    def end_it() -> None:
        number = current_db().connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        db.execute(select(func.pg_terminate_backend(number)))
        db.rollback()

    with app.app_context():
        end_it()
        with pytest.raises(OperationalError) as lost:
            prepared.rows(current_db(), {})
        assert lost.value.connection_invalidated
    with app.app_context():
        with transaction() as writing:
            assert len(prepared.rows(writing, {})) == 1
        # Between two transactions nothing is held that could be lost.
        assert app.extensions["engine"].pool.checkedout() == 0


@pytest.mark.usefixtures("inside_app")
def test_what_is_undone_to_a_savepoint_is_undone_for_plain_statements_too(db, now):
    job = {"kind": "one", "subject": "", "due_at": now, "attempts": 0}
    with transaction() as writing:
        with pytest.raises(Refused), writing.begin_nested():
            _insert_and_refuse(writing, job)
        insert_all(writing, insert(Job), [job | {"kind": "two"}])

    assert db.scalars(select(Job.kind)).all() == ["two"]


def _insert_and_refuse(writing, job):
    insert_all(writing, insert(Job), [job])
    raise Refused


def test_what_a_request_left_unfinished_is_over_for_the_next(app, db, now):
    job = {"kind": "one", "subject": "", "due_at": now, "attempts": 0}
    with app.app_context():
        insert_all(current_db(), insert(Job), [job])
    with app.app_context():
        assert current_db().scalars(select(Job.kind)).all() == []
        # It reads what is there now, and not what was there when its connection was first used.
        db.execute(insert(Job), [job])
        db.commit()
    with app.app_context():
        assert current_db().scalars(select(Job.kind)).all() == ["one"]


@given(datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=timezones()))  # noqa: DTZ001
def test_a_moment_is_written_as_sqlalchemy_writes_it(moment):
    theirs = DATETIME().bind_processor(sqlite_dialect())
    for each in (moment, moment.replace(second=0, microsecond=0), moment.replace(microsecond=0)):
        ours = UTCDateTime().bind_processor(sqlite_dialect())(each)
        assert ours == theirs(each.astimezone(UTC).replace(tzinfo=None))
        assert UTCDateTime().result_processor(sqlite_dialect(), None)(ours) == each.astimezone(UTC)
