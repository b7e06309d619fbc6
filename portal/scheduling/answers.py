"""The therapist's answers. Each function does one whole thing; its caller commits it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import Overtaken, Refused
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling import emails
from portal.scheduling.calendar_file import file_of
from portal.scheduling.holding import Begun, as_it_stands, settle
from portal.scheduling.lifecycle import Move, MoveNotAllowed, Party, Status
from portal.scheduling.models import Consultation, HeldWindow
from portal.scheduling.words import reply_row
from portal.vault.words import seal


class NotOverYet(Refused):
    """Whether the two have met can be said once the time is over."""


def confirm_consultation(
    db: Session,
    consultation: Consultation,
    *,
    now: datetime,
    starts_at: datetime | None = None,
    version: int | None = None,
) -> None:
    """Give the client one of the times they asked for: `starts_at`, or the first that is still to come.

    The others are free at once, and one that it was to replace goes now, if it is still held (T5). `version`
    is that of the consultation as it was when somebody decided. Raises Overtaken if it has changed since, or
    the time is none of those held; MoveNotAllowed, Begun.
    """
    consultation = as_it_stands(db, consultation, version=version)
    window = _window_at(consultation, starts_at, now)
    settle(db, consultation, window, move=Move.CONFIRM, by=Party.THERAPIST, now=now)
    emails.tell_of_confirmation(db, consultation, calendar=file_of(consultation, changed_at=now), now=now)


def decline_consultation(
    db: Session,
    consultation: Consultation,
    *,
    now: datetime,
    reply: str | None = None,
    version: int | None = None,
) -> None:
    """Free the time; `reply` is for the client to read on the portal. One that it was to replace stays.

    Raises MoveNotAllowed, and Overtaken if it is not of this `version` any more.
    """
    consultation = as_it_stands(db, consultation, version=version)
    had_entry = consultation.has_entry
    consultation.make(Move.DECLINE, by=Party.THERAPIST, at=now)
    if reply:
        row = reply_row(consultation.reference)
        consultation.sealed_reply = seal(db, consultation.client.data_key, reply, of=row)
    calendar = file_of(consultation, changed_at=now) if had_entry else None
    emails.tell_of_decline(db, consultation, calendar=calendar, now=now)


def say_whether_met(db: Session, consultation: Consultation, *, met: bool, now: datetime) -> None:
    """Note that the two have met, or that they have not; what was noted before can be mended so.

    Nobody is told. Raises NotOverYet, MoveNotAllowed.
    """
    consultation = as_it_stands(db, consultation)
    if now < consultation.ends_at:
        raise NotOverYet
    consultation.make(Move.MEET if met else Move.MISS, by=Party.THERAPIST, at=now)


def read_note(db: Session, consultation: Consultation, *, seen: int | None, now: datetime) -> None:
    """The therapist has read what the client wrote about it, as it stood in the version `seen`.

    Nobody is told. Raises Overtaken if something has happened since, a line that was added for one.
    """
    consultation = as_it_stands(db, consultation, version=seen)
    if consultation.sealed_note is None or consultation.note_read_at is not None:
        return
    consultation.note_read_at = now
    client, therapist = consultation.client.reference, consultation.therapist
    note(db, What.NOTE_READ, by=therapist, about=client, subject=consultation.reference)


def keep_outside_hours(db: Session, consultation: Consultation) -> None:
    """It stays where it is, although the hours have changed since.

    Raises MoveNotAllowed if it holds no time any more.
    """
    consultation = as_it_stands(db, consultation)
    if not consultation.holds_its_time:
        raise MoveNotAllowed
    consultation.kept_outside_hours = True
    client, therapist = consultation.client.reference, consultation.therapist
    note(db, What.KEPT_OUTSIDE_HOURS, by=therapist, about=client, subject=consultation.reference)


def _window_at(consultation: Consultation, starts_at: datetime | None, now: datetime) -> HeldWindow:
    """The window that begins then, and has not begun. Raises as `confirm_consultation` says."""
    if consultation.status is not Status.REQUESTED:
        raise MoveNotAllowed
    fits = [window for window in consultation.windows if starts_at in (None, window.starts_at)]
    if not fits:
        raise Overtaken
    to_come = [window for window in fits if now < window.starts_at]
    if not to_come:
        raise Begun
    return to_come[0]
