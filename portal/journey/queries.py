"""What the client's way so far consists of, gathered from the features that own it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.intake.queries import Progress, progress_of
from portal.journey.steps import Standings, standings
from portal.reading.queries import FirstReading, first_reading_for
from portal.scheduling.lifecycle import Status
from portal.scheduling.queries import Held, consultations_of


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a client stands; `held` are the consultations that hold a time from now on, soonest first."""

    # None until the client has said what to call them.
    name: str | None
    # What the series begins with, if there is one.
    reading: FirstReading | None
    progress: Progress
    held: Sequence[Held]
    standings: Standings


def way_of(db: Session, client: Client, *, now: datetime) -> Way:
    """All that the page of the next step says of this client, in three queries."""
    reading = first_reading_for(db, client)
    progress = progress_of(db, client)
    held = consultations_of(db, client, since=now)
    return Way(
        name=name_of(db, client) if client.sealed_name else None,
        reading=reading,
        progress=progress,
        held=held,
        standings=standings(
            said_read=reading is not None and reading.said_at is not None,
            answers_begun=progress.begun,
            answers_sent=progress.sent_at is not None,
            time_asked=bool(held),
            time_confirmed=any(each.status is Status.CONFIRMED for each in held),
        ),
    )
