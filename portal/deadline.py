"""How long the portal works for one visitor: what the database does for them after that is broken off.

A worker's job and a command have no such end: nobody waits for them at a page, and a backup takes as long as
it takes.
"""

from __future__ import annotations

import math
import sqlite3
from typing import Any

from flask import Flask, Response, current_app, g, has_app_context
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from portal import clock

# Well below the minute that a front waits for an answer, and far above what any page takes.
LONGEST_SECONDS = 30.0
# Between two looks at the clock, in steps of SQLite's machine: some tens of milliseconds of work. Most pages
# are done before the first.
_STEPS_BETWEEN = 1_000_000


def init_app(app: Flask) -> None:
    app.config.setdefault("LONGEST_REQUEST_SECONDS", LONGEST_SECONDS)
    app.before_request(_begin)
    app.after_request(_let_it_be_fetched)


def is_past() -> bool:
    """Whether the request that this thread works on has taken too long. Never so outside of one."""
    return _seconds_left() <= 0


def keep_on(engine: Engine) -> None:
    """Have this database break off whatever runs for a visitor when their time is over."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _look_at_the_clock)
    else:
        event.listen(engine, "begin", _say_how_long)


def _begin() -> None:
    g.ends_at = clock.ticks() + current_app.config["LONGEST_REQUEST_SECONDS"]


def _let_it_be_fetched(answer: Response) -> Response:
    """A large file is made while it is fetched, and how long that takes is the visitor's line's doing."""
    if answer.is_streamed:
        g.pop("ends_at", None)
    return answer


def _seconds_left() -> float:
    ends_at: float = g.get("ends_at", math.inf) if has_app_context() else math.inf
    return ends_at - clock.ticks()


def _look_at_the_clock(connection: Any, _record: object) -> None:
    # What runs is told to end by anything but nought.
    assert isinstance(connection, sqlite3.Connection)
    connection.set_progress_handler(lambda: int(is_past()), _STEPS_BETWEEN)


def _say_how_long(connection: Connection) -> None:
    """For this transaction alone, since a pooler may give the connection to another process after it."""
    left = _seconds_left()
    if left == math.inf or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    statement = f"SET LOCAL statement_timeout = {max(1, math.ceil(left * 1000))}"
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        driver.execute(statement)
    except connection.dialect.loaded_dbapi.Error as problem:
        # As SQLAlchemy's cursor would have told it.
        raise OperationalError(statement, None, problem, hide_parameters=True) from problem
