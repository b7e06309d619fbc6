"""What signing in costs beside its Argon2, as a ratio in one run and one process.

Run it with `.venv/bin/python -m benchmarks.sign_in`. CPU is read of this process: the request, its statements
and its counting on SQLite, against one check of a password at the same cost. Rounds alternate, so that a
drifting machine drifts for both, and medians are printed.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder

from config import Settings
from portal.accounts.passwords import Cost, hash_password, is_right
from portal.accounts.services import add_client
from portal.app import create_app
from portal.database import transaction
from portal.schema import upgrade

ROUNDS, TARGET = 30, 1.3
ADDRESS, PASSWORD = "sam@foyer.example", "a-quiet-place-to-begin"


def main() -> None:
    """Sign in and check a password in turns: right and known, wrong, and of an address that nobody has."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings.from_environment({"PORTAL_INSTANCE": str(Path(folder)), "PORTAL_ENV": "development"})
        )
        upgrade(app.extensions["engine"])
        cost = Cost(*app.config["ARGON2"])
        kept = hash_password(PASSWORD, cost=cost)
        with app.app_context(), transaction() as db:
            add_client(db, email=ADDRESS, password_hash=kept, now=datetime.now(UTC), proved=True)
        ways: dict[str, Callable[[], float]] = {
            "the right password": lambda: _signed_in(app, ADDRESS, PASSWORD, 303),
            "a wrong one": lambda: _signed_in(app, ADDRESS, "another one entirely", 200),
            "an unknown address": lambda: _signed_in(app, "nobody@foyer.example", PASSWORD, 200),
        }
        print(f"CPU over one check of a password, medians of {ROUNDS} rounds (least to most)")
        for name, way in ways.items():
            _print(name, [way() / _cpu(lambda: is_right(PASSWORD, kept, cost=cost)) for _ in range(ROUNDS)])


def _signed_in(app: Flask, address: str, password: str, expect: int) -> float:
    """Seconds of CPU of the post alone, in a browser of its own, from a network of its own."""
    http, base = app.test_client(), str(app.config["BASE_URL"])
    _network[0] += 1
    origin = {"REMOTE_ADDR": f"10.{_network[0] >> 8 & 255}.{_network[0] & 255}.1"}
    page = http.get("/sign-in", base_url=base, environ_base=origin)
    token = page.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    form = {"email": address, "password": password, "csrf_token": token}
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    sent = EnvironBuilder(
        path="/sign-in",
        method="POST",
        base_url=base,
        data=form,
        headers={"Cookie": cookie},
        environ_base=origin,
    ).get_environ()
    said: list[str] = []

    def post() -> None:
        b"".join(app(sent, lambda status, *_: said.append(status)))  # type: ignore[arg-type, return-value]

    spent = _cpu(post)
    assert said[0].startswith(str(expect)), said
    return spent


_network = [0]


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _print(name: str, ratios: list[float]) -> None:
    middle = statistics.median(ratios)
    verdict = "ok" if middle <= TARGET else "ABOVE"
    print(f"  {name:20} {middle:4.2f} × ({min(ratios):.2f} to {max(ratios):.2f}) aim {TARGET} × {verdict}")


if __name__ == "__main__":
    main()
