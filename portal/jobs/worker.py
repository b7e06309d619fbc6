"""The worker: takes what is due, has it done, and says that it is alive."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import current_db, transaction
from portal.jobs import heartbeat
from portal.jobs.queue import (
    EVERYTHING,
    MOST_ATTEMPTS,
    GiveUp,
    Lane,
    Taken,
    finish,
    is_anything_due,
    lanes_of,
    put_off,
    renew,
    take_due,
)
from portal.traces import without_words

_log = logging.getLogger(__name__)
_WAIT_FOR_DATABASE_SECONDS = 5.0
_SWEEPS_EVERY_SECONDS = 3600.0


class NobodyKnowsHow(Exception):
    """There is no handler for the job's kind; perhaps a newer version put it in the queue."""


class WorkersDied(Exception):
    """The job was taken as often as any may be, and nobody came back from it."""


class Worker:
    """One worker of possibly many; it does one job after another in each of its lanes.

    A lane is a thread, so that a calendar server that never answers holds up no mail, and a mail server that
    never answers no time that has to be released. Has to be used outside any application context: each job
    gets a context, and with it a database session, of its own.
    """

    def __init__(
        self, app: Flask, *, every_seconds: float = 1.0, abandoned: Callable[[], bool] = lambda: False
    ) -> None:
        self._app, self._every_seconds, self._abandoned = app, every_seconds, abandoned
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._lanes = lanes_of(app.extensions["job_lanes"])
        self._stopping = threading.Event()
        self._in_hand: dict[Lane, Taken] = {}
        self._sweeps_next = float("-inf")

    def run(self) -> None:
        """Work until `stop` is called, or whoever started it is gone; the jobs in hand are finished first.

        What goes wrong in a lane, and is none of its jobs' fault, ends them all.
        """
        pulse = threading.Thread(target=self._beat, name="heartbeat")
        pulse.start()
        try:
            with ThreadPoolExecutor(len(self._lanes), thread_name_prefix="lane") as threads:
                # The main thread has nothing to do but to hear signals.
                for ended in [threads.submit(self._work_in, lane) for lane in self._lanes]:
                    ended.result()
        finally:
            self._stopping.set()
            pulse.join()

    def stop(self) -> None:
        self._stopping.set()

    def do_next(self, lane: Lane = EVERYTHING) -> bool:
        """Do one thing that is due; False if nothing is. Raises SQLAlchemyError if the database is away."""
        job = self._take(lane)
        if job is None:
            return False
        self._in_hand[lane] = job
        try:
            self._close(job, self._try(job))
        finally:
            del self._in_hand[lane]
        return True

    def do_all_that_is_due(self) -> None:
        """One thing after another, those first that wait for nobody. Raises SQLAlchemyError."""
        while any(self.do_next(lane) for lane in self._lanes):
            pass

    def sweep(self) -> bool:
        """Throw away what nobody needs any more, once an hour; False, since nothing waits for it."""
        if clock.ticks() >= self._sweeps_next:
            self._sweeps_next = clock.ticks() + _SWEEPS_EVERY_SECONDS
            for forget in self._app.extensions["sweepers"]:
                self._sweep_one(forget)
        return False

    def _sweep_one(self, forget: Callable[..., object]) -> None:
        """One that fails is told, and keeps neither the others nor the jobs from being done."""
        try:
            with (
                self._app.test_request_context(base_url=self._app.config["BASE_URL"]),
                transaction() as db,
            ):
                forget(db, now=clock.now())
        except SQLAlchemyError:
            raise
        except Exception as problem:
            _log.error("sweeping failed at %s\n%s", forget.__name__, without_words(problem))

    def _work_in(self, lane: Lane) -> None:
        try:
            while not self._stopping.is_set():
                self._stopping.wait(self._work_and_rest(lane))
        finally:
            self._stopping.set()

    def _work_and_rest(self, lane: Lane) -> float:
        """How many seconds to rest after this look at the queue."""
        try:
            busy = self.do_next(lane) or (lane is self._lanes[0] and self.sweep())
        except SQLAlchemyError as problem:
            _log.warning("the database does not answer: %s", type(problem).__name__)
            return max(self._every_seconds, _WAIT_FOR_DATABASE_SECONDS)
        if self._abandoned():
            self.stop()
        return 0 if busy else self._every_seconds

    def _take(self, lane: Lane) -> Taken | None:
        now = clock.now()
        with self._app.app_context():
            if not is_anything_due(current_db(), now=now, lane=lane):
                return None
            with transaction() as db:
                return next(iter(take_due(db, now=now, lane=lane)), None)

    def _try(self, job: Taken) -> Exception | None:
        """What went wrong, or None. A handler finds addresses as a request to the portal's own would."""
        try:
            if job.attempts > MOST_ATTEMPTS:
                raise GiveUp from WorkersDied()
            handler = self._app.extensions["job_handlers"].get(job.kind)
            if handler is None:
                raise NobodyKnowsHow
            with self._app.test_request_context(base_url=self._app.config["BASE_URL"]):
                handler(job.subject)
        except Exception as problem:
            return problem
        return None

    def _close(self, job: Taken, problem: Exception | None) -> None:
        now = clock.now()
        with self._app.app_context(), transaction() as db:
            if problem is None:
                closed = finish(db, job, now=now)
            else:
                for_good = isinstance(problem, GiveUp)
                closed = put_off(db, job, now=now, error=_name_of(problem), for_good=for_good)
        _tell(job, problem, closed)

    def _beat(self) -> None:
        while not self._stopping.is_set():
            self.give_a_sign_of_life()
            self._stopping.wait(heartbeat.EVERY.total_seconds())
        self._take_leave()

    def give_a_sign_of_life(self) -> None:
        """Say that it is alive, and that what it has in hand is not forgotten."""
        now = clock.now()
        try:
            with self._app.app_context(), transaction() as db:
                heartbeat.beat(db, self._name, now=now)
                for job in list(self._in_hand.values()):
                    renew(db, job, now=now)
        except SQLAlchemyError as problem:
            _log.warning("no sign of life could be given: %s", type(problem).__name__)

    def _take_leave(self) -> None:
        try:
            with self._app.app_context(), transaction() as db:
                heartbeat.end(db, self._name)
        except SQLAlchemyError as problem:
            _log.warning("the last sign of life could not be taken back: %s", type(problem).__name__)


def _name_of(problem: Exception) -> str:
    """The kind of what happened. Its words may be somebody's, or hold an address; they are not kept."""
    told = problem.__cause__ if isinstance(problem, GiveUp) and problem.__cause__ else problem
    return type(told).__name__


def _tell(job: Taken, problem: Exception | None, closed: bool) -> None:
    what = f"job {job.id}, {job.kind} {job.subject}, attempt {job.attempts}"
    if not closed:
        _log.warning("%s: another worker has it by now", what)
    elif problem is None:
        _log.info("%s: done", what)
    elif isinstance(problem, GiveUp) or job.attempts >= MOST_ATTEMPTS:
        _log.error("%s: given up\n%s", what, without_words(problem))
    else:
        _log.warning("%s: put off\n%s", what, without_words(problem))
