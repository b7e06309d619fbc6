"""Naming a calendar elsewhere, taking it out again, and what becomes of each look at it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.accounts.queries import take_turns
from portal.calendars.emails import tell_of_silence
from portal.calendars.expanding import Expanded
from portal.calendars.failures import Why
from portal.calendars.models import BusyTime, CalendarSource, SourceKind
from portal.calendars.queries import place_in
from portal.database import new_reference
from portal.errors import Refused
from portal.jobs.queue import enqueue
from portal.journal.lines import What
from portal.journal.noting import note
from portal.statements import carry_out, insert_all, rows
from portal.vault.words import make_data_key, seal
from portal.waiting.services import Opened, note_opened

FETCH = "fetch-calendar"
MOST_SOURCES = 20
EVERY = timedelta(minutes=10)
_LONGEST_WAIT = timedelta(hours=1)
# How long a calendar may be silent before a mail says so.
TOLD_AFTER = timedelta(hours=24)

_OF_SOURCE = BusyTime.source_id == bindparam("of_source")
_KEPT = select(BusyTime.starts_at, BusyTime.ends_at).where(_OF_SOURCE)
_INSERT = insert(BusyTime)
_DELETE = delete(BusyTime).where(_OF_SOURCE, BusyTime.starts_at == bindparam("beginning"))


class TooManySources(Refused):
    """The therapist has named as many calendars as one may."""


class LookedAtAlready(Refused):
    """A look is due or under way."""


@dataclass(frozen=True)
class Copy:
    """What a look brought, and what the server calls it."""

    expanded: Expanded
    etag: str | None
    last_modified: str | None


def add_source(
    db: Session,
    therapist: Therapist,
    *,
    kind: SourceKind,
    label: str,
    address: str,
    user_name: str,
    password: str,
    now: datetime,
) -> CalendarSource:
    """Name a calendar elsewhere; a worker looks at it at once. Raises TooManySources.

    `address` has to be one that `addresses.address_of` takes. Without a user name no password is kept.
    """
    of_therapist = select(func.count()).where(CalendarSource.therapist_id == therapist.id)
    # Of two at once the second waits for the first, and then sees its source.
    take_turns(db, therapist.id)
    if (db.scalar(of_therapist) or 0) >= MOST_SOURCES:
        raise TooManySources
    source = CalendarSource(
        reference=new_reference(),
        therapist_id=therapist.id,
        data_key=make_data_key(db, now=now),
        kind=kind,
        added_at=now,
        next_look_at=now,
    )
    source.sealed_label = _sealed(db, source, "label", label)
    source.sealed_address = _sealed(db, source, "address", address)
    if user_name:
        source.sealed_user_name = _sealed(db, source, "user_name", user_name)
        source.sealed_password = _sealed(db, source, "password", password)
    db.add(source)
    enqueue(db, FETCH, subject=source.reference, due_at=now)
    note(db, What.CALENDAR_NAMED, by=therapist, subject=source.reference)
    return source


def remove_source(db: Session, source: CalendarSource, *, now: datetime) -> None:
    """Forget a calendar elsewhere, its copy and its key; its times are offered again."""
    _replace(db, source, frozenset(), now)
    db.delete(source)
    db.flush()
    db.delete(source.data_key)
    note(db, What.CALENDAR_REMOVED, by=source.therapist, subject=source.reference)


def look_again(db: Session, source: CalendarSource, *, now: datetime) -> None:
    """Have it looked at now. Raises LookedAtAlready."""
    if source.next_look_at <= now:
        raise LookedAtAlready
    source.next_look_at = now
    enqueue(db, FETCH, subject=source.reference, due_at=now)


def keep_copy(db: Session, source: CalendarSource, copy: Copy, *, due_at: datetime, now: datetime) -> None:
    """The look that was due then brought this: it takes the place of the copy before."""
    _replace(db, source, set(copy.expanded.stretches), now)
    source.copied_at = now
    source.etag, source.last_modified = copy.etag, copy.last_modified
    source.unread, source.foreign_zones = copy.expanded.unread, copy.expanded.foreign_zones
    keep_unchanged(db, source, due_at=due_at, now=now)


def keep_unchanged(db: Session, source: CalendarSource, *, due_at: datetime, now: datetime) -> None:
    """The look that was due then worked, and the copy is as it should be."""
    source.fetched_at = now
    source.failed_at = source.failed_why = source.told_at = None
    source.failures = 0
    _look_next(db, source, due_at, now + EVERY)


def note_failure(db: Session, source: CalendarSource, why: Why, *, due_at: datetime, now: datetime) -> None:
    """The look that was due then brought nothing: the copy stays, and after a day the therapist is told once.

    The waits grow to an hour and no further: whenever it works again, it is noticed.
    """
    source.failed_at = source.failed_at or now
    source.failed_why = why
    source.failures += 1
    if source.told_at is None and now - source.failed_at >= TOLD_AFTER:
        tell_of_silence(db, source, now=now)
        source.told_at = now
    wait = min(EVERY * float(2 ** min(source.failures - 1, 10)), _LONGEST_WAIT)
    _look_next(db, source, due_at, now + wait)


def _look_next(db: Session, source: CalendarSource, due_at: datetime, next_at: datetime) -> None:
    """Go on, unless somebody else does: a look was asked for meanwhile, or another worker was faster."""
    if source.next_look_at == due_at:
        source.next_look_at = next_at
        enqueue(db, FETCH, subject=source.reference, due_at=next_at)


def _replace(
    db: Session, source: CalendarSource, stretches: Set[tuple[datetime, datetime]], now: datetime
) -> None:
    """Only what differs is written: most calendars are as they were ten minutes ago."""
    kept = {(starts, ends) for starts, ends in rows(db, _KEPT, {"of_source": source.id})}
    gone, owner = kept - stretches, {"source_id": source.id, "therapist_id": source.therapist_id}
    new = [owner | {"starts_at": starts, "ends_at": ends} for starts, ends in sorted(stretches - kept)]
    if gone:
        carry_out(db, _DELETE, [{"of_source": source.id, "beginning": starts} for starts, _ in gone])
        note_opened(db, source.therapist_id, [Opened(*stretch) for stretch in sorted(gone)], now=now)
    if new:
        insert_all(db, _INSERT, new)


def _sealed(db: Session, source: CalendarSource, what: str, words: str) -> bytes:
    return seal(db, source.data_key, words, of=place_in(source, what))
