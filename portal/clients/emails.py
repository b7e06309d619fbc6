"""Who is told that a client has been passed on to a colleague."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.mail.outbox import post


def tell_of_colleague(db: Session, client: Client, colleague: Therapist, *, now: datetime) -> None:
    post(db, "colleague-answers", to=client.email, now=now, colleague=colleague)


def tell_of_new_client(db: Session, colleague: Therapist, *, now: datetime) -> None:
    post(db, "answers-sent", to=colleague.email, now=now, therapist=colleague)
