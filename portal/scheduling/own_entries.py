"""Under which names, and at which times, calendars elsewhere may hold a therapist's consultations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.scheduling.lifecycle import MOST_TIMES
from portal.scheduling.models import Consultation, ConsultationEvent, HeldWindow
from portal.statements import rows

# What is over for longer has left the feed, and everybody's copy of it.
_REMEMBERED = timedelta(days=31)
_OF_THERAPIST = (
    Consultation.therapist_id == bindparam("therapist_id"),
    Consultation.ends_at > bindparam("since"),
)
_NAMES = select(
    Consultation.id,
    Consultation.reference,
    Consultation.calendar_uid,
    Consultation.starts_at,
    Consultation.ends_at,
).where(*_OF_THERAPIST)
_HELD = (
    select(HeldWindow.consultation_id, HeldWindow.starts_at, HeldWindow.ends_at)
    .join(Consultation, Consultation.id == HeldWindow.consultation_id)
    .where(*_OF_THERAPIST)
)
_HISTORY = (
    select(ConsultationEvent.consultation_id, ConsultationEvent.released)
    .join(Consultation, Consultation.id == ConsultationEvent.consultation_id)
    .where(*_OF_THERAPIST)
)


def entries_of(
    db: Session, therapist_id: int, *, since: datetime
) -> frozenset[tuple[str, datetime, datetime]]:
    """(UID, begin, end) of whatever a feed, a mailed file or a stale copy of either may say from then on.

    Only together do they say that an entry elsewhere is one of ours: a UID can be written by anybody, but
    at these times it hides nothing that the therapist's diary does not hold, or has just let go. In three
    queries.
    """
    asked = {"therapist_id": therapist_id, "since": since - _REMEMBERED}
    times: dict[int, set[tuple[datetime, datetime]]] = {}
    for owner, starts_at, ends_at in rows(db, _HELD, asked):
        times.setdefault(owner, set()).add((starts_at, ends_at))
    for owner, released in rows(db, _HISTORY, asked):
        found = [tuple(map(datetime.fromisoformat, each)) for each in released or ()]
        times.setdefault(owner, set()).update((starts_at, ends_at) for starts_at, ends_at in found)
    return frozenset(
        (uid, *stretch)
        for owner, reference, uid_of_file, starts_at, ends_at in rows(db, _NAMES, asked)
        for stretch in {(starts_at, ends_at)} | times.get(owner, set())
        for uid in (uid_of_file, *feed_uids(reference))
    )


def feed_uids(reference: str) -> Iterator[str]:
    """What the feed calls each of the times that a consultation may hold, in order of preference."""
    return (feed_uid(reference, place) for place in range(1, MOST_TIMES + 1))


def feed_uid(reference: str, place: int) -> str:
    return f"{reference}-{place}"
