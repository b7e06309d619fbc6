"""Asking for times from several processes at once: how long it takes, and whether all get their turn.

Run it with `.venv/bin/python -m benchmarks.writers`, on SQLite; with the address of an empty PostgreSQL
database behind it, on that. Everybody asks for a time of their own, so nobody is refused; each asking is the
whole service in a transaction of its own. After some that are not counted, so many a second are offered,
whether those before are done or not; then each process asks as fast as it can. On SQLite rounds with the gate
and without it alternate.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from benchmarks.people import therapist_with_clients
from config import Settings
from portal import database
from portal.accounts.models import Client
from portal.app import create_app
from portal.database import current_db, transaction
from portal.diary.clocks import moment_of
from portal.scheduling.offers import offer_to
from portal.scheduling.services import request_consultation
from portal.schema import upgrade

ROUNDS, PROCESSES = 3, 4
OFFERED_A_SECOND, SECONDS, SATURATED_SECONDS = 200, 6, 3
# More than any process can ask for in its time.
MOST_A_SECOND = 400
# So many each process asks for before it begins: its first ones put statements and zones together.
WARMING = 20
_GATE, _NO_GATE = database.gate_of, lambda _engine: None
# (a client's id, the start that is theirs)
Errand = tuple[int, datetime]


@dataclass
class Told:
    """What one process has seen: seconds from when each was due, or begun, to when it was done."""

    waits: list[float]
    errors: int
    seconds: float


def main(database_url: str | None) -> None:
    """Prepare enough people, and print what became of them."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"PORTAL_INSTANCE": folder, "PORTAL_ENV": "development"}
        if database_url:
            environ["PORTAL_DATABASE_URL"] = database_url
        ways = ["as it is"] if database_url else ["with the gate", "without it"]
        errands = iter(_errands(environ, ROUNDS * len(ways)))
        spawn = multiprocessing.get_context("spawn")
        with spawn.Pool(PROCESSES, _remember, (spawn.Barrier(PROCESSES),)) as pool:
            for _ in range(ROUNDS):
                for way in ways:
                    for what in (_paced, _saturated):
                        shares = [(environ, way, what, next(errands)) for _ in range(PROCESSES)]
                        _print(way, what, pool.map(_share, shares, chunksize=1))


def _print(way: str, what: Callable[..., object], told: Sequence[Told]) -> None:
    waits = sorted(wait * 1000 for each in told for wait in each.waits)
    rates = [len(each.waits) / each.seconds for each in told]
    middle, late = statistics.median(waits), waits[int(len(waits) * 0.99)]
    longest, errors = waits[-1], sum(each.errors for each in told)
    print(
        f"{way:14} {what.__name__.strip('_'):10} {sum(rates):6.0f}/s  p50 {middle:6.1f}  p99 {late:7.1f}"
        f"  longest {longest:7.1f} ms  slowest/fastest {min(rates) / max(rates):.2f}  errors {errors}",
        flush=True,
    )


_together: list[Barrier] = []


def _remember(together: Barrier) -> None:
    _together.append(together)


def _share(share: tuple[dict[str, str], str, Callable[..., Told], Sequence[Errand]]) -> Told:
    environ, way, what, errands = share
    # Each time anew: the process is the same for all rounds.
    database.gate_of = _NO_GATE if way == "without it" else _GATE
    app = create_app(Settings.from_environment(environ))
    try:

        def ask(errand: Errand) -> bool:
            with app.app_context():
                return _ask(*errand)

        assert all(map(ask, errands[:WARMING]))
        _together[0].wait()
        return what(ask, errands[WARMING:], time.time())
    finally:
        app.extensions["engine"].dispose()


def _paced(ask: Callable[[Errand], bool], errands: Iterable[Errand], begins: float) -> Told:
    """As many a second as are offered, whether those before are done or not."""
    each = PROCESSES / OFFERED_A_SECOND
    told, errands = Told([], 0, SECONDS), iter(errands)
    for number in range(int(SECONDS / each)):
        due = begins + number * each
        time.sleep(max(due - time.time(), 0))
        told.errors += not ask(next(errands))
        told.waits.append(time.time() - due)
    return told


def _saturated(ask: Callable[[Errand], bool], errands: Iterable[Errand], begins: float) -> Told:
    """One after the other, without a rest."""
    told, ends = Told([], 0, SATURATED_SECONDS), begins + SATURATED_SECONDS
    for errand in errands:
        began = time.time()
        if began >= ends:
            break
        told.errors += not ask(errand)
        told.waits.append(time.time() - began)
    return told


def _ask(client_id: int, starts_at: datetime) -> bool:
    """As a visit does it: who asks is known before they take their turn."""
    now = datetime.now(UTC)
    try:
        client = current_db().scalars(_ASKING, {"id": client_id}).one()
        assert client.therapist is not None
        with transaction() as db:
            request_consultation(
                db,
                client=client,
                therapist=client.therapist,
                starts=[starts_at],
                now=now,
                answer_by=now + timedelta(days=2),
            )
    except Exception as problem:
        print(type(problem).__name__, file=sys.stderr)
        return False
    return True


def _errands(environ: dict[str, str], turns: int) -> Iterable[Sequence[Errand]]:
    """For every process in each of its turns, one paced and one saturated."""
    app = create_app(Settings.from_environment(environ))
    upgrade(app.extensions["engine"])
    now = datetime.now(UTC)
    with app.app_context():
        for turn in range(turns):
            paced, saturated = OFFERED_A_SECOND * SECONDS // PROCESSES, MOST_A_SECOND * SATURATED_SECONDS
            for most in (paced + WARMING, saturated + WARMING):
                for process in range(PROCESSES):
                    number = f"{turn}{most}{process}"
                    therapist, clients = therapist_with_clients(int(number), now, hours=(0, 24 * 60))
                    made = clients(most)
                    offer = offer_to(current_db(), made[0], therapist, now=now)
                    starts = map(moment_of, offer.starts)
                    yield [(client.id, start) for client, start in zip(made, starts, strict=False)]
    app.extensions["engine"].dispose()


_ASKING = (
    select(Client)
    .where(Client.id == bindparam("id"))
    .options(joinedload(Client.data_key), joinedload(Client.therapist))
)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
