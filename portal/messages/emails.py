"""What is told by mail of a message: that there is something, and where."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.mail.outbox import post


def tell_client(db: Session, client: Client, *, now: datetime) -> None:
    post(db, "message-for-client", to=client.email, now=now)


def tell_therapist(db: Session, therapist: Therapist, *, now: datetime) -> None:
    post(db, "message-for-therapist", to=therapist.email, now=now, therapist=therapist)
