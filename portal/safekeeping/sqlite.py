"""A consistent copy of a SQLite database while others write to it, and one that takes a database's place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from portal.safekeeping.container import Tell

_PAGES_AT_ONCE = 2_000


def copy(source: Path, into: Path, tell: Tell) -> None:
    """As it is at one moment. Data keys are not in the copy, nor in what its pages held before."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(into)) as made,
    ):
        # A reader keeps its moment whatever is written meanwhile, so the copying is never begun anew.
        live.isolation_level = None
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        page_bytes = live.execute("PRAGMA page_size").fetchone()[0]
        done = 0

        def note(_status: int, remaining: int, total: int) -> None:
            nonlocal done
            tell((total - remaining - done) * page_bytes)
            done = total - remaining

        live.backup(made, pages=_PAGES_AT_ONCE, progress=note)
        made.isolation_level = None
        made.execute("PRAGMA journal_mode = DELETE")
        made.execute("PRAGMA secure_delete = ON")
        made.execute("UPDATE data_key SET sealed_key = x''")
        made.execute("VACUUM")


def is_whole(path: Path) -> bool:
    """Whether every page of it can be read, and every row that is referred to is there."""
    with closing(sqlite3.connect(path)) as database:
        whole = database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return whole and database.execute("PRAGMA foreign_key_check").fetchone() is None


def holds_somebody(path: Path) -> bool:
    """Whether there is a database with people in it."""
    if not path.exists() or not path.stat().st_size:
        return False
    with closing(sqlite3.connect(path)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        people = {"client", "therapist"} & tables
        return any(database.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in people)


def take_the_place_of(path: Path, new: Path) -> None:
    """The new file bears the name from now on; what was written beside the old one goes with it."""
    with closing(sqlite3.connect(new)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    if path.exists():
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
    new.chmod(0o600)
    os.replace(new, path)
