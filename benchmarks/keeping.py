"""What sealing, the journal and a backup cost: `.venv/bin/python -m benchmarks.keeping [DATABASE_URL]`.

With the address of an empty PostgreSQL, the journal's head is raced there as well. Medians of five rounds;
milliseconds are of the processor, where nothing else is said.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from config import Settings
from portal.accounts.models import Client
from portal.accounts.services import add_client
from portal.app import create_app
from portal.database import current_db, transaction
from portal.intake.queries import answer_place
from portal.jobs.queue import enqueue
from portal.journal.lines import Chain, Hand, What
from portal.journal.noting import note
from portal.journal.queries import head_of, lines_from_the_first
from portal.safekeeping import backups
from portal.schema import upgrade
from portal.vault.words import seal, unseal

ROUNDS, ANSWERS, LINES, AT_ONCE = 5, 100, 100_000, 1_000
WORDS = "Since we moved I am tired in a way that sleep does not mend, and small things set me off. " * 4


def main() -> None:
    """Print what is measured, on SQLite, and the race on the database that is named."""
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        with app.app_context():
            _sealing(app)
            _journal(app)
            _backup(app, Path(folder))
        if sys.argv[1:]:
            app = _app(Path(folder), sys.argv[1])
            _race(app)


def _sealing(app: Flask) -> None:
    client = _client()
    places = [answer_place("5f0c", str(number)) for number in range(ANSWERS)]

    def round_trip() -> None:
        with app.extensions["database"]() as db:
            sealed = [seal(db, client.data_key, WORDS, of=place) for place in places]
            for place, each in zip(places, sealed, strict=True):
                unseal(db, client.data_key, each, of=place)

    print(f"sealing and opening {ANSWERS} answers: {_milliseconds(round_trip):.2f} ms, aim 5 ms")


def _journal(app: Flask) -> None:
    def without() -> None:
        for _ in range(100):
            _one_change(with_a_line=False)

    def with_one() -> None:
        for _ in range(100):
            _one_change(with_a_line=True)

    alone, more = _milliseconds(without) / 100, _milliseconds(with_one) / 100
    print(f"a change of one row: {alone:.2f} ms of CPU; with a line of the journal: {more:.2f} ms")
    while head_of(current_db()).stand.number < LINES:
        with transaction() as db:
            for _ in range(AT_ONCE):
                note(db, What.SIGNED_IN, by=Hand.PORTAL)
    print(f"verifying {LINES} lines: {_milliseconds(_verify) / 1000:.2f} s of CPU")


def _one_change(*, with_a_line: bool) -> None:
    with transaction() as db:
        enqueue(db, "nothing", subject="x", due_at=datetime.now(UTC))
        if with_a_line:
            note(db, What.SIGNED_IN, by=Hand.PORTAL)


def _verify() -> None:
    chain = Chain()
    for some in lines_from_the_first(current_db()):
        chain.read(some)
    chain.end(head_of(current_db()).sealed)
    assert chain.problem is None


def _backup(app: Flask, folder: Path) -> None:
    size = backups.size_of(app.extensions["engine"]) / 2e6
    began = time.perf_counter()
    backups.create(folder / "backups", keep=1, now=datetime.now(UTC), tell=lambda _: None)
    print(f"a backup of {size:.0f} MB: {time.perf_counter() - began:.2f} s")


def _race(app: Flask) -> None:
    """Many who change one row each at the same time, without and with a line of the journal."""
    for threads in (1, 4, 8):
        told = []
        for with_a_line in (False, True):
            took: list[float] = []
            began = time.perf_counter()
            running = [
                threading.Thread(target=_change_often, args=(app, with_a_line, took)) for _ in range(threads)
            ]
            for each in running:
                each.start()
            for each in running:
                each.join()
            each_second = len(took) / (time.perf_counter() - began)
            told.append(
                f"{each_second:.0f} a second, p99 {sorted(took)[len(took) * 99 // 100] * 1000:.0f} ms"
            )
        print(f"PostgreSQL, {threads} at once: {told[0]}; with a line: {told[1]}")


def _change_often(app: Flask, with_a_line: bool, took: list[float]) -> None:
    for _ in range(100):
        began = time.perf_counter()
        with app.app_context():
            _one_change(with_a_line=with_a_line)
        took.append(time.perf_counter() - began)


def _milliseconds(work: Callable[[], None]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took) * 1000


def _client() -> Client:
    with transaction() as db:
        return add_client(db, email="a@foyer.example", password_hash="", now=datetime.now(UTC), proved=True)


def _app(folder: Path, url: str | None = None) -> Flask:
    named = {"PORTAL_DATABASE_URL": url} if url else {}
    app = create_app(Settings.from_environment({"PORTAL_INSTANCE": str(folder)} | named))
    upgrade(app.extensions["engine"])
    return app


if __name__ == "__main__":
    main()
