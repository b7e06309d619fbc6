"""The tables' common base, the request's session, and the only commit."""

from __future__ import annotations

import functools
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from portal import deadline
from portal.connections import Connections
from portal.errors import Overtaken
from portal.gate import Gate

# SQLite lets in writers by chance, not in the order of coming: the last of three hundred who ask at once
# waits for seconds, on a busy machine for many. They are told late, but what is so.
_BUSY_TIMEOUT_MS = 30_000

_WHOLE_MINUTES = tuple(f" {minute // 60:02}:{minute % 60:02}:00.000000" for minute in range(24 * 60))
# How many letters SQLite keeps of a moment: 2027-03-02 10:00:00.000000.
_AS_LONG = 26


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in time. Refuses one without a zone, since nobody could say later which zone was meant."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """On SQLite as SQLAlchemy would write it, but faster: a request does it thirty times."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """On SQLite at once with its zone: two calls less for each of forty moments on a page."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time must carry its zone")
    return value.astimezone(UTC).replace(tzinfo=None)


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    at = value if value.tzinfo is UTC else _in_utc(value)
    if at.second or at.microsecond:
        return at.isoformat(" ", "microseconds")[:_AS_LONG]
    # Most of them: what a consultation holds begins and ends with whole minutes.
    return _day_as_text(at.toordinal()) + _WHOLE_MINUTES[60 * at.hour + at.minute]


@functools.lru_cache(maxsize=1024)
def _day_as_text(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


def _stored_values(choices: type[StrEnum]) -> list[str]:
    return [choice.value for choice in choices]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime(),
        StrEnum: Enum(StrEnum, values_callable=_stored_values, native_enum=False, length=40),
    }


def new_reference() -> str:
    """What an address carries instead of a row number: 72 random bits that can be read over the phone."""
    return secrets.token_hex(9)


def make_engine(url: str) -> Engine:
    """An engine whose SQLite connections keep what was called saved, check keys, and wait for a writer."""
    # What is sent is nobody's to read in a trace: an address, or words that are not sealed yet.
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_on_sqlite)
    deadline.keep_on(engine)
    return engine


def gate_of(engine: Engine) -> Gate | None:
    """What writers of this database pass one by one; None where the database itself sees to that."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    return Gate(Path(f"{file}-gate"))


def init_app(app: Flask) -> None:
    engine = make_engine(app.config["DATABASE_URL"])
    app.extensions["engine"] = engine
    app.extensions["database"] = sessionmaker(
        engine, expire_on_commit=False, join_transaction_mode="control_fully"
    )
    app.extensions["gate"] = gate_of(engine)
    app.extensions["connections"] = Connections(engine) if engine.dialect.name == "sqlite" else None
    app.teardown_appcontext(_close)


def current_db() -> Session:
    """The request's session. Outside `transaction()` it only reads."""
    db: Session | None = g.get("db")
    if db is None:
        parts = current_app.extensions
        connections: Connections | None = parts["connections"]
        # On SQLite with a connection of its own, which it joins where it has to: to have the session open and
        # close one takes as long as two statements. One to PostgreSQL is given back after every transaction:
        # it is asked whether it still lives whenever it is taken.
        bind = connections.take() if connections else parts["engine"]
        db = g.db = parts["database"](bind=bind)
    return db


def let_go() -> None:
    """End the session of this context, and its connection; whoever asks next gets others."""
    db: Session | None = g.get("db")
    if db is None:
        return
    assert "writes" not in db.info, "in the middle of a transaction"
    del g.db
    db.close()
    # Whoever has kept it shall not meet the transaction of whoever has the connection next.
    bind, db.bind = db.bind, None
    if isinstance(bind, Connection):
        current_app.extensions["connections"].give_back(bind)


def connection_of(db: Session) -> Connection:
    """The session's own, in a transaction; asking it each time would cost a fifth of a statement."""
    if db.in_nested_transaction():
        return db.connection()
    connection = db.bind
    if isinstance(connection, Connection):
        if not connection.in_transaction():
            connection.begin()
        return connection
    joined: Connection | None = db.info.get("connection")
    if joined is None or joined.closed:
        joined = db.info["connection"] = db.connection()
    return joined


@contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside happens, or nothing does. Raises Overtaken if somebody else was first.

    The reading that went before is ended, so that SQLite begins this one as a write and never has to turn a
    reader into a writer. What was read stays as it was read: a query for what is to change asks anew
    (`populate_existing`), and the row's version decides.
    """
    db = current_db()
    with _turn(), _undone_where_it_fails(db):
        connection = connection_of(db)
        if connection.dialect.name == "sqlite":
            # Where it reads already: a commit and a connection anew would cost as much as two statements.
            _on_the_driver(connection, "COMMIT", "BEGIN IMMEDIATE")
        db.info["writes"] = True
        yield db
        _commit(db, connection)


def _commit(db: Session, connection: Connection) -> None:
    """The session's, if it has a part in it: it has none in what is only done by plain statements."""
    if not db.in_transaction():
        # As its own commit would have told them; they may want to write something.
        db.dispatch.before_commit(db)
    if db.in_transaction():
        db.commit()
    if connection.in_transaction():
        connection.commit()


def _turn() -> AbstractContextManager[None]:
    gate: Gate | None = current_app.extensions["gate"]
    return gate.turn() if gate else nullcontext()


@contextmanager
def _undone_where_it_fails(db: Session) -> Iterator[None]:
    as_read = [(each, vars(each).copy()) for each in db]
    try:
        yield
    except StaleDataError as clash:
        _undo(db, as_read)
        raise Overtaken from clash
    except BaseException:
        _undo(db, as_read)
        raise
    finally:
        db.info.pop("writes", None)


def _undo(db: Session, as_read: list[tuple[Any, dict[str, Any]]]) -> None:
    """Roll back, and let the view that shows the refusal go on with what it had read.

    A rollback makes the session forget all that it loaded, and what a query had loaded beside its row, a
    client's key for one, would not come back by itself.
    """
    if not db.in_transaction():
        # So that all who listen to the session hear of it.
        db.begin()
    db.rollback()
    if isinstance(db.bind, Connection):
        db.bind.rollback()
        # After a COMMIT that was refused SQLAlchemy takes it for over, and the driver does not.
        db.bind.connection.rollback()
    for each, values in as_read:
        for name in _read_names(each, values):
            set_committed_value(each, name, values[name])


def _read_names(each: Any, values: Mapping[str, Any]) -> list[str]:
    """What had been read of it; a collection that is only ever written to never was."""
    attributes = inspect(each).mapper.attrs
    return [
        name
        for name in attributes.keys() & values.keys()
        if getattr(attributes[name], "lazy", None) != "write_only"
    ]


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: it would begin every one as a reader.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")


def _begin_on_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        _on_the_driver(connection, "BEGIN IMMEDIATE" if options.get("write") else "BEGIN")


def _on_the_driver(connection: Connection, *statements: str) -> None:
    """Past SQLAlchemy's cursors, which would cost more than the statement: every page begins with one."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    for statement in statements:
        try:
            driver.execute(statement)
        except sqlite3.Error as problem:
            # As SQLAlchemy's cursor would have told it: whoever goes on without a database listens for that.
            raise OperationalError(statement, None, problem, hide_parameters=True) from problem


def _close(_exception: Any) -> None:
    let_go()
