"""What a client chooses beside asking: among times they are offered, when to be reminded, an earlier time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.errors import Overtaken
from portal.scheduling import emails
from portal.scheduling.calendar_file import file_of
from portal.scheduling.holding import Begun, as_it_stands, remind_later, settle
from portal.scheduling.lifecycle import Move, MoveNotAllowed, Party, Status
from portal.scheduling.models import Consultation
from portal.scheduling.queries import confirmed_to_come
from portal.scheduling.words import note_row
from portal.vault.words import seal
from portal.waiting.services import forget_wish, wish


def accept_proposal(
    db: Session, consultation: Consultation, *, starts_at: datetime | None, now: datetime
) -> None:
    """Take one of the times that are offered: it is confirmed at once, the others are free.

    One that it was to replace goes now, if it is still to come (T5). Raises MoveNotAllowed if it is offered
    no more, Overtaken if this time is not among those offered, Begun.
    """
    consultation = as_it_stands(db, consultation)
    if consultation.status is not Status.PROPOSED:
        raise MoveNotAllowed
    window = next((each for each in consultation.windows if each.starts_at == starts_at), None)
    if window is None:
        raise Overtaken
    if window.starts_at <= now:
        raise Begun
    settle(db, consultation, window, move=Move.ACCEPT, by=Party.CLIENT, now=now)
    # Words that helped to find another time, if a refusal was taken back, are said no more.
    consultation.sealed_note = None
    if consultation.begun_by is Party.PORTAL:
        forget_wish(db, client_id=consultation.client_id)
    emails.tell_of_acceptance(db, consultation, calendar=file_of(consultation, changed_at=now), now=now)


def decline_proposal(
    db: Session, consultation: Consultation, *, now: datetime, words: str | None = None
) -> None:
    """None of the times that are offered fits. What it was to replace stays; `words` are for the therapist.

    Raises MoveNotAllowed if it is offered no more.
    """
    consultation = as_it_stands(db, consultation)
    if consultation.status is not Status.PROPOSED:
        raise MoveNotAllowed
    had_entry = consultation.has_entry
    consultation.make(Move.DECLINE, by=Party.CLIENT, at=now)
    row = note_row(consultation.reference)
    # What was said with a refusal that was taken back is said no more.
    consultation.sealed_note = seal(db, consultation.client.data_key, words, of=row) if words else None
    consultation.note_read_at = None
    calendar = file_of(consultation, changed_at=now) if had_entry else None
    emails.tell_of_none_taken(db, consultation, calendar=calendar, now=now)


def choose_reminders(db: Session, client: Client, *, minutes: Iterable[int], now: datetime) -> None:
    """Remind the client so many minutes before each consultation from now on; none is fine.

    Those that were confirmed before are looked at again when the reminders that are new are due.
    """
    client.reminders = ",".join(map(str, sorted(set(minutes), reverse=True)))
    for consultation in confirmed_to_come(db, client, now=now):
        remind_later(db, consultation, now=now)


def wish_for_earlier(db: Session, consultation: Consultation, *, wanted: bool, now: datetime) -> None:
    """Remember, or forget, that the client of this consultation would be glad of an earlier time.

    Raises MoveNotAllowed for one that is not confirmed.
    """
    consultation = as_it_stands(db, consultation)
    if wanted and consultation.status is not Status.CONFIRMED:
        raise MoveNotAllowed
    if wanted:
        wish(db, client_id=consultation.client_id, therapist_id=consultation.therapist_id, now=now)
    else:
        forget_wish(db, client_id=consultation.client_id)
