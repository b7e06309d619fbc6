"""What is told by mail about agreements: that there is something to read, and never what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.mail.outbox import post


def tell_of_text(db: Session, client: Client, *, now: datetime) -> None:
    post(db, "something-to-read", to=client.email, now=now)


def tell_of_withdrawal(db: Session, client: Client, *, now: datetime) -> None:
    """The client's therapist has to be loaded."""
    if client.therapist is not None:
        post(db, "agreement-changed", to=client.therapist.email, now=now, therapist=client.therapist)
