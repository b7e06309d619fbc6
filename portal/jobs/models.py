"""The table of work that is due, and of the worker's heartbeat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column, orm_insert_sentinel

from portal.database import Base

_OPEN = text("done_at IS NULL AND gave_up_at IS NULL")
# Given up, or tried for some minutes already. A query that is to use the index says it in these words.
IN_TROUBLE = text("done_at IS NULL AND (gave_up_at IS NOT NULL OR attempts >= 5)")


class Job(Base):
    """One thing to do, not before `due_at`. It holds a reference to what it is about, never words."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_open_due_at", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_job_in_trouble", "kind", sqlite_where=IN_TROUBLE, postgresql_where=IN_TROUBLE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    # What the job is about, in the words of its kind: usually a reference.
    subject: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    # Whoever holds the lease knows this; a worker that was thought dead cannot close another's.
    lease_token: Mapped[str | None]
    done_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    # Its place among the jobs that one statement stores; without it SQLite would take a statement for each.
    place: Mapped[int | None] = orm_insert_sentinel("place")


class Heartbeat(Base):
    """When a worker last said that it is alive; one row a worker."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
