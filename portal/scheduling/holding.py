"""Taking and freeing a therapist's time: behind one lock, under one key, on every path."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, event, exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, object_session

from portal.accounts.models import Client
from portal.accounts.queries import take_turns
from portal.database import new_reference
from portal.diary.kinds import Kind
from portal.errors import Overtaken, Refused
from portal.jobs.queue import Due, enqueue_all
from portal.scheduling.lifecycle import Move, Party, Status, answered_anew_by, reminded_at
from portal.scheduling.models import (
    Consultation,
    ConsultationEvent,
    HeldTime,
    HeldWindow,
    steps_of,
)
from portal.scheduling.queries import confirmed_to_come, consultation_to_change, reminders_of
from portal.scheduling.recording import note_beginning
from portal.statements import insert_all, insert_one, rows
from portal.waiting.models import EarlierWish
from portal.waiting.services import Opened, forget_wish, note_opened

# Their therapist is looked up by the statement itself, behind the lock: whoever asks on a page that was drawn
# before they were passed on to a colleague asks nobody.
_INSERT = insert(Consultation).values(
    therapist_id=select(Client.therapist_id)
    .where(Client.id == bindparam("asking_client"), Client.therapist_id == bindparam("asked_therapist"))
    .scalar_subquery()
)
_KEEP = insert(HeldWindow)
_HOLD = insert(HeldTime)

# What is to be done about a request: tell the two of it at once, remind the therapist, let it expire.
TELLING, ANSWERING, EXPIRY = "tell-of-request", "remind-to-answer", "expire-request"
# About a time that is kept until the questionnaire is sent: look whether its client still answers.
LAPSE = "lapse-kept-time"
# About a confirmed time: remind its client.
REMINDER = "remind-of-consultation"


class SlotNotOffered(Refused):
    """The time was never on offer, or has gone since the page was drawn. Says which one."""

    def __init__(self, starts_at: datetime) -> None:
        super().__init__(starts_at.isoformat())
        self.starts_at = starts_at


class WithAnother(Refused):
    """The client has been passed on to a colleague meanwhile."""


class Begun(Refused):
    """The time has come; what is past can no longer be moved about."""


def as_it_stands(db: Session, consultation: Consultation, *, version: int | None = None) -> Consultation:
    """The same consultation, read again behind the lock; what the caller had read may be long past.

    `version` is the one that somebody saw when they decided: raises Overtaken if it is another by now.
    """
    take_turns(db, consultation.therapist_id)
    found = consultation_to_change(db, consultation.id)
    if version is not None and found.version != version:
        raise Overtaken
    return found


def refuse_if_begun(consultation: Consultation, now: datetime) -> None:
    """Raises Begun for one that holds its time and whose time has come."""
    if consultation.starts_at <= now and consultation.holds_its_time:
        raise Begun


def settle(
    db: Session, consultation: Consultation, window: HeldWindow, *, move: Move, by: Party, now: datetime
) -> None:
    """Of the times that it holds, this one is the client's now; the others go.

    So does the one that it was to replace, if it is still to come (T5): one that has taken place meanwhile is
    not undone. It has to come from `as_it_stands`. Raises MoveNotAllowed.
    """
    forget_an_old_wish(db, consultation.client, now=now)
    consultation.make(move, by=by, at=now)
    consultation.settle_on(window)
    consultation.settled_at = now
    earlier = consultation.replaces
    if earlier is not None and earlier.holds_its_time and now < earlier.starts_at:
        earlier.make(Move.REPLACE, by=Party.PORTAL, at=now)
        consultation.goes_on_from(earlier)
    remind_later(db, consultation, now=now)


def forget_an_old_wish(db: Session, client: Client, *, now: datetime) -> None:
    """Before a time becomes the client's: what they wished about one that they have no more is over.

    A wish for something earlier lives on while there is a time that it can be about, and when that moves.
    """
    if not confirmed_to_come(db, client, now=now):
        forget_wish(db, client_id=client.id)


def await_answer(db: Session, reference: str, *, answer_by: datetime, zone: ZoneInfo, now: datetime) -> None:
    """Tell the two of a request at once, remind the therapist in time, and let it expire unanswered (T4)."""
    reminded = reminded_at(answer_by, asked_at=now, zone=zone)
    later = [Due(TELLING, reference, now), Due(EXPIRY, reference, answer_by)]
    if reminded:
        later.append(Due(ANSWERING, reference, reminded))
    enqueue_all(db, later)


def await_again(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """What is to be done later about one that was brought back to the state in which it is."""
    if consultation.status is Status.CONFIRMED:
        remind_later(db, consultation, now=now)
    elif consultation.status is Status.KEPT:
        enqueue_all(db, [Due(LAPSE, consultation.reference, now)])
    else:
        consultation.answer_by = answered_anew_by(consultation.answer_by, now=now)
        enqueue_all(db, [Due(EXPIRY, consultation.reference, consultation.answer_by)])


def remind_later(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """Look again when the reminders that its client wants are due; what is so then decides (T8)."""
    moments = [consultation.starts_at - ahead for ahead in reminders_of(consultation.client)]
    later = [Due(REMINDER, consultation.reference, moment) for moment in moments if moment > now]
    if later:
        enqueue_all(db, later)


def hold_again(
    db: Session, consultation: Consultation, times: Sequence[tuple[datetime, datetime]], *, now: datetime
) -> None:
    """Hold what is still to come of these times once more, in this order of preference.

    Raises Begun if none is, and SlotNotOffered if somebody else has one of them by now.
    """
    to_come = [(starts_at, ends_at) for starts_at, ends_at in times if now < starts_at]
    if not to_come:
        raise Begun
    held = {window.starts_at: window for window in consultation.windows}
    consultation.windows[:] = [
        held.get(starts_at) or _window(consultation, place, starts_at, ends_at)
        for place, (starts_at, ends_at) in enumerate(to_come, start=1)
    ]
    consultation.starts_at, consultation.ends_at = to_come[0]
    try:
        db.flush()
    except IntegrityError as clash:
        raise SlotNotOffered(to_come[0][0]) from clash


def store_and_hold(db: Session, kind: Kind, starts: Sequence[datetime], **columns: Any) -> int:
    """A new consultation with its times, taken from everybody else while a refusal can still be explained.

    Three plain statements: they cost half of what a unit of work about a dozen rows does. Raises WithAnother.
    """
    first, therapist_id = starts[0], columns.pop("therapist_id")
    stored = (
        _BLANK
        | columns
        | {
            "asking_client": columns["client_id"],
            "asked_therapist": therapist_id,
            "kind_id": kind.id,
            "starts_at": first,
            "ends_at": first + kind.duration,
            "calendar_uid": str(uuid.uuid4()),
        }
    )
    try:
        consultation_id = insert_one(db, _INSERT, stored)
    except IntegrityError as clash:
        raise WithAnother from clash
    hold(db, kind, starts, therapist_id=therapist_id, consultation_id=consultation_id)
    note_beginning(db, columns | {"therapist_id": therapist_id})
    return consultation_id


def hold(db: Session, kind: Kind, starts: Sequence[datetime], **owner: object) -> None:
    """Take these times for a consultation that is stored; `owner` is its id and its therapist's.

    Nothing that is pending in the session is written first. Raises SlotNotOffered.
    """
    wishes = {"gap_before": kind.gap_before, "gap_after": kind.gap_after, "is_first": kind.is_first}
    windows = [
        {"place": place, "starts_at": start, "ends_at": start + kind.duration, "reference": new_reference()}
        | owner
        | wishes
        for place, start in enumerate(starts, start=1)
    ]
    kept = [(insert_one(db, _KEEP, window), start) for window, start in zip(windows, starts, strict=True)]
    steps = [
        {"therapist_id": owner["therapist_id"], "starts_at": step, "window_id": window_id}
        for window_id, start in kept
        for step in steps_of(start, start + kind.duration)
    ]
    try:
        insert_all(db, _HOLD, steps)
    except IntegrityError as clash:
        raise SlotNotOffered(starts[0]) from clash


_BLANK = {
    "begun_by": Party.CLIENT,
    "kept_outside_hours": False,
    "calendar_sequence": 0,
    "version": 1,
}


def _window(consultation: Consultation, place: int, starts_at: datetime, ends_at: datetime) -> HeldWindow:
    terms, therapist_id = consultation.terms, consultation.therapist_id
    return HeldWindow(
        therapist_id=therapist_id,
        place=place,
        starts_at=starts_at,
        ends_at=ends_at,
        gap_before=terms.gap_before,
        gap_after=terms.gap_after,
        is_first=terms.is_first,
        steps=[HeldTime(therapist_id=therapist_id, starts_at=step) for step in steps_of(starts_at, ends_at)],
    )


_SETTLES = frozenset({Move.CONFIRM, Move.ACCEPT})
_LETS_GO = frozenset(Move) - {Move.ASK, Move.MEET, Move.MISS, Move.UNDO}
_AWAITED = select(Consultation.therapist_id).where(
    Consultation.id == bindparam("consultation_id"),
    exists().where(EarlierWish.therapist_id == Consultation.therapist_id),
)


@event.listens_for(ConsultationEvent, "after_insert")
def _note_what_opens(_mapper: object, _connection: object, line: ConsultationEvent) -> None:
    """Every move is a line of a history, so no time is let go on any path without this."""
    # Of several times, one is settled on and the others go; a single one stays.
    stays = 1 if line.move in _SETTLES else 0
    db = object_session(line)
    if db is None or line.move not in _LETS_GO or len(line.released or ()) <= stays:
        return
    let_go = [Opened(starts_at, ends_at) for starts_at, ends_at in line.times_before]
    for (therapist_id,) in rows(db, _AWAITED, {"consultation_id": line.consultation_id}):
        note_opened(db, therapist_id, let_go, now=line.happened_at)
