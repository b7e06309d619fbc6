"""The worker: takes what is due, has it done, and says that it is alive."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import current_db, transaction
from portal.jobs import heartbeat
from portal.jobs.queue import (
    MOST_ATTEMPTS,
    GiveUp,
    Taken,
    finish,
    is_anything_due,
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
    """One worker of possibly many; it does one job after another.

    Has to be used outside any application context: each job gets a context, and with it a database session,
    of its own.
    """

    def __init__(
        self, app: Flask, *, every_seconds: float = 1.0, abandoned: Callable[[], bool] = lambda: False
    ) -> None:
        self._app, self._every_seconds, self._abandoned = app, every_seconds, abandoned
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._stopping = threading.Event()
        self._in_hand: Taken | None = None
        self._sweeps_next = float("-inf")

    def run(self) -> None:
        """Work until `stop` is called, or whoever started it is gone; the job in hand is finished first."""
        pulse = threading.Thread(target=self._beat, name="heartbeat")
        pulse.start()
        try:
            while not self._stopping.is_set():
                self._stopping.wait(self._work_and_rest())
        finally:
            self._stopping.set()
            pulse.join()

    def stop(self) -> None:
        self._stopping.set()

    def do_next(self) -> bool:
        """Do one thing that is due; False if nothing is. Raises SQLAlchemyError if the database is away."""
        job = self._take()
        if job is None:
            return False
        self._in_hand = job
        try:
            self._close(job, self._try(job))
        finally:
            self._in_hand = None
        return True

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

    def _work_and_rest(self) -> float:
        """How many seconds to rest after this look at the queue."""
        try:
            busy = self.do_next() or self.sweep()
        except SQLAlchemyError as problem:
            _log.warning("the database does not answer: %s", type(problem).__name__)
            return max(self._every_seconds, _WAIT_FOR_DATABASE_SECONDS)
        if self._abandoned():
            self.stop()
        return 0 if busy else self._every_seconds

    def _take(self) -> Taken | None:
        now = clock.now()
        with self._app.app_context():
            if not is_anything_due(current_db(), now=now):
                return None
            with transaction() as db:
                return next(iter(take_due(db, now=now)), None)

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
            self._give_a_sign_of_life()
            self._stopping.wait(heartbeat.EVERY.total_seconds())
        self._take_leave()

    def _give_a_sign_of_life(self) -> None:
        job, now = self._in_hand, clock.now()
        try:
            with self._app.app_context(), transaction() as db:
                heartbeat.beat(db, self._name, now=now)
                if job:
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
