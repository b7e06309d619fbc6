"""Connections to an SQLite file that nobody has at the moment, kept open for whoever asks next."""

from __future__ import annotations

from collections import deque

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

# A web process works on two requests at a time, a worker has three lanes and gives signs of life.
_MOST_KEPT = 4


class Connections:
    """One database's. Whoever takes one has it alone, and gives it back.

    SQLAlchemy's pool hands the driver's connection out in a new one of its own, and to make that and take it
    back costs a tenth of an asking. They belong to no thread: a thread that Python did not make takes the
    process along if it has something to close when it ends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._most = engine, _MOST_KEPT
        # The one given back last goes out first: what it has read is still in its memory.
        self._kept: deque[Connection] = deque()
        event.listen(engine, "engine_disposed", self._close_all)

    def take(self) -> Connection:
        """In no transaction."""
        try:
            return self._kept.pop()
        except IndexError:
            return self._engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Ends its transaction. One that is no longer as new is not kept."""
        if len(self._kept) < self._most and self._is_as_new(connection):
            # The pool counts it no more, and lets in who waits there for one.
            connection.detach()
            self._kept.append(connection)
        else:
            connection.close()

    def _is_as_new(self, connection: Connection) -> bool:
        try:
            connection.rollback()
        except DBAPIError as problem:
            connection.invalidate(problem)
        if connection.closed or connection.invalidated:
            return False
        # What was said to SQLAlchemy of this one alone, and what SQLAlchemy takes for over.
        driver = connection.connection.dbapi_connection
        told = connection.get_execution_options() != self._engine.get_execution_options()
        return not told and driver is not None and not driver.in_transaction

    def _close_all(self, _engine: Engine) -> None:
        """Nor is any kept from then on: who has one still may have it to a file that is another by now."""
        self._most = 0
        while self._kept:
            self._kept.pop().close()
