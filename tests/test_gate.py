"""Writers go through the gate one after the other, whoever holds it, and however they end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine

from config import ROOT
from portal.database import gate_of, transaction
from portal.gate import Gate

HOLD = """
import sys, time
from pathlib import Path
from portal.gate import Gate
with Gate(Path(sys.argv[1])).turn():
    print("inside", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "portal.db-gate"


def is_open(path):
    """Whether somebody could go through now."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextmanager
def somebody_inside(path):
    """Another process, which does not come out."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "inside\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_is_closed_while_somebody_is_inside_and_open_afterwards(path):
    gate = Gate(path)

    with gate.turn():
        assert not is_open(path)
    assert is_open(path)

    with pytest.raises(ZeroDivisionError), gate.turn():
        raise ZeroDivisionError
    assert is_open(path)


def test_threads_of_one_process_go_one_after_the_other(path):
    gate, inside, most = Gate(path), [], []

    def go():
        for _ in range(20):
            with gate.turn():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(most), max(most)) == (160, 1)


def test_whoever_is_inside_does_not_wait_for_themselves(path):
    gate = Gate(path)

    with gate.turn(), gate.turn():
        assert not is_open(path)
    assert is_open(path)


def test_another_process_is_waited_for_and_what_a_killed_one_held_is_open(path):
    done = []

    def go():
        with Gate(path).turn():
            done.append(is_open(path))

    with somebody_inside(path) as process:
        waiting = threading.Thread(target=go)
        waiting.start()
        waiting.join(0.2)
        assert done == []
        os.kill(process.pid, signal.SIGKILL)
        waiting.join()

    assert done == [False]


def test_nobody_waits_for_ever(path):
    gate = Gate(path, longest_wait_seconds=0.05)

    with somebody_inside(path), gate.turn():
        # SQLite decides what becomes of them.
        pass

    with gate.turn():
        assert not is_open(path)
    assert is_open(path)


def test_where_there_can_be_no_file_everybody_goes_on(tmp_path):
    with Gate(tmp_path / "no-such-folder" / "gate").turn():
        pass


def test_only_a_file_of_sqlite_has_one(tmp_path):
    assert gate_of(create_engine("sqlite://")) is None
    assert gate_of(create_engine("postgresql+psycopg://portal@127.0.0.1/portal")) is None
    assert gate_of(create_engine(f"sqlite:///{tmp_path}/portal.db")) is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_transaction_goes_through_it_and_reading_does_not(app, db, tmp_path):
    path = tmp_path / "portal.db-gate"

    with app.app_context():
        with transaction():
            assert not is_open(path)
        assert is_open(path)
