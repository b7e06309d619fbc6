"""Server CPU per request of the portal's pages, as ratios over a bare Flask hello on the same server.

Run it with `.venv/bin/python -m benchmarks.pages`. Linux only: CPU is read from /proc, for the server and its
workers. Rounds alternate between hello and the portal, so that a drifting machine drifts for both, and
medians are printed.
"""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, g, session
from flask_wtf.csrf import generate_csrf

from benchmarks.people import therapist_with_clients
from config import Settings
from portal.accounts.models import Client, SignedInPlace, Therapist
from portal.accounts.services import hash_of
from portal.app import create_app
from portal.database import current_db, transaction
from portal.diary.clocks import moment_of
from portal.intake.services import publish_shipped_questionnaire
from portal.reading.services import import_shipped_readings
from portal.scheduling.offers import offer_to
from portal.schema import upgrade

# A hello is so short that it takes many of them to be a measure of anything.
ROUNDS, REQUESTS, HELLOS = 5, 200, 2000
# So often somebody looks at a month in which another time has just been taken.
AFTER_ANOTHER = 40
# None where nobody has set one.
TARGETS: dict[str, float | None] = {
    "/": 2.5,
    "/next": 10.0,
    "a month of times": 13.0,
    "a month just changed": None,
    "asking for a time": 10.0,
}

hello = Flask("hello")


@hello.get("/")
def _hello() -> str:
    return "hello"


def main() -> None:
    """Prepare a practice with enough people and hours, start both servers, and print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        environ = environment(Path(folder))
        cookies, asking, others = _practice(environ)
        with (
            server("benchmarks.pages:hello", environ) as bare,
            server("portal.app:create_app", environ) as portal,
        ):
            _print(_measured(bare, portal, cookies, asking, others))


def _measured(
    bare: Server,
    portal: Server,
    cookies: list[str],
    asking: Iterator[tuple[str, str]],
    others: Iterator[tuple[str, str]],
) -> dict[str, list[float]]:
    cookie, beside = {"Cookie": cookies[0]}, {"Cookie": next(others)[0]}
    pages: dict[str, Callable[[], float]] = {
        "/": lambda: portal.cpu_of(lambda visit: visit("GET", "/")),
        "/next": lambda: portal.cpu_of(lambda visit: visit("GET", "/next", headers=cookie)),
        "a month of times": lambda: portal.cpu_of(lambda visit: visit("GET", "/times", headers=cookie)),
        "a month just changed": lambda: portal.cpu_of(
            lambda visit: visit("GET", "/times", headers=beside),
            AFTER_ANOTHER,
            before_each=lambda visit: _ask(visit, *next(others)),
        ),
        "asking for a time": lambda: portal.cpu_of(lambda visit: _ask(visit, *next(asking))),
    }
    ratios: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, page in pages.items():
            ratios[name].append(page() / bare.cpu_of(lambda visit: visit("GET", "/"), HELLOS))
    return ratios


def _ask(visit: Callable[..., None], cookie: str, body: str) -> None:
    form = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    visit("POST", "/times", expect=303, body=body, headers=form)


def _print(ratios: dict[str, list[float]]) -> None:
    print(
        f"server CPU over hello, granian, medians of {ROUNDS} rounds of {REQUESTS} requests (least to most)"
    )
    for name, found in ratios.items():
        middle = statistics.median(found)
        aim, spread = TARGETS[name], f"({min(found):.1f} to {max(found):.1f})"
        verdict = "" if aim is None else f"aim {aim} × {'ok' if middle <= aim else 'ABOVE'}"
        print(f"  {name:20} {middle:5.1f} × {spread:16} {verdict}")


class Server:
    """A granian server with one worker, and the CPU that it and its worker have used."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self._port, self._process = port, process

    def cpu_of(
        self,
        visit: Callable[[Callable[..., None]], None],
        visits: int = REQUESTS,
        *,
        before_each: Callable[[Callable[..., None]], None] | None = None,
    ) -> float:
        """Seconds of CPU of one of so many visits over one connection, after a few that are not counted.

        Nor is what comes `before_each`.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

        def send(method: str, path: str, *, expect: int = 200, **rest: object) -> None:
            connection.request(method, path, **rest)  # type: ignore[arg-type]
            answer = connection.getresponse()
            answer.read()
            assert answer.status == expect, f"{method} {path}: {answer.status}"

        for _ in range(5):
            visit(send)
        if before_each is None:
            return self._during(lambda: [visit(send) for _ in range(visits)]) / visits
        spent = 0.0
        for _ in range(visits):
            before_each(send)
            spent += self._during(lambda: visit(send))
        return spent / visits

    def _during(self, work: Callable[[], object]) -> float:
        before = self._cpu()
        work()
        return self._cpu() - before

    def _cpu(self) -> float:
        return sum(_cpu_of(pid) for pid in (self._process.pid, *_children_of(self._process.pid)))


def _cpu_of(pid: int) -> float:
    """Seconds on a processor, of all threads, as the scheduler counts them: in nanoseconds."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def server(target: str, environ: dict[str, str]) -> Iterator[Server]:
    port = _free_port()
    factory = ["--factory"] if target.endswith("create_app") else []
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-log"]
    # The accounting of a child is complete only for threads of one process: one worker, two threads.
    workers = ["--workers", "1", "--blocking-threads", "2"]
    process = subprocess.Popen([*command, *workers, *factory, target], env=os.environ | environ)
    try:
        _wait_for(port)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not come up")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def environment(folder: Path) -> dict[str, str]:
    return {"PORTAL_INSTANCE": str(folder), "PORTAL_ENV": "development"}


def _practice(
    environ: dict[str, str],
) -> tuple[list[str], Iterator[tuple[str, str]], Iterator[tuple[str, str]]]:
    """Signed-in cookies, and for each client a cookie with a form that asks for a time of their own.

    The last of them have another therapist than all the others.
    """
    app = create_app(Settings.from_environment(environ))
    upgrade(app.extensions["engine"])
    now, enough = datetime.now(UTC), ROUNDS * (REQUESTS + 5) + 1
    with app.app_context():
        with transaction() as db:
            import_shipped_readings(db, now=now)
            publish_shipped_questionnaire(db, now=now)
        people = [therapist_with_clients(number, now) for number in range(9)]
        each = enough // 8 + 1
        forms = [form for one in people[:-1] for form in _forms(app, *one, now, each)]
        few = [*_forms(app, *people[-1], now, ROUNDS * AFTER_ANOTHER + 1)]
    return [cookie for cookie, _ in forms], iter(forms[1:]), iter(few)


def _forms(
    app: Flask, therapist: Therapist, clients: Callable[[int], list[Client]], now: datetime, how_many: int
) -> Iterator[tuple[str, str]]:
    made = clients(how_many)
    starts = offer_to(current_db(), made[0], therapist, now=now).starts[:how_many]
    for client, start in zip(made, starts, strict=True):
        cookie, token = signed_in(app, client, now)
        starts_at = f"{moment_of(start):%Y-%m-%dT%H:%MZ}"
        yield cookie, urlencode({"csrf_token": token, "starts_at": starts_at})


def signed_in(app: Flask, person: Client | Therapist, now: datetime) -> tuple[str, str]:
    """A cookie and a form token, as signing in would have made them."""
    token = secrets.token_urlsafe(32)
    owner = {"client_id": person.id} if isinstance(person, Client) else {"therapist_id": person.id}
    with transaction() as db:
        place = SignedInPlace(
            token_hash=hash_of(token),
            **owner,
            signed_in_at=now,
            last_used_at=now + timedelta(seconds=1),
        )
        db.add(place)
    with app.test_request_context():
        # It is kept with the application's context, which all of them share here.
        g.pop("csrf_token", None)
        form_token = generate_csrf()
        session["_user_id"] = token
        signer = app.session_interface.get_signing_serializer(app)
        assert signer is not None
        return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(dict(session))}", form_token


if __name__ == "__main__":
    main()
