"""What the therapist is told by mail: that something is there, and never what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.mail.outbox import post


def tell_of_lamp(db: Session, client: Client, *, now: datetime) -> None:
    _tell(db, client, "lamp-lit", now)


def tell_of_answers(db: Session, client: Client, *, now: datetime) -> None:
    _tell(db, client, "answers-sent", now)


def _tell(db: Session, client: Client, message: str, now: datetime) -> None:
    """Where a practice has no therapist yet, it waits on the desk of the first one."""
    if client.therapist is not None:
        post(db, message, to=client.therapist.email, now=now, therapist=client.therapist)
