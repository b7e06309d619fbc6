"""What can be done with whose clients somebody is: passed on, put away, brought back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts.leading import colleague_called
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import client_of, take_turns
from portal.clients import emails
from portal.clients.queries import holds_time_with, moved_since
from portal.errors import Refused
from portal.intake.models import Lamp
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling.lifecycle import UNDONE_WITHIN
from portal.waiting.models import EarlierWish


class HoldsTime(Refused):
    """A time of theirs is asked for, offered or confirmed, or nobody has said whether the two have met."""


class CanBeUndone(Refused):
    """Something of the last ten minutes can still be taken back, and would hold time again."""


class LampLit(Refused):
    """An answer of theirs is to be looked at today, and nobody has yet."""


def assign_client(
    db: Session, therapist: Therapist, reference: str, *, to: str, now: datetime
) -> tuple[Client, Therapist]:
    """Pass a client on to the colleague with this reference, who sees from now on what they sent.

    Whatever the first of the two wrote or was asked for stays theirs. Nothing may hold time, so that no
    request is left without its therapist (T4) and no time is held in vain. The client is told. Raises
    HoldsTime, CanBeUndone, NotFound.
    """
    take_turns(db, therapist.id)
    client, colleague = client_of(db, therapist, reference), colleague_called(db, to)
    if holds_time_with(db, client):
        raise HoldsTime
    if moved_since(db, client, now - UNDONE_WITHIN):
        raise CanBeUndone
    if colleague.id == therapist.id:
        return client, colleague
    # It was for a time of the other's.
    db.execute(delete(EarlierWish).where(EarlierWish.client_id == client.id))
    client.therapist_id = colleague.id
    note(db, What.CLIENT_PASSED_ON, by=therapist, about=client.reference, subject=colleague.reference)
    emails.tell_of_colleague(db, client, colleague, now=now)
    emails.tell_of_new_client(db, colleague, now=now)
    return client, colleague


def archive_client(db: Session, therapist: Therapist, reference: str, *, now: datetime) -> Client:
    """Put a client away: they leave the lists and the queue, and can still sign in.

    Whatever they do later brings them back by itself. Raises HoldsTime, LampLit, NotFound.
    """
    take_turns(db, therapist.id)
    client = client_of(db, therapist, reference)
    if holds_time_with(db, client):
        raise HoldsTime
    unseen = select(Lamp.id).where(Lamp.client_id == client.id, Lamp.seen_at.is_(None))
    if db.scalar(unseen.limit(1)) is not None:
        raise LampLit
    client.archived_at = now
    note(db, What.CLIENT_PUT_AWAY, by=therapist, about=client.reference)
    return client


def bring_back(db: Session, therapist: Therapist, reference: str) -> Client:
    """The client stands on the lists again, where they stood. Raises NotFound."""
    client = client_of(db, therapist, reference)
    client.archived_at = None
    note(db, What.CLIENT_BROUGHT_BACK, by=therapist, about=client.reference)
    return client
