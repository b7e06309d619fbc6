"""Many press the button together: one has the time, the others are told, and nothing is held in vain."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.errors import Overtaken
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from portal.scheduling.services import SlotNotOffered
from tests import make
from tests.scheduling.scene import Scene, called, own_steps, steps_held

MANY = 40
# No more than a pool gives at once, so that everybody waits for the database and for nothing else.
AT_ONCE = 10


@pytest.fixture
def crowd(db, ada):
    return [make.client(db, therapist=ada) for _ in range(MANY)]


@pytest.fixture
def scenes(settings, now):
    """Four applications on one database, with connections of their own."""
    apps = [create_app(settings) for _ in range(MANY // AT_ONCE)]
    yield [Scene(app, now) for app in apps]
    for app in apps:
        app.extensions["engine"].dispose()


def test_of_forty_who_ask_for_one_time_one_has_it(db, scenes, crowd, ten):
    outcomes = _all_at_once([partial(scenes[n % 4].ask, crowd[n], ten) for n in range(MANY)])

    assert Counter(map(type, outcomes)) == {str: 1, SlotNotOffered: MANY - 1}
    winner = next(outcome for outcome in outcomes if isinstance(outcome, str))
    assert steps_held(db) == steps_held(db, winner) == own_steps(ten)
    assert len(list(db.scalars(select(Consultation)))) == 1


@pytest.mark.parametrize("other", [30, 55], ids=["overlap", "are nearer than the gap"])
def test_of_forty_who_ask_for_times_that_exclude_each_other_one_has_hers(db, scenes, crowd, ada, ten, other):
    # A second stretch of hours, so that its only time lies across or close to the first of the other.
    make.working_hours(db, ada, starts=f"10:{other}", ends=f"11:{other - 10:02}")
    starts = [ten, ten + timedelta(minutes=other)]

    outcomes = _all_at_once([partial(scenes[n % 4].ask, crowd[n], starts[n // 4 % 2]) for n in range(MANY)])

    assert Counter(map(type, outcomes)) == {str: 1, SlotNotOffered: MANY - 1}
    winner = called(db, next(outcome for outcome in outcomes if isinstance(outcome, str)))
    assert steps_held(db) == steps_held(db, winner.reference) == own_steps(winner.starts_at)


def test_the_key_alone_decides_where_the_engine_is_blind(db, scenes, crowd, ten, monkeypatch):
    monkeypatch.setattr("portal.scheduling.queries.open_starts", lambda *, since, **_: [since])
    starts = [ten + timedelta(minutes=5 * (n % 8)) for n in range(MANY)]

    outcomes = _all_at_once([partial(scenes[n % 4].ask, crowd[n], starts[n]) for n in range(MANY)])

    assert Counter(map(type, outcomes)) == {str: 1, SlotNotOffered: MANY - 1}
    winner = called(db, next(outcome for outcome in outcomes if isinstance(outcome, str)))
    assert steps_held(db) == own_steps(winner.starts_at)


def test_confirming_and_withdrawing_at_once_have_one_outcome(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten)

    outcomes = _all_at_once([partial(scenes[0].confirm, asked), partial(scenes[1].cancel, asked)])

    # Who confirms first is cancelled upon; who withdraws first leaves nothing to confirm.
    assert [outcome for outcome in outcomes if isinstance(outcome, Overtaken)] == []
    assert called(db, asked).status is Status.CANCELLED
    assert steps_held(db) == []


def test_two_workers_expire_a_request_once(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten)
    for scene in scenes:
        scene.now += timedelta(hours=23)

    outcomes = _all_at_once([partial(scene.expire, asked) for scene in scenes])

    assert [outcome is None for outcome in outcomes].count(True) == 1
    assert called(db, asked).status is Status.EXPIRED
    assert [line.move for line in db.scalars(called(db, asked).history.select())] == ["expire"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_four_processes_that_ask_for_one_time_one_has_it(db, settings, crowd, ten, now):
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(4)
    with spawn.Manager() as manager:
        told = manager.list()
        processes = [
            spawn.Process(
                target=_ask_in_a_process,
                args=(settings, [client.id for client in crowd[n * 10 : n * 10 + 10]], ten, now, ready, told),
            )
            for n in range(4)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

        assert Counter(told) == {"has it": 1, "SlotNotOffered": MANY - 1}
    assert steps_held(db) == own_steps(ten)


def _ask_in_a_process(settings, client_ids: Sequence[int], starts_at: datetime, now, ready, told) -> None:
    scene = Scene(create_app(settings), now)
    ready.wait()
    people = [_Known(client_id) for client_id in client_ids]
    for outcome in _all_at_once([partial(scene.ask, person, starts_at) for person in people]):
        told.append("has it" if isinstance(outcome, str) else type(outcome).__name__)


class _Known:
    """A client of whom another process knows no more than this."""

    def __init__(self, client_id: int) -> None:
        self.id = client_id


def _all_at_once(acts: Sequence[partial]) -> list[object]:
    """What each act gave or raised; every one in a thread of its own, all let go together."""
    start = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(place: int, act: partial) -> None:
        start.wait()
        try:
            outcomes[place] = act()
        except Exception as problem:
            outcomes[place] = problem

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
