"""A transaction happens as a whole or not at all, and a refusal leaves what was read before it."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.orm import joinedload, object_session

from portal.accounts.models import Client
from portal.database import Whole, current_db, make_engine, rows, transaction
from portal.errors import Refused
from tests import make


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
