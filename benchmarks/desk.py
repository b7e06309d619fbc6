"""Whether the desk opens as fast with a hundred thousand clients as with a thousand: CPU, p50 and queries.

Run it with `.venv/bin/python -m benchmarks.desk [sqlite|postgresql] [FEW] [MANY] [FOLDER]`. Linux only. Both
practices are loaded by `demo load --clients`, each is served by a granian of its own, and rounds alternate
between the two; the ratio of the medians is printed. In FOLDER the practices on SQLite stay for the next run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, event, make_url, select, text

from benchmarks.pages import Server, environment, server, signed_in
from config import Settings
from portal.accounts.models import Client, Therapist
from portal.app import create_app
from portal.database import current_db
from portal.demo import loading
from portal.schema import upgrade
from tests.postgres import temporary_postgres

ROUNDS, REQUESTS = 5, 60
MOST_QUERIES = {"today": 6, "clients": 6, "found by name": 6, "a person": 10, "calendar": 6}
AIM = {"sqlite": 1.2, "postgresql": 1.5}


def main() -> None:
    """Load both practices, start both servers, and print the ratios."""
    kind, few, many, kept = (*sys.argv[1:], *("sqlite", "1000", "100000", "")[len(sys.argv) - 1 :])
    with ExitStack() as stack:
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory()))
        databases = stack.enter_context(_databases(kind, few, many))
        sides = []
        for number in (few, many):
            environ = environment(folder / number) | databases(number)
            app = _practice(environ, int(number))
            pages, cookie, queries = _visits(app)
            running = stack.enter_context(server("portal.app:create_app", environ))
            sides.append((running, pages, cookie, queries))
        _print(kind, sides)


@contextmanager
def _databases(kind: str, few: str, many: str) -> Iterator[Callable[[str], dict[str, str]]]:
    if kind == "sqlite":
        yield lambda _number: {}
        return
    with temporary_postgres() as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for number in (few, many):
                connection.execute(text(f'CREATE DATABASE "of_{number}"'))
        engine.dispose()
        yield lambda number: {
            "PORTAL_DATABASE_URL": make_url(url)
            .set(database=f"of_{number}")
            .render_as_string(hide_password=False)
        }


def _practice(environ: dict[str, str], number: int) -> Flask:
    Path(environ["PORTAL_INSTANCE"]).mkdir(parents=True, exist_ok=True)
    app = create_app(Settings.from_environment(environ))
    upgrade(app.extensions["engine"])
    now = datetime.now(UTC)
    with app.app_context():
        is_there = current_db().scalar(select(Client.id).offset(10).limit(1)) is not None
    if not is_there:
        began = time.process_time()
        loading.load(app, now=now)
        for _ in loading.load_more_clients(app, number, now=now):
            pass
        print(f"{number} clients loaded in {time.process_time() - began:.0f} s of CPU")
    return app


def _visits(app: Flask) -> tuple[dict[str, str], str, dict[str, int]]:
    """Each page's address, a cookie of the therapist's, and how many queries each page asks."""
    now = datetime.now(UTC)
    with app.app_context():
        ada = current_db().scalars(select(Therapist).where(Therapist.email == loading.ADA)).one()
        newest = select(Client.reference).where(Client.therapist_id == ada.id).order_by(Client.id.desc())
        reference = current_db().scalars(newest.limit(1)).one()
        cookie, _ = signed_in(app, ada, now)
    pages = {
        "today": "/desk",
        "clients": "/desk/clients",
        "found by name": "/desk/clients?q=alex",
        "a person": f"/desk/clients/{reference}",
        "calendar": "/desk/calendar",
    }
    seen: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *said: seen.append(said[2]))
    queries = {}
    visitor = app.test_client(use_cookies=False)
    for name, path in pages.items():
        visitor.get(path, headers={"Cookie": cookie})
        seen.clear()
        answer = visitor.get(path, headers={"Cookie": cookie})
        assert answer.status_code == 200, (path, answer.status)
        queries[name] = len(seen)
    app.extensions["engine"].dispose()
    return pages, cookie, queries


def _print(kind: str, sides: list[tuple[Server, dict[str, str], str, dict[str, int]]]) -> None:
    print(f"{kind}: medians of {ROUNDS} rounds of {REQUESTS} requests, many clients over few")
    for name, most in MOST_QUERIES.items():
        measured: list[list[tuple[float, float]]] = [[], []]
        for _ in range(ROUNDS):
            for side, (running, pages, cookie, _queries) in enumerate(sides):
                measured[side].append(_once(running, pages[name], cookie))
        (cpu_few, p50_few), (cpu_many, p50_many) = (
            [statistics.median(values) for values in zip(*side, strict=True)] for side in measured
        )
        asked = max(queries[name] for _, _, _, queries in sides)
        ratios = cpu_many / cpu_few, p50_many / p50_few
        verdict = "ok" if max(ratios) <= AIM[kind] and asked <= most else "ABOVE"
        print(
            f"  {name:14} CPU {ratios[0]:4.2f} × ({cpu_few * 1e3:.1f} ms to {cpu_many * 1e3:.1f} ms)"
            f"  p50 {ratios[1]:4.2f} ×  {asked} of {most} queries  aim {AIM[kind]} × {verdict}"
        )


def _once(running: Server, path: str, cookie: str) -> tuple[float, float]:
    """Seconds of the server's CPU for one request, and the median of what a visitor waited."""
    waits: list[float] = []

    def visit(send: Callable[..., None]) -> None:
        began = time.perf_counter()
        send("GET", path, headers={"Cookie": cookie})
        waits.append(time.perf_counter() - began)

    cpu = running.cpu_of(visit, REQUESTS)
    return cpu, statistics.median(waits)


if __name__ == "__main__":
    os.environ.setdefault("PORTAL_ENV", "development")
    main()
