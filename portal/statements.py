"""Plain statements: about columns, past the session's bookkeeping, but in its transaction.

For what is done at nearly every visit. Nothing that is pending in the session is flushed for them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Dialect,
    Executable,
    Insert,
    Row,
    Select,
    String,
    Update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from portal.database import connection_of

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Update


def rows(db: Session, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
    """All that it finds, at once."""
    return connection_of(db).execute(statement, parameters).all()


def carry_out(db: Session, statement: Executable, parameters: Parameters) -> int:
    """The same for a statement that finds nothing, but writes or deletes; tells how many rows it met."""
    return connection_of(db).execute(statement, parameters).rowcount


def insert_all(db: Session, statement: Insert, values: Sequence[Mapping[str, Any]]) -> None:
    """The same for new rows, at least one; the columns of the first are those of all."""
    connection = connection_of(db)
    written = _insertion(connection.dialect, statement, frozenset(values[0]))
    _send(connection, written.text, [written.bound(each) for each in values], many=True)


def insert_one(db: Session, statement: Insert, values: Mapping[str, Any]) -> int:
    """The same for one new row: tells its number. What is None is left out."""
    said = {name: value for name, value in values.items() if value is not None}
    connection = connection_of(db)
    written = _insertion(connection.dialect, statement, frozenset(said))
    done = _send(connection, written.text, written.bound(said))
    # What PostgreSQL is asked for, SQLite tells unasked.
    return int(done.fetchone()[0] if done.description else done.lastrowid)


class Prepared:
    """A statement about columns that is put together once, and sent as it is from then on.

    SQLAlchemy's way from a statement to its rows takes longer than the database does. It writes the statement
    here as well, and its types change each value; only what it does anew each time is left out.
    """

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        # By the database's name.
        self._questions: dict[str, _Question] = {}

    def rows(self, db: Session, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All that it finds, at once; the values of each in the order of the columns."""
        connection = connection_of(db)
        question = self._for(connection.dialect, parameters)
        text, values = question.written.text, question.written.bound(parameters)
        return question.read(_send(connection, text, values).fetchall())

    def carry_out(self, db: Session, parameters: Sequence[Mapping[str, Any]]) -> int:
        """Once with each of these, at least one, and finding nothing; tells how many rows it met."""
        connection = connection_of(db)
        written = self._for(connection.dialect, parameters[0]).written
        first, *more = (written.bound(each) for each in parameters)
        # Of one alone the drivers make less than of a list of one.
        values = [first, *more] if more else first
        done = _send(connection, written.text, values, many=bool(more))
        return int(done.rowcount)

    def _for(self, dialect: Dialect, parameters: Mapping[str, Any]) -> _Question:
        question = self._questions.get(dialect.name)
        if question is None:
            question = self._questions[dialect.name] = _question(dialect, self._statement, parameters)
        return question


class RowsAsJson(FunctionElement[str]):
    """All rows of these columns as one text, a list of lists; None or an empty list where there are none.

    For many rows that are the same for many visits: what the text says is worked out once for each text.
    """

    type = String()
    inherit_cache = True


class _Written(NamedTuple):
    """A statement as the database reads it, and what is done to each value before it is sent along."""

    text: str
    by_place: bool
    # In the order of their places, some of them in several.
    names: Sequence[str]
    changes: Sequence[tuple[str, Callable[[Any], Any]]]
    # What is always the same, changed already.
    fixed: Mapping[str, Any]

    def bound(self, values: Mapping[str, Any]) -> Any:
        given = {**self.fixed, **values}
        for name, change in self.changes:
            given[name] = change(given[name])
        sent = [given[name] for name in self.names]
        return sent if self.by_place else dict(zip(self.names, sent, strict=True))


class _Question(NamedTuple):
    """The same of one that is answered, and what is done to what comes back."""

    written: _Written
    # By the place of the column.
    changes: Sequence[tuple[int, Callable[[Any], Any]]]

    def read(self, found: Iterable[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        answer = [[*row] for row in found]
        # Column by column, since of one in a union most is empty.
        for place, change in self.changes:
            for values in answer:
                if (value := values[place]) is not None:
                    values[place] = change(value)
        return answer


def _send(connection: Connection, text: str, values: Any, *, many: bool = False) -> Any:
    """To the driver itself: its cursor. Raises as SQLAlchemy would, and who listens to that hears of it."""
    driver, dialect = connection.connection.dbapi_connection, connection.dialect
    assert driver is not None
    cursor = driver.cursor()
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, cursor, text, values, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except dialect.loaded_dbapi.Error as problem:
        lost = dialect.is_disconnect(problem, driver, cursor)
        if lost:
            connection.invalidate(problem)
        raise DBAPIError.instance(
            text,
            None,
            problem,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=dialect,
        ) from problem
    return cursor


@functools.lru_cache(maxsize=200)
def _insertion(dialect: Dialect, statement: Insert, columns: frozenset[str]) -> _Written:
    """Once for each set of columns: to look it up by its parts costs more than to insert a row."""
    compiled = statement.compile(dialect=dialect, column_keys=sorted(columns))
    assert isinstance(compiled, SQLCompiler)
    # What SQLAlchemy itself would put in at each execution would be missing here.
    assert not compiled.insert_prefetch, f"a column has a default of Python's: {compiled.insert_prefetch}"
    kinds = {name: bind.type for name, bind in compiled.binds.items()}
    names = tuple(compiled.positiontup or compiled.params)
    return _Written(compiled.string, compiled.positional, names, _changes(kinds, dialect), {})


def _question(dialect: Dialect, statement: _Statement, parameters: Mapping[str, Any]) -> _Question:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    # Lists of our own, of states for one, are written out; none is given, since one of another length would
    # make it another statement.
    whole = compiled.construct_expanded_state(dict(parameters))
    kinds = {name: bind.type for name, bind in compiled.binds.items()}
    for of, each in whole.parameter_expansion.items():
        assert of not in parameters, f"{of} is a list"
        kinds |= dict.fromkeys(each, kinds[of])
    names = tuple(whole.positiontup or whole.parameters)
    fixed = {
        name: change(value) if (change := _change_of(kinds[name], dialect)) else value
        for name, value in whole.parameters.items()
        if name not in parameters
    }
    given = _changes({name: kinds[name] for name in names if name in parameters}, dialect)
    changes = [
        (place, change)
        for place, column in enumerate(getattr(statement, "selected_columns", ()))
        if (change := column.type.dialect_impl(dialect).result_processor(dialect, None))
    ]
    return _Question(_Written(whole.statement, compiled.positional, names, given, fixed), changes)


@compiles(RowsAsJson)
def _as_text(element: RowsAsJson, compiler: SQLCompiler, **rest: Any) -> str:
    # Cast, since the driver would read what is JSON.
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **rest)})) AS TEXT)"


@compiles(RowsAsJson, "sqlite")
def _as_text_on_sqlite(element: RowsAsJson, compiler: SQLCompiler, **rest: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **rest)}))"


def _changes(
    kinds: Mapping[str, TypeEngine[Any]], dialect: Dialect
) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    """What is done to values of these kinds, by their names."""
    return [(name, change) for name, kind in kinds.items() if (change := _change_of(kind, dialect))]


def _change_of(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
