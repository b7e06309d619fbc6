"""What a therapist puts into their own diary: a consultation where they want it, and time for themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import take_turns
from portal.database import new_reference
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, rules_of
from portal.errors import NotFound, Refused
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling import emails
from portal.scheduling.calendar_file import file_of
from portal.scheduling.holding import (
    Begun,
    forget_an_old_wish,
    refuse_if_begun,
    remind_later,
    store_and_hold,
)
from portal.scheduling.lifecycle import Move, MoveNotAllowed, Party, Status
from portal.scheduling.models import Consultation, HeldTime, HeldWindow, steps_of
from portal.scheduling.objections import Objection, OffTheSteps, TimeTaken, refuse_unless_free
from portal.scheduling.queries import (
    consultation_of,
    consultation_to_change,
    have_met,
    open_instead_of,
    own_entry_called,
)
from portal.scheduling.slots import STEP
from portal.waiting.services import Opened, note_opened

LONGEST_ENTRY = timedelta(hours=24)
_STEP = timedelta(minutes=STEP)


class EndsTooSoon(Refused):
    """An own entry that is over before it begins, or before now."""


class EntryTooLong(Refused):
    """An own entry of more than a day."""


def place_consultation(
    db: Session,
    therapist: Therapist,
    client: Client,
    *,
    starts_at: datetime,
    now: datetime,
    kind: str | None = None,
    instead_of: str | None = None,
    despite: Collection[Objection] = (),
) -> str:
    """Give the client a time that nobody asked for, confirmed from the beginning: its reference.

    It may lie anywhere that is free; `despite` names the rules of which the therapist has been told that it
    breaks them. `kind` is the reference of one that is offered; else it is the kind of `instead_of`, or the
    usual one. `instead_of` names a confirmed one that moves there: under the same entry in calendars, and
    whatever was asked for instead of it is from now on instead of this. Raises Begun, AgainstTheRules,
    TimeTaken, OffTheSteps, MoveNotAllowed, and NotFound.
    """
    rules = rules_of(db, therapist.id, to_change=True)
    earlier = _earlier(db, therapist, client, instead_of, now)
    if starts_at <= now:
        raise Begun
    chosen = _kind(db, rules, client, kind, earlier, now)
    moving = {earlier.id} if earlier else set()
    refuse_unless_free(
        db, rules, chosen, [starts_at], therapist_id=therapist.id, despite=despite, moving=moving
    )
    forget_an_old_wish(db, client, now=now)
    if earlier is not None:
        earlier.make(Move.REPLACE, by=Party.PORTAL, at=now)
        # Its time is free before it is taken again by plain statements, which flush nothing.
        db.flush()
    placed_id = store_and_hold(
        db,
        chosen,
        [starts_at],
        reference=new_reference(),
        client_id=client.id,
        therapist_id=therapist.id,
        replaces_id=earlier.id if earlier else None,
        begun_by=Party.THERAPIST,
        status=Status.CONFIRMED,
        asked_at=now,
        answer_by=now,
        settled_at=now,
        sealed_words=None,
        kept_outside_hours=Objection.OUTSIDE_HOURS in despite,
    )
    return _follow_up_on(db, placed_id, earlier, now)


def keep_own_time(
    db: Session, therapist: Therapist, *, starts_at: datetime, ends_at: datetime, now: datetime
) -> str:
    """Keep this time from everybody for the therapist: the reference of the entry.

    Raises EntryTooLong above 24 hours, EndsTooSoon, OffTheSteps, and TimeTaken if something holds part of it.
    """
    take_turns(db, therapist.id)
    if ends_at <= max(starts_at, now):
        raise EndsTooSoon
    if ends_at - starts_at > LONGEST_ENTRY:
        raise EntryTooLong
    if any(moment.timestamp() % _STEP.total_seconds() for moment in (starts_at, ends_at)):
        raise OffTheSteps
    steps = [HeldTime(therapist_id=therapist.id, starts_at=step) for step in steps_of(starts_at, ends_at)]
    entry = HeldWindow(
        therapist_id=therapist.id,
        reference=new_reference(),
        starts_at=starts_at,
        ends_at=ends_at,
        steps=steps,
    )
    db.add(entry)
    try:
        db.flush()
    except IntegrityError as clash:
        raise TimeTaken(starts_at) from clash
    note(db, What.OWN_TIME_KEPT, by=therapist, subject=entry.reference)
    return entry.reference


def give_back_own_time(db: Session, therapist: Therapist, reference: str, *, now: datetime) -> None:
    """Free the time of an own entry. Raises NotFound, for another's and for a consultation's too."""
    take_turns(db, therapist.id)
    entry = own_entry_called(db, therapist, reference)
    db.delete(entry)
    note_opened(db, therapist.id, [Opened(entry.starts_at, entry.ends_at)], now=now)
    note(db, What.OWN_TIME_GIVEN_BACK, by=therapist, subject=reference)


def _earlier(
    db: Session, therapist: Therapist, client: Client, reference: str | None, now: datetime
) -> Consultation | None:
    if reference is None:
        return None
    earlier = consultation_to_change(db, consultation_of(db, therapist, reference).id)
    if earlier.client_id != client.id:
        raise NotFound
    if earlier.status is not Status.CONFIRMED:
        raise MoveNotAllowed
    refuse_if_begun(earlier, now)
    return earlier


def _kind(
    db: Session,
    rules: Rules,
    client: Client,
    kind: str | None,
    earlier: Consultation | None,
    now: datetime,
) -> Kind:
    if kind:
        return rules.kind_called(kind)
    if earlier is not None:
        return rules.kind_with_id(earlier.kind_id)
    return rules.usual(has_met=have_met(db, client, now=now))


def _follow_up_on(db: Session, placed_id: int, earlier: Consultation | None, now: datetime) -> str:
    """Calendars, reminders, and what was asked for instead of the earlier one follow; the client is told."""
    placed = consultation_to_change(db, placed_id)
    if earlier is not None:
        placed.goes_on_from(earlier)
        for asked in open_instead_of(db, earlier):
            asked.replaces_id = placed.id
    remind_later(db, placed, now=now)
    emails.tell_of_placing(db, placed, calendar=file_of(placed, changed_at=now), now=now)
    return placed.reference
