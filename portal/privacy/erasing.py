"""Erasing a client in two steps: first their times and a last letter, then, once that is out, everything."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.places import end_all_places
from portal.jobs.queue import enqueue
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.privacy import emails
from portal.privacy.models import Erasure
from portal.privacy.queries import client_called, erasure_of, unsent_letters_to
from portal.privacy.retention import LETTERS_AWAITED, Reason
from portal.privacy.services import ERASE
from portal.safekeeping.forgetting import forget_client
from portal.scheduling.choosing import decline_proposal
from portal.scheduling.lifecycle import Party, Status, TooLateToChange
from portal.scheduling.queries import consultation_called, consultations_of
from portal.scheduling.services import cancel_consultation

_LOOK_AGAIN = timedelta(minutes=5)


def order_erasure(db: Session, client: Client, *, now: datetime) -> None:
    """The operator has it done now, without the days to think again."""
    erasure = erasure_of(db, client)
    if erasure is None:
        erasure = Erasure(client_id=client.id, reason=Reason.ASKED, begun_at=now, due_at=now)
        db.add(erasure)
    erasure.due_at = min(erasure.due_at, now)
    enqueue(db, ERASE, subject=client.reference, due_at=now)


def go_on_erasing(db: Session, reference: str, *, now: datetime) -> bool:
    """Do the step that is due for the client of this reference; whether everything of theirs is erased.

    Whoever has taken it back, or has a time that goes on in this moment, is left alone, the latter until it
    is over. Raises NotFound.
    """
    client = client_called(db, reference)
    if client.erased_at is not None:
        return True
    # Of two workers the second waits for the first, and sees what it has done.
    erasure = erasure_of(db, client, to_change=True)
    if erasure is None or now < erasure.due_at:
        return False
    if erasure.closing_since is None:
        ends = _end_of_what_goes_on(db, client, now)
        if ends is None:
            _close(db, client, erasure, now)
        enqueue(db, ERASE, subject=reference, due_at=ends or now + _LOOK_AGAIN)
        return False
    if unsent_letters_to(db, client.email) and now - erasure.closing_since < LETTERS_AWAITED:
        look_again(db, reference, now=now)
        return False
    erase(db, client, now=now)
    return True


def look_again(db: Session, reference: str, *, now: datetime) -> None:
    """Have a worker go on with it in a while."""
    enqueue(db, ERASE, subject=reference, due_at=now + _LOOK_AGAIN)


def erase(db: Session, client: Client, *, now: datetime) -> None:
    """Everything of theirs is gone with this transaction. Nothing of theirs may hold a time any more."""
    forget_client(db, client, now=now)
    note(db, What.ERASED, by=Hand.PORTAL, about=client.reference)


def forget_erasure(db: Session, client: Client, *, now: datetime) -> None:
    """What this feature keeps of a client is that they are to be erased."""
    erasure = erasure_of(db, client)
    if erasure is not None:
        db.delete(erasure)


def _close(db: Session, client: Client, erasure: Erasure, now: datetime) -> None:
    """Their times to come are cancelled as if by them, they are signed out, and get a last letter."""
    for held in consultations_of(db, client, since=now):
        _cancel(db, held.reference, held.status, now)
    end_all_places(db, client)
    emails.tell_of_end(db, client, now=now)
    erasure.closing_since = now


def _cancel(db: Session, reference: str, status: Status, now: datetime) -> None:
    consultation = consultation_called(db, reference)
    if status is Status.PROPOSED:
        decline_proposal(db, consultation, now=now)
        return
    try:
        cancel_consultation(db, consultation, by=Party.CLIENT, now=now)
    except TooLateToChange:
        cancel_consultation(db, consultation, by=Party.THERAPIST, now=now)


def _end_of_what_goes_on(db: Session, client: Client, now: datetime) -> datetime | None:
    """Two who are meeting now are not interrupted."""
    going_on = [held.ends_at for held in consultations_of(db, client, since=now) if held.starts_at <= now]
    return max(going_on, default=None)
