"""The sign of life that every worker leaves in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.jobs.models import Heartbeat

EVERY = timedelta(seconds=15)
_REMEMBERED = timedelta(days=1)


def beat(db: Session, worker: str, *, now: datetime) -> None:
    """This worker is alive. What has not been for a day is forgotten."""
    db.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - _REMEMBERED))
    db.merge(Heartbeat(worker=worker, beat_at=now))


def end(db: Session, worker: str) -> None:
    """This worker has stopped as it should."""
    db.execute(delete(Heartbeat).where(Heartbeat.worker == worker))


def is_any_worker_alive(db: Session, *, now: datetime) -> bool:
    """Whether a worker has given a sign of life lately: three in a row may be missed, not four."""
    latest = db.scalar(select(func.max(Heartbeat.beat_at)))
    return latest is not None and now - latest <= 4 * EVERY
