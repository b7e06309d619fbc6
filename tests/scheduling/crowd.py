"""Up to three hundred people who press the button together, from processes of their own."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from multiprocessing.synchronize import Barrier
from typing import Any

from config import Settings
from portal import clock
from portal.app import create_app
from portal.errors import Refused
from tests.patience import PATIENCE_SECONDS
from tests.scheduling.scene import Scene

PROCESSES, APPS = 6, 5
# No more than a pool gives at once, so that everybody waits for the database and for nothing else.
AT_ONCE = 10
MANY = PROCESSES * APPS * AT_ONCE

# Given a scene and what is known of the person, it gets all ready, and gives what is left to do.
Act = Callable[..., Callable[[], object]]


class Crowd:
    """All that it asks its processes for is done at one moment."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def all_at_once(
        self, settings: Settings, now: datetime, act: Act, people: Sequence[Sequence[Any]]
    ) -> list[object]:
        """What became of each, in their order: what the act gave, or the refusal that it raised."""
        shares = [people[first::PROCESSES] for first in range(PROCESSES)]
        told = list(self._pool.map(partial(_share, settings, now, act), shares))
        return [told[place % PROCESSES][place // PROCESSES] for place in range(len(people))]


@contextmanager
def crowd_of_processes() -> Iterator[Crowd]:
    """They are started once, with interpreters of their own, since starting takes longer than a race."""
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, spawn, initializer=_remember, initargs=(together,)) as pool:
        yield Crowd(pool)


def all_at_once(
    acts: Sequence[Callable[[], object]], *, ready: Callable[[], object] = lambda: None
) -> list[object]:
    """What each act gave or raised; every one in a thread of its own, all let go together."""
    start = threading.Barrier(len(acts) + 1)
    outcomes: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[place] = act()
        except Exception as problem:
            outcomes[place] = problem

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    ready()
    start.wait()
    for thread in threads:
        thread.join()
    return outcomes


_together: list[Barrier] = []


def _remember(together: Barrier) -> None:
    _together.append(together)


def _share(settings: Settings, now: datetime, act: Act, people: Sequence[Sequence[Any]]) -> list[object]:
    """In a process of its own: several applications, and in each as many people as a pool serves at once."""
    clock.now = lambda: now  # type: ignore[assignment]
    scenes = [Scene(create_app(settings), now) for _ in range(APPS)]
    acts = [act(scenes[place % APPS], *person) for place, person in enumerate(people)]
    try:
        outcomes = all_at_once(acts, ready=lambda: _together[0].wait(PATIENCE_SECONDS))
    finally:
        for scene in scenes:
            scene.app.extensions["engine"].dispose()
    return [_told(outcome) for outcome in outcomes]


def _told(outcome: object) -> object:
    """A refusal as the type it is; raises whatever nobody should ever be told."""
    if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
        raise outcome
    return type(outcome) if isinstance(outcome, Refused) else outcome
