"""Answering: what it costs to save one answer and to read what was sent, over the page of the next step.

Run it with `.venv/bin/python -m benchmarks.answers`. Linux only, as benchmarks/pages.py, whose server it
is: one worker with two threads, rounds that alternate, medians. CPU is the server's, p50 is what a browser
on the same machine waits. The next of 300 questions is found in this process.
"""

from __future__ import annotations

import functools
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path as FilePath
from urllib.parse import urlencode

from benchmarks.pages import Server, environment, server, signed_in
from config import Settings
from portal.accounts.models import Client
from portal.accounts.services import add_client
from portal.app import create_app
from portal.database import transaction
from portal.intake.path import Path
from portal.intake.queries import answering_of
from portal.intake.questionnaire import Questionnaire
from portal.intake.replies import AnswerState, Posted, Reply
from portal.intake.services import (
    begin_intake,
    publish,
    save_answer,
    send_intake,
    shipped_questionnaire,
)
from portal.reading.services import import_shipped_readings
from portal.schema import upgrade

ROUNDS, REQUESTS = 7, 150
SAVED, DRAFT, READ = "one answer saved", "the same, as a draft", "100 sent answers read"
# How many times /next each may cost, of the server's CPU and of the time of half of the requests.
TARGETS = {(SAVED, "CPU"): 1.5, (DRAFT, "CPU"): 1.5, (READ, "CPU"): 2.0, (READ, "p50"): 2.0}
MOST_MILLISECONDS = 2.0
_QUESTION = "/questions/what-brings-you"


def main() -> None:
    """Prepare a newcomer, a client who answers and one who has sent a hundred answers; print the ratios."""
    print(
        f"next of 300 questions with 300 conditions: {_next_of_300():.2f} ms (aim {MOST_MILLISECONDS:.0f} ms)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environ = environment(FilePath(folder))
        visits = _visits(*_practice(environ))
        with server("portal.app:create_app", environ) as portal:
            ratios = _measured(portal, visits)
    print(f"over /next, medians of {ROUNDS} rounds of {REQUESTS} requests (least to most)")
    for (name, what), most in TARGETS.items():
        found = ratios[name, what]
        middle = statistics.median(found)
        verdict = "ok" if middle <= most else "ABOVE"
        spread = f"({min(found):.2f} to {max(found):.2f})"
        print(f"  {name:22} {what} {middle:5.2f} × {spread:16} aim {most} × {verdict}")


def _measured(
    portal: Server, visits: dict[str, tuple[Callable[[Callable[..., None]], None], int]]
) -> dict[tuple[str, str], list[float]]:
    ratios: dict[tuple[str, str], list[float]] = {
        (name, what): [] for name in (SAVED, DRAFT, READ) for what in ("CPU", "p50")
    }
    for _ in range(ROUNDS):
        for name in (SAVED, DRAFT, READ):
            next_cost, own_cost = (_of(portal, *visits[each]) for each in ("/next", name))
            for what, of_next, own in zip(("CPU", "p50"), next_cost, own_cost, strict=True):
                ratios[name, what].append(own / of_next)
    return ratios


def _of(portal: Server, visit: Callable[[Callable[..., None]], None], expect: int) -> tuple[float, float]:
    """Seconds of CPU of one visit, and the time that half of the visits take less than."""
    took: list[float] = []

    def timed(send: Callable[..., None]) -> None:
        began = time.perf_counter()
        visit(functools.partial(send, expect=expect))
        took.append(time.perf_counter() - began)

    return portal.cpu_of(timed, REQUESTS), statistics.median(took)


def _visits(
    newcomer: tuple[str, str], answering: tuple[str, str], has_sent: tuple[str, str]
) -> dict[str, tuple[Callable[[Callable[..., None]], None], int]]:
    """Each page's visit, and the code that it answers with."""
    turns, (cookie, token) = count(1), answering
    form = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}

    def save(send: Callable[..., None], path: str) -> None:
        turn = next(turns)
        fields = {"csrf_token": token, "answer": f"The heron, {turn} times", "page": "p", "turn": turn}
        send("POST", path, body=urlencode(fields), headers=form)

    return {
        "/next": (lambda send: send("GET", "/next", headers={"Cookie": newcomer[0]}), 200),
        SAVED: (lambda send: save(send, _QUESTION), 303),
        DRAFT: (lambda send: save(send, f"{_QUESTION}/draft"), 200),
        READ: (lambda send: send("GET", "/questions/sent", headers={"Cookie": has_sent[0]}), 200),
    }


def _practice(environ: dict[str, str]) -> list[tuple[str, str]]:
    """Cookies and form tokens of a newcomer, of one who answers, and of one who has sent."""
    app = create_app(Settings.from_environment(environ))
    upgrade(app.extensions["engine"])
    now = datetime.now(UTC)
    with app.test_request_context():
        with transaction() as db:
            import_shipped_readings(db, now=now)
            publish(db, _questions(100), now=now)
        newcomer, answering, has_sent = (_client(place, now) for place in range(3))
        _answer_and_send(has_sent, now)
        with transaction() as db:
            # What is published last is what the others begin.
            publish(db, shipped_questionnaire(), now=now)
            begin_intake(db, answering, now=now)
        return [signed_in(app, person, now) for person in (newcomer, answering, has_sent)]


def _client(place: int, now: datetime) -> Client:
    with transaction() as db:
        email = f"client-{place}@foyer.example"
        client = add_client(db, email=email, password_hash="unusable", now=now, proved=True)
        db.flush()
    return client


def _answer_and_send(client: Client, now: datetime) -> None:
    with transaction() as db:
        begin_intake(db, client, now=now)
    for place in range(100):
        with transaction() as db:
            save_answer(db, client, f"q-{place}", Posted([f"The heron at the weir, {place}"]), now=now)
    with transaction() as db:
        seen = answering_of(db, client).intake.version
        send_intake(db, client, seen=seen, now=now)


def _questions(number: int, *, conditions: bool = False) -> Questionnaire:
    """So many; with conditions, each but the first is asked if an earlier one was answered."""
    items = []
    for place in range(number):
        item = {
            "link_id": f"q-{place}",
            "kind": "yes-no" if conditions else "short-text",
            "text": f"What of the evenings, {place}?",
            "why": "because a benchmark asks it.",
        }
        if conditions and place:
            asked = f"q-{random.Random(place).randrange(place)}"
            item |= {"enable_when": [{"question": asked, "operator": "exists", "answer": True}]}
        items.append(item)
    plain = {"name": "evenings", "title": "Evenings", "minutes": 30, "items": items}
    return Questionnaire.model_validate(plain)


def _next_of_300() -> float:
    """Milliseconds of CPU, of a path that is worked out anew each time."""
    questions = _questions(301, conditions=True)
    replies = {f"q-{place}": Reply(AnswerState.ANSWERED, True) for place in range(300)}
    took = []
    for _ in range(50):
        began = time.thread_time()
        assert Path(questions, replies).after("q-299") is not None
        took.append(time.thread_time() - began)
    return statistics.median(took) * 1e3


if __name__ == "__main__":
    main()
