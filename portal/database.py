"""The tables' common base, the request's session, what goes past its bookkeeping, and the only commit."""

from __future__ import annotations

import functools
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, cast

from flask import Flask, current_app, g
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    Insert,
    MetaData,
    Row,
    TypeDecorator,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.compiler import SQLCompiler

from portal import deadline
from portal.errors import Overtaken
from portal.gate import Gate

# SQLite lets in writers by chance, not in the order of coming: the last of three hundred who ask at once
# waits for seconds, on a busy machine for many. They are told late, but what is so.
_BUSY_TIMEOUT_MS = 30_000

# How many letters SQLite keeps of a moment: 2027-03-02 10:00:00.000000.
_AS_LONG = 26

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Entity = TypeVar("Entity", bound="Base")


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in time. Refuses one without a zone, since nobody could say later which zone was meant."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """On SQLite as SQLAlchemy would write it, in a third of the time: a request does it thirty times."""
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
    return at.isoformat(" ", "microseconds")[:_AS_LONG]


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
    app.extensions["database"] = sessionmaker(engine, expire_on_commit=False)
    app.extensions["gate"] = gate_of(engine)
    app.teardown_appcontext(_close)


def current_db() -> Session:
    """The request's session. Outside `transaction()` it only reads."""
    db: Session | None = g.get("db")
    if db is None:
        db = g.db = current_app.extensions["database"]()
    return db


def rows(db: Session, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
    """For what is done often: a statement about columns, past the session's bookkeeping, in its transaction.

    What is pending in the session is not flushed for it. All that it finds comes at once. A statement of many
    parts is given as `lambda_stmt`: what it was compiled to is found by where it is written, not by comparing
    all of its parts, which takes longer than to run it.
    """
    return _connection_of(db).execute(statement, parameters).all()


def carry_out(db: Session, statement: Executable, parameters: Parameters) -> int:
    """The same for a statement that finds nothing, but writes or deletes; tells how many rows it met."""
    return _connection_of(db).execute(statement, parameters).rowcount


def insert_all(db: Session, statement: Insert, values: Sequence[Mapping[str, Any]]) -> None:
    """The same for new rows, at least one; the columns of the first are those of all."""
    connection = _connection_of(db)
    written = _written_out(connection.dialect, statement, frozenset(values[0]))
    connection.exec_driver_sql(written.text, [written.bound(each) for each in values])


def insert_one(db: Session, statement: Insert, values: Mapping[str, Any]) -> int:
    """The same for one new row: tells its number. What is None is left out."""
    said = {name: value for name, value in values.items() if value is not None}
    connection = _connection_of(db)
    written = _written_out(connection.dialect, statement, frozenset(said))
    done = connection.exec_driver_sql(written.text, written.bound(said))
    # What PostgreSQL is asked for, SQLite tells unasked.
    return int(done.scalar_one() if done.returns_rows else done.lastrowid)


class _Written(NamedTuple):
    """A statement as the database reads it, and what is done to each value before it is sent along."""

    text: str
    by_place: bool
    binds: Sequence[tuple[str, Callable[[Any], Any] | None]]

    def bound(self, values: Mapping[str, Any]) -> Any:
        if self.by_place:
            return tuple(change(values[name]) if change else values[name] for name, change in self.binds)
        return {name: change(values[name]) if change else values[name] for name, change in self.binds}


@functools.lru_cache(maxsize=200)
def _written_out(dialect: Dialect, statement: Insert, columns: frozenset[str]) -> _Written:
    """Once for each set of columns: to look it up by its parts costs more than to insert a row."""
    compiled = statement.compile(dialect=dialect, column_keys=sorted(columns))
    assert isinstance(compiled, SQLCompiler)
    # What SQLAlchemy itself would put in at each execution would be missing here.
    assert not compiled.insert_prefetch, f"a column has a default of Python's: {compiled.insert_prefetch}"
    kinds = {name: compiled.binds[name].type.dialect_impl(dialect) for name in compiled.params}
    names = compiled.positiontup if compiled.positional else kinds
    binds = tuple((name, kinds[name].bind_processor(dialect)) for name in names or ())
    return _Written(compiled.string, compiled.positional, binds)


class Whole(Generic[Entity]):
    """An entity among the columns of a statement for `rows`, which is given to the session as loaded.

    For what is asked at nearly every visit: a query for the same entities costs more than twice as much, most
    of it to find out anew each time which column belongs where.
    """

    def __init__(self, entity: type[Entity]) -> None:
        mapper = inspect(entity)
        self._entity, self._manager = entity, mapper.class_manager
        self.columns = tuple(mapper.local_table.c)
        self._names = tuple(mapper.get_property_by_column(each).key for each in self.columns)
        # By its key the session knows what it has already; here it is a table's first columns.
        self._key = len(mapper.primary_key)
        assert mapper.primary_key == self.columns[: self._key]

    def of(self, db: Session, values: Sequence[Any], *, anew: bool = False, **beside: Any) -> Entity | None:
        """The entity with these values, and with what was read beside; None where an outer join found none.

        What the session has already stays as it is, but for what is read beside; `anew`, as it was read now.
        """
        if values[0] is None:
            return None
        key: Any = (self._entity, tuple(values[: self._key]), None)
        known = db.identity_map.get(key)
        entity: Entity = self._loaded(db, key, values) if known is None else cast(Entity, known)
        if known is not None and anew:
            beside = dict(zip(self._names, values, strict=True)) | beside
        for name, value in beside.items():
            set_committed_value(entity, name, value)
        return entity

    def _loaded(self, db: Session, key: Any, values: Sequence[Any]) -> Entity:
        entity = cast(Entity, self._manager.new_instance())
        state = instance_state(entity)
        state.key, state.session_id = key, db.hash_key
        state.dict.update(zip(self._names, values, strict=True))
        db.identity_map.add(state)
        return entity


@contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside happens, or nothing does. Raises Overtaken if somebody else was first.

    The reading that went before is ended, so that SQLite begins this one as a write and never has to turn a
    reader into a writer. What was read stays as it was read: a query for what is to change asks anew
    (`populate_existing`), and the row's version decides.
    """
    db = current_db()
    with _turn(), _undone_where_it_fails(db):
        connection = _connection_of(db)
        if connection.dialect.name == "sqlite":
            # Where it reads already: a commit and a connection anew would cost as much as two statements.
            _on_the_driver(connection, "COMMIT", "BEGIN IMMEDIATE")
        db.info["writes"] = True
        yield db
        db.commit()


def _turn() -> AbstractContextManager[None]:
    gate: Gate | None = current_app.extensions["gate"]
    return gate.turn() if gate else nullcontext()


def _connection_of(db: Session) -> Connection:
    """The session's own; asking it each time would cost a fifth of a statement."""
    connection: Connection | None = db.info.get("connection")
    if connection is None or connection.closed:
        connection = db.info["connection"] = db.connection()
    return connection


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
    db.rollback()
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
    driver = connection.connection.driver_connection
    assert driver is not None
    for statement in statements:
        try:
            driver.execute(statement)
        except sqlite3.Error as problem:
            # As SQLAlchemy's cursor would have told it: whoever goes on without a database listens for that.
            raise OperationalError(statement, None, problem, hide_parameters=True) from problem


def _close(_exception: Any) -> None:
    db: Session | None = g.pop("db", None)
    if db is not None:
        db.close()
