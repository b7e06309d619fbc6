"""What can be done about a consultation. Each function does one whole thing; its caller commits it.

Each begins by locking the therapist's row, so that whatever takes or frees a therapist's time happens one
after the other, on every path: whoever waits then sees what became of it, and nobody waits in a circle.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.database import new_reference
from portal.errors import Refused
from portal.jobs.queue import enqueue
from portal.scheduling import emails
from portal.scheduling.calendar_file import file_of
from portal.scheduling.lifecycle import Move, Party, Status, answered_by
from portal.scheduling.models import Consultation, HeldTime
from portal.scheduling.queries import (
    Held,
    Offer,
    consultation_to_change,
    offer_to,
    reply_row,
    words_row,
)
from portal.scheduling.slots import FIRST_CONSULTATION, minute_of, moment_of, nearest
from portal.vault.words import seal

EXPIRY = "expire-request"
_KIND = FIRST_CONSULTATION
_MOST_NEAREST = 3
# SQLite has one writer, and leaves FOR UPDATE out. Nothing that waits to be written goes before it.
_LOCK = (
    select(Therapist.id)
    .where(Therapist.id == bindparam("id"))
    .with_for_update()
    .execution_options(autoflush=False)
)
_INSERT = insert(Consultation).returning(Consultation)
_HOLD = HeldTime.metadata.tables[HeldTime.__tablename__].insert()


class SlotNotOffered(Refused):
    """The time was never on offer, or has gone since the page was drawn."""


class AlreadyAsked(Refused):
    """The client has an open request already, or holds this very time. Says which."""

    def __init__(self, standing: Held) -> None:
        super().__init__(standing.reference)
        self.reference, self.starts_at = standing.reference, standing.starts_at


class Begun(Refused):
    """The time has come; what is past can no longer be moved about."""


class AnswerNotDue(Refused):
    """The therapist still has time to answer."""


def request_consultation(
    db: Session,
    *,
    client: Client,
    therapist: Therapist,
    starts_at: datetime,
    now: datetime,
    answer_by: datetime,
    words: str | None = None,
    instead_of: Consultation | None = None,
) -> Consultation:
    """Ask for a time, and hold it until the therapist has answered, or until `answer_by` has passed (T4).

    `instead_of` is one of the client's own: it stays theirs until the new one is confirmed (T5). If another
    time was asked for instead of it already, that request is withdrawn, whichever of the two is named. If it
    no longer holds its time, this is a request like any other. Raises SlotNotOffered, AlreadyAsked.
    """
    _lock(db, therapist.id)
    minute = minute_of(starts_at)
    offer = offer_to(db, client, therapist, now=now, since=minute, until=minute + 1, kind=_KIND)
    kept = offer.kept_beside(instead_of.id) if instead_of else None
    pending = offer.asked_instead_of(kept)
    _refuse_a_second(offer, kept, pending, starts_at)
    if starts_at not in map(moment_of, offer.starts):
        raise SlotNotOffered
    if pending:
        _withdraw(db, pending, now)
    reference = new_reference()
    # In the session from here on, so that the messages can name it.
    earlier = db.get(Consultation, kept.id) if kept else None
    consultation = _stored_and_held(
        db,
        reference=reference,
        client_id=client.id,
        therapist_id=therapist.id,
        replaces_id=earlier.id if earlier else None,
        starts_at=starts_at,
        ends_at=starts_at + _KIND.duration,
        status=Status.REQUESTED,
        asked_at=now,
        answer_by=answered_by(answer_by, starts_at=starts_at),
        sealed_words=seal(db, client.data_key, words, of=words_row(reference)) if words else None,
        sealed_reply=None,
        calendar_uid=str(uuid.uuid4()),
        calendar_sequence=0,
        version=1,
    )
    enqueue(db, EXPIRY, subject=reference, due_at=consultation.answer_by)
    emails.tell_of_request(db, consultation, now=now)
    return consultation


def confirm_consultation(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Give the client the time. One that it was to replace goes now, if it is still held (T5).

    Raises MoveNotAllowed, Begun.
    """
    consultation = _as_it_stands(db, consultation)
    _refuse_if_begun(consultation, now)
    consultation.make(Move.CONFIRM, by=Party.THERAPIST, at=now)
    earlier = consultation.replaces
    # One that has taken place meanwhile is not undone.
    if earlier is not None and earlier.holds_its_time and now < earlier.starts_at:
        earlier.make(Move.REPLACE, by=Party.PORTAL, at=now)
        consultation.goes_on_from(earlier)
    emails.tell_of_confirmation(db, consultation, calendar=file_of(consultation, changed_at=now), now=now)


def decline_consultation(
    db: Session, consultation: Consultation, *, now: datetime, reply: str | None = None
) -> None:
    """Free the time; `reply` is for the client to read on the portal. One that it was to replace stays.

    Raises MoveNotAllowed.
    """
    consultation = _as_it_stands(db, consultation)
    consultation.make(Move.DECLINE, by=Party.THERAPIST, at=now)
    if reply:
        row = reply_row(consultation.reference)
        consultation.sealed_reply = seal(db, consultation.client.data_key, reply, of=row)
    emails.tell_of_decline(db, consultation, now=now)


def cancel_consultation(db: Session, consultation: Consultation, *, by: Party, now: datetime) -> None:
    """Free the time. A request to replace it stays, and is a request like any other from then on.

    Raises MoveNotAllowed, Begun.
    """
    consultation = _as_it_stands(db, consultation)
    _refuse_if_begun(consultation, now)
    was_confirmed = consultation.status is Status.CONFIRMED
    consultation.make(Move.CANCEL, by=by, at=now)
    if not was_confirmed:
        emails.tell_of_withdrawal(db, consultation, now=now)
    else:
        calendar = file_of(consultation, changed_at=now)
        emails.tell_of_cancellation(db, consultation, by=by, calendar=calendar, now=now)


def expire_request(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Free the time of a request that nobody answered, and say so, with the nearest free times (T4).

    Raises MoveNotAllowed if it has been answered meanwhile, AnswerNotDue before its time.
    """
    consultation = _as_it_stands(db, consultation)
    if consultation.status is Status.REQUESTED and now < consultation.answer_by:
        raise AnswerNotDue
    consultation.make(Move.EXPIRE, by=Party.PORTAL, at=now)
    offer = offer_to(db, consultation.client, consultation.therapist, now=now, kind=_KIND)
    free = nearest(offer.starts, minute_of(consultation.starts_at), most=_MOST_NEAREST)
    emails.tell_of_expiry(db, consultation, nearest=[moment_of(start) for start in free], now=now)


def _lock(db: Session, therapist_id: int) -> None:
    db.execute(_LOCK, {"id": therapist_id})


def _as_it_stands(db: Session, consultation: Consultation) -> Consultation:
    """The same consultation, read again behind the lock; what the caller had read may be long past."""
    _lock(db, consultation.therapist_id)
    return consultation_to_change(db, consultation.id)


def _refuse_a_second(offer: Offer, kept: Held | None, pending: Held | None, starts_at: datetime) -> None:
    """One open request a client, but for one that is to replace another; and no time twice."""
    for held in offer.own:
        gives_way = held in (kept, pending)
        if held.starts_at == starts_at or (held.status is Status.REQUESTED and not gives_way):
            raise AlreadyAsked(held)


def _withdraw(db: Session, held: Held, now: datetime) -> None:
    pending = consultation_to_change(db, held.id)
    pending.make(Move.CANCEL, by=Party.CLIENT, at=now)
    emails.tell_of_withdrawal(db, pending, now=now)


def _refuse_if_begun(consultation: Consultation, now: datetime) -> None:
    if consultation.starts_at <= now and consultation.holds_its_time:
        raise Begun


def _stored_and_held(db: Session, **columns: object) -> Consultation:
    """A new consultation with its steps, taken from everybody else while a refusal can still be explained.

    Two plain statements: they cost half of what a unit of work about eleven rows does.
    """
    consultation = db.scalars(_INSERT, columns).one()
    owner = {"therapist_id": consultation.therapist_id, "consultation_id": consultation.id}
    try:
        db.execute(_HOLD, [{"starts_at": step, **owner} for step in consultation.steps()])
    except IntegrityError as clash:
        raise SlotNotOffered from clash
    return consultation
