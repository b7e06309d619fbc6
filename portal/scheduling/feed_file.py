"""All of a therapist's consultations as one calendar, for their own calendar program to read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from icalendar import Calendar, Event
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.accounts.models import Client
from portal.accounts.queries import initials_of, name_of
from portal.errors import NotFound
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import CalendarFeed, Consultation, ConsultationEvent
from portal.scheduling.own_entries import feed_uid

# Earlier than this, nobody looks into a calendar for it.
_DAYS_PAST = timedelta(days=31)
_SETTLED = frozenset({Status.CONFIRMED, Status.MET, Status.NOT_MET})
# It tells nothing to whoever looks at the calendar.
_SUMMARY = "Appointment"

# What was let go is among them too: since then, the calendar is as it is.
_LAST_EVENT = (
    select(func.max(ConsultationEvent.happened_at))
    .where(ConsultationEvent.consultation_id == Consultation.id)
    .correlate(Consultation)
    .scalar_subquery()
)
_CONSULTATIONS = (
    select(Consultation, _LAST_EVENT)
    .where(
        Consultation.therapist_id == bindparam("therapist_id"),
        Consultation.ends_at > bindparam("since"),
    )
    .order_by(Consultation.starts_at, Consultation.id)
    .options(joinedload(Consultation.client).joinedload(Client.data_key), selectinload(Consultation.windows))
)


@dataclass(frozen=True)
class FeedFile:
    """The text (RFC 5545), what it is called by caches, and since when it is so."""

    text: str
    etag: str
    changed_at: datetime


def feed_of(db: Session, therapist_id: int) -> CalendarFeed | None:
    """The therapist's feed, if there is one."""
    return db.get(CalendarFeed, therapist_id)


def feed_file(db: Session, token_hash: str, *, now: datetime) -> FeedFile:
    """What the address with this token leads to, in three queries. Raises NotFound.

    The text is the same as long as nothing has changed. What is over for a month leaves it at midnight in
    UTC, so it is never called older than that: a name that was changed is read anew on the next day at the
    latest, by programs that ask only since when, and at once by those that ask for the tag.
    """
    feed = db.scalar(select(CalendarFeed).where(CalendarFeed.token_hash == token_hash))
    if feed is None:
        raise NotFound
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    found = db.execute(_CONSULTATIONS, {"therapist_id": feed.therapist_id, "since": midnight - _DAYS_PAST})
    calendar, changed_at = _calendar(), max(midnight, feed.made_at)
    for consultation, happened_at in found.unique():
        last = happened_at or consultation.asked_at
        changed_at = max(changed_at, last)
        if consultation.holds_its_time or consultation.status in _SETTLED:
            for event in _events(db, consultation, last, whole_name=feed.shows_names):
                calendar.add_component(event)
    text = calendar.to_ical().decode()
    return FeedFile(text, hashlib.sha256(text.encode()).hexdigest()[:32], changed_at)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Foyer//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # How often a program may ask, as two kinds of programs want to be told it (RFC 7986 §5.7).
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    return calendar


def _events(
    db: Session, consultation: Consultation, changed_at: datetime, *, whole_name: bool
) -> Iterable[Event]:
    """One for each time that is held; for one that is over, its own."""
    name = name_of(db, consultation.client)
    times = [(each.place, each.starts_at, each.ends_at) for each in consultation.windows]
    for place, starts_at, ends_at in times or [(1, consultation.starts_at, consultation.ends_at)]:
        event = Event()
        event.add("uid", feed_uid(consultation.reference, place))
        event.add("sequence", consultation.calendar_sequence)
        event.add("dtstamp", changed_at.replace(microsecond=0))
        event.add("dtstart", starts_at)
        event.add("dtend", ends_at)
        event.add("summary", f"{_SUMMARY} {name if whole_name else initials_of(name)}")
        event.add("status", "CONFIRMED" if consultation.status in _SETTLED else "TENTATIVE")
        event.add("class", "PRIVATE")
        yield event
