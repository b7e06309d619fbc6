"""Copying a practice into another database, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, func, insert, select, text, update

from portal import schema
from portal.database import Base
from portal.errors import Refused
from portal.safekeeping.container import Tell
from portal.safekeeping.tables import digest

_AT_ONCE = 1_000
# The migrations make its one row.
_MADE_ALREADY = "journal_head"


class NotEmpty(Refused):
    """There is something in the other database already. Says in which table."""


class DiffersAfterwards(Refused):
    """What arrived is not what was sent, so nothing of it stays. Says in which tables."""


def rows_in(engine: Engine) -> int:
    """How many there are to move."""
    with engine.connect() as connection:
        return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in _tables())


def move(source: Engine, target: Engine, tell: Tell) -> None:
    """Copy every row, compare counts and hashes, and only then keep what arrived.

    The target gets the tables of this version, and has to be without a practice. Where SQLite is moved from,
    nobody writes meanwhile; what is written to a PostgreSQL meanwhile is not moved. Raises NotEmpty,
    DiffersAfterwards.
    """
    schema.upgrade(target)
    with (
        source.execution_options(write=True).connect() as reading,
        target.execution_options(write=True).begin() as writing,
    ):
        if reading.dialect.name == "postgresql":
            reading.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        _refuse_what_is_not_empty(writing)
        for table in _tables():
            _copy(reading, writing, table, tell)
        differing = [table.name for table in _tables() if digest(reading, table) != digest(writing, table)]
        if differing:
            raise DiffersAfterwards(", ".join(differing))


def _tables() -> list[Table]:
    """Each after those that it refers to."""
    return Base.metadata.sorted_tables


def _refuse_what_is_not_empty(connection: Connection) -> None:
    for table in _tables():
        if table.name != _MADE_ALREADY and connection.execute(select(table).limit(1)).first():
            raise NotEmpty(table.name)


def _copy(reading: Connection, writing: Connection, table: Table, tell: Tell) -> None:
    """A row may refer to one of its own table that comes later, so that is said at the end."""
    own = [key.parent for key in table.foreign_keys if key.column.table is table]
    later: list[dict[str, Any]] = []
    for some in _some_rows(reading, table):
        later += [row for row in some if any(row[column.key] is not None for column in own)]
        nothing_yet = dict.fromkeys(column.key for column in own)
        if table.name == _MADE_ALREADY:
            writing.execute(update(table), some)
        else:
            writing.execute(insert(table), [row | nothing_yet for row in some])
        tell(len(some))
    for column in own:
        _refer(writing, table, column, later)
    _count_on(writing, table)


def _some_rows(connection: Connection, table: Table) -> Iterator[Sequence[dict[str, Any]]]:
    found = connection.execute(select(table).execution_options(yield_per=_AT_ONCE))
    for some in found.mappings().partitions():
        yield [dict(row) for row in some]


def _refer(connection: Connection, table: Table, column: Any, rows: Sequence[dict[str, Any]]) -> None:
    (key,) = table.primary_key.columns
    statement = update(table).where(key == bindparam("of_row")).values({column.key: bindparam("to_row")})
    said = [
        {"of_row": row[key.key], "to_row": row[column.key]} for row in rows if row[column.key] is not None
    ]
    if said:
        connection.execute(statement, said)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL gives the next row the number after the highest, as SQLite does by itself."""
    if connection.dialect.name == "postgresql" and table.autoincrement_column is not None:
        name, column = table.name, table.autoincrement_column.name
        connection.execute(
            select(func.setval(func.pg_get_serial_sequence(name, column), func.max(table.c[column])))
        )
