"""All rows of all tables, as one number each: whether two databases hold the same is seen at a glance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select

from portal.safekeeping.postgresql import UNFINISHED

_AT_ONCE = 2_000
_MODULUS = 1 << 256
# What a backup leaves out: the key file has it, in a place of its own.
LEFT_OUT = {"data_key": frozenset({"sealed_key"})}


def digests(connection: Connection) -> dict[str, tuple[int, str]]:
    """Of every table that is there what `digest` says, without what a backup leaves out.

    The tables are taken as they stand, so that a backup of an older version can be compared as well.
    """
    standing = MetaData()
    standing.reflect(connection)
    return {
        table.name: digest(connection, table, without=LEFT_OUT.get(table.name, ()))
        for table in standing.sorted_tables
        if table.name != UNFINISHED
    }


def digest(connection: Connection, table: Table, *, without: Collection[str] = ()) -> tuple[int, str]:
    """How many rows it has, and the sum of their hashes: the same in whatever order they come.

    A value is hashed as Python has it, so that the same value is the same in every database.
    """
    columns = [column for column in table.columns if column.name not in without]
    count = total = 0
    rows = connection.execute(select(*columns).execution_options(yield_per=_AT_ONCE))
    for row in rows:
        count += 1
        total += int.from_bytes(_hash(row), "big")
    return count, f"{total % _MODULUS:064x}"


def _hash(row: Any) -> bytes:
    plain = json.dumps([_plain(value) for value in row], sort_keys=True)
    return hashlib.sha256(plain.encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, datetime | date):
        return ["time", value.isoformat()]
    return value
