"""SQLite's connections between two requests."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from portal.connections import Connections
from portal.database import make_engine


@pytest.fixture
def engine(tmp_path):
    made = make_engine(f"sqlite:///{tmp_path / 'portal.db'}")
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE line (number INTEGER)")
    yield made
    made.dispose()


@pytest.fixture
def connections(engine):
    return Connections(engine)


def lines_in(connection: Connection) -> int:
    return connection.exec_driver_sql("SELECT count(*) FROM line").scalar_one()


def write_with(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO line VALUES (1)")


def test_the_one_given_back_last_goes_out_first(connections):
    first, second = connections.take(), connections.take()
    assert first is not second
    connections.give_back(first)
    connections.give_back(second)
    assert connections.take() is second
    assert connections.take() is first


def test_what_was_not_committed_is_over(connections):
    connection = connections.take()
    write_with(connection)
    connections.give_back(connection)
    assert connections.take() is connection
    assert not connection.in_transaction()
    assert lines_in(connection) == 0


def test_what_the_driver_alone_holds_open_is_not_given_on(connections, engine):
    """As after a commit that was refused: SQLAlchemy takes it for over."""
    connection = connections.take()
    driver = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE")
    driver.execute("INSERT INTO line VALUES (1)")
    connections.give_back(connection)
    another = connections.take()
    assert another is not connection
    with engine.execution_options(write=True).begin() as writing:
        write_with(writing)
    assert lines_in(another) == 1


def test_one_that_was_told_something_of_its_own_is_not_given_on(connections):
    connection = connections.take()
    connection.execution_options(write=True)
    connections.give_back(connection)
    assert connection.closed
    assert "write" not in connections.take().get_execution_options()


def test_one_that_is_lost_or_closed_is_not_given_on(connections):
    lost, closed = connections.take(), connections.take()
    lost.invalidate()
    closed.close()
    for connection in (lost, closed):
        connections.give_back(connection)
    assert connections.take() not in (lost, closed)


def test_one_that_cannot_end_its_transaction_is_not_given_on(connections):
    connection = connections.take()
    write_with(connection)
    connection.connection.dbapi_connection.close()
    connections.give_back(connection)
    another = connections.take()
    assert another is not connection
    assert lines_in(another) == 0


def test_only_a_few_are_kept(connections, engine):
    taken = [connections.take() for _ in range(6)]
    for connection in taken:
        connections.give_back(connection)
    assert [each.closed for each in taken] == [False] * 4 + [True] * 2
    # It is free for those who go to the pool itself.
    assert engine.pool.checkedout() == 0


def test_what_is_kept_lets_in_who_waits_for_the_pool(connections, engine):
    taken = [connections.take() for _ in range(engine.pool.size() + engine.pool._max_overflow)]
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(engine.connect)
        time.sleep(0.1)
        assert not waiting.done()
        connections.give_back(taken.pop())
        with waiting.result(timeout=10) as connection:
            assert lines_in(connection) == 0
    for connection in taken:
        connections.give_back(connection)


def test_with_the_engine_s_pool_all_of_them_close(connections, engine):
    """So a process that is forked has none of them, and a file that is replaced is read by nobody."""
    kept, held = connections.take(), connections.take()
    driver = kept.connection.dbapi_connection
    connections.give_back(kept)
    engine.dispose()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")
    connections.give_back(held)
    another = connections.take()
    assert another not in (kept, held)
    assert lines_in(another) == 0
    assert engine.pool.checkedout() == 1


def test_nobody_has_one_that_another_has(connections):
    held: set[int] = set()

    def use(_turn: int) -> bool:
        connection = connections.take()
        is_shared = id(connection) in held
        held.add(id(connection))
        assert lines_in(connection) == 0
        held.discard(id(connection))
        connections.give_back(connection)
        return is_shared

    with ThreadPoolExecutor(8) as threads:
        assert not any(threads.map(use, range(2000)))
