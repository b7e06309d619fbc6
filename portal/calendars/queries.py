"""Finding calendars elsewhere, and when they keep a therapist busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Therapist
from portal.calendars.failures import Why
from portal.calendars.models import BusyTime, CalendarSource, SourceKind
from portal.errors import NotFound
from portal.statements import rows
from portal.vault.words import shown, unseal

# No stretch is longer: what began earlier is over, and the index need not be read further back.
LONGEST = timedelta(days=1)
# A copy reaches only so far ahead, so an answer that nothing has changed is not believed for ever.
_COPY_HOLDS = timedelta(days=1)

# (starts_at, ends_at), for whoever subtracts them; `long_since` is LONGEST before `since`, for the index.
BUSY = select(BusyTime.starts_at, BusyTime.ends_at).where(
    BusyTime.therapist_id == bindparam("therapist_id"),
    BusyTime.starts_at > bindparam("long_since"),
    BusyTime.starts_at < bindparam("until"),
    BusyTime.ends_at > bindparam("since"),
)
_WITH_KEY = joinedload(CalendarSource.data_key)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A calendar elsewhere as its therapist sees it: never its address, which opens it."""

    reference: str
    label: str
    kind: SourceKind
    fetched_at: datetime | None
    failed_at: datetime | None
    why: Why | None
    unread: int
    foreign_zones: int
    # Whether a look at it is due or under way.
    is_looked_at: bool


@dataclass(frozen=True, kw_only=True)
class Look:
    """All that is needed for one look at a calendar elsewhere, without a database."""

    kind: SourceKind
    address: str = field(repr=False)
    sign_in: tuple[str, str] | None = field(repr=False)
    # What the last copy is called; None where it has to be made anew.
    etag: str | None
    last_modified: str | None
    therapist_id: int
    # An IANA name: the therapist's.
    zone: str
    # The moment that this look was due, and by which it is told from others.
    due_at: datetime


def sources_of(db: Session, therapist: Therapist, *, now: datetime) -> Sequence[Source]:
    """The therapist's calendars elsewhere, each with its state; in the order in which they were named."""
    found = db.scalars(
        select(CalendarSource)
        .where(CalendarSource.therapist_id == therapist.id)
        .order_by(CalendarSource.id)
        .options(_WITH_KEY)
    )
    return [source_shown(db, source, now=now) for source in found]


def source_shown(db: Session, source: CalendarSource, *, now: datetime) -> Source:
    """As its therapist sees it; its key is loaded."""
    return Source(
        reference=source.reference,
        label=shown(db, source.data_key, source.sealed_label, of=place_in(source, "label")),
        kind=source.kind,
        fetched_at=source.fetched_at,
        failed_at=source.failed_at,
        why=source.failed_why,
        unread=source.unread,
        foreign_zones=source.foreign_zones,
        is_looked_at=source.next_look_at <= now,
    )


def source_of(db: Session, therapist: Therapist, reference: str) -> CalendarSource:
    """This therapist's source, with its key and kept from others meanwhile. Raises NotFound."""
    source = source_to_change(db, reference)
    if source.therapist_id != therapist.id:
        raise NotFound
    return source


def source_to_change(db: Session, reference: str) -> CalendarSource:
    """Asked anew, with key and therapist, and kept from others meanwhile. Raises NotFound."""
    source = db.scalar(
        select(CalendarSource)
        .where(CalendarSource.reference == reference)
        .with_for_update(of=CalendarSource)
        .options(_WITH_KEY, joinedload(CalendarSource.therapist))
        .execution_options(populate_existing=True)
    )
    if source is None:
        raise NotFound
    return source


def look_due(db: Session, reference: str, *, now: datetime) -> Look | None:
    """What to look at; None if it is not due, or removed. Raises keyring.CannotBeOpened."""
    source = db.scalar(
        select(CalendarSource)
        .where(CalendarSource.reference == reference, CalendarSource.next_look_at <= now)
        .options(_WITH_KEY, joinedload(CalendarSource.therapist))
    )
    if source is None:
        return None
    user_name = _unsealed(db, source, "user_name", source.sealed_user_name)
    password = _unsealed(db, source, "password", source.sealed_password)
    holds = source.copied_at is not None and now - source.copied_at < _COPY_HOLDS
    return Look(
        kind=source.kind,
        address=_unsealed(db, source, "address", source.sealed_address) or "",
        sign_in=(user_name, password or "") if user_name else None,
        etag=source.etag if holds else None,
        last_modified=source.last_modified if holds else None,
        therapist_id=source.therapist_id,
        zone=source.therapist.time_zone,
        due_at=source.next_look_at,
    )


def busy_elsewhere(
    db: Session, therapist: Therapist, since: datetime, until: datetime
) -> Sequence[tuple[datetime, datetime]]:
    """When the therapist is busy elsewhere between two moments, also in part, by their start.

    Stretches of several calendars may overlap; one that goes over midnight in UTC is told in two.
    """
    asked = {"therapist_id": therapist.id, "long_since": since - LONGEST, "since": since, "until": until}
    return sorted((starts, ends) for starts, ends in rows(db, BUSY, asked))


def place_in(source: CalendarSource, what: str) -> str:
    """What the vault calls the place where this part of the source lies."""
    return f"calendar_source.{what}:{source.reference}"


def _unsealed(db: Session, source: CalendarSource, what: str, sealed: bytes | None) -> str | None:
    return unseal(db, source.data_key, sealed, of=place_in(source, what)) if sealed else None
