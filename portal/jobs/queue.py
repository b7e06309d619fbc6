"""Putting work in the queue, taking it out under a lease, and closing it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.jobs.models import Job
from portal.statements import insert_all

# A worker renews it while it has the job in hand, so it is only as long as a dead worker may go unnoticed.
LEASE = timedelta(minutes=1)
# With the waits between them about two and a half days: a mail server may be away for a weekend.
MOST_ATTEMPTS = 20
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(hours=6)
_REMEMBERED = timedelta(days=7)
_INSERT = insert(Job)


class GiveUp(Exception):
    """A handler raises it from what happened when trying once more would not help."""


class Due(NamedTuple):
    """Something to be done about `subject`, not before `due_at`."""

    kind: str
    subject: str
    due_at: datetime


@dataclass(frozen=True)
class Lane:
    """Which kinds of jobs somebody takes: these alone, or all but these."""

    kinds: tuple[str, ...] = ()
    all_but: bool = True

    @property
    def takes(self) -> ColumnElement[bool]:
        return Job.kind.not_in(self.kinds) if self.all_but else Job.kind.in_(self.kinds)


EVERYTHING = Lane()


@dataclass(frozen=True)
class Taken:
    """A job that this worker holds until its lease ends."""

    id: int
    kind: str
    subject: str
    attempts: int
    lease_token: str


def enqueue(db: Session, kind: str, *, subject: str, due_at: datetime) -> None:
    """Have a worker do `kind` about `subject`, not before `due_at`, if the change around it is committed."""
    db.add(Job(kind=kind, subject=subject, due_at=due_at, attempts=0))


def enqueue_all(db: Session, jobs: Iterable[Due]) -> None:
    """The same for several at once, in one plain statement: for what is done often."""
    insert_all(db, _INSERT, [{**job._asdict(), "attempts": 0} for job in jobs])


def lanes_of(lanes: Mapping[str, str]) -> Sequence[Lane]:
    """The lanes of these kinds (kind to lane), after the one of all other kinds."""
    apart: dict[str, list[str]] = {}
    for kind, lane in sorted(lanes.items()):
        apart.setdefault(lane, []).append(kind)
    return [Lane(tuple(sorted(lanes))), *(Lane(tuple(kinds), all_but=False) for kinds in apart.values())]


def is_anything_due(db: Session, *, now: datetime, lane: Lane = EVERYTHING) -> bool:
    """Whether somebody could take a job; asked before `take_due`, so that an idle worker only reads."""
    return db.scalar(select(Job.id).where(*_free(now), lane.takes).limit(1)) is not None


def take_due(db: Session, *, now: datetime, most: int = 1, lane: Lane = EVERYTHING) -> Sequence[Taken]:
    """Lease the jobs of a lane that are due and that nobody holds; the longest due first.

    One statement on both databases: PostgreSQL skips rows that another takes, SQLite has one writer. The jobs
    are chosen apart, before the update: within it PostgreSQL may choose again for each row, and take several.
    """
    choice = select(Job.id).where(*_free(now), lane.takes).order_by(Job.due_at, Job.id).limit(most)
    due = choice.with_for_update(skip_locked=True).cte("due")
    token = secrets.token_hex(16)
    rows = db.execute(
        update(Job)
        .where(Job.id.in_(select(due.c.id)))
        .values(lease_token=token, leased_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job.id, Job.kind, Job.subject, Job.attempts)
        .execution_options(synchronize_session=False)
    )
    return [Taken(*row, lease_token=token) for row in rows]


def renew(db: Session, job: Taken, *, now: datetime) -> None:
    """Hold the job for another lease; nothing happens if it is closed or another's by now."""
    db.execute(
        update(Job)
        .where(Job.id == job.id, Job.lease_token == job.lease_token)
        .values(leased_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )


def finish(db: Session, job: Taken, *, now: datetime) -> bool:
    """Close the job. False if its lease had passed to another worker, who will close it."""
    return _close(db, job, done_at=now)


def put_off(db: Session, job: Taken, *, now: datetime, error: str, for_good: bool = False) -> bool:
    """Have it tried again after a wait that doubles each time; give up after MOST_ATTEMPTS, or `for_good`.

    `error` is the name of what happened, never words. False as for `finish`.
    """
    if for_good or job.attempts >= MOST_ATTEMPTS:
        return _close(db, job, gave_up_at=now, last_error=error)
    return _close(db, job, due_at=now + wait_after(job.attempts), last_error=error)


def forget_done(db: Session, *, now: datetime) -> None:
    """Jobs that were done a week ago are of no use to anybody; what was given up stays to be seen."""
    db.execute(
        delete(Job).where(Job.done_at < now - _REMEMBERED).execution_options(synchronize_session=False)
    )


def wait_after(attempts: int) -> timedelta:
    """How long to wait after this many attempts: 15 s, 30 s, 1 min … at most 6 h."""
    return min(_FIRST_WAIT * float(2 ** (attempts - 1)), _LONGEST_WAIT)


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Job.done_at.is_(None),
        Job.gave_up_at.is_(None),
        Job.due_at <= now,
        or_(Job.leased_until.is_(None), Job.leased_until <= now),
    )


def _close(db: Session, job: Taken, **values: object) -> bool:
    closed = db.scalars(
        update(Job)
        .where(Job.id == job.id, Job.lease_token == job.lease_token)
        .values(leased_until=None, lease_token=None, **values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return closed.first() is not None
