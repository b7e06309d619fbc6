"""What the therapist is told by mail: that something is there, and never what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.mail.outbox import post


def tell_of_lamp(db: Session, client: Client, therapist: Therapist, *, again: bool, now: datetime) -> str:
    """The reference of the message. Who stands in for the client's therapist is told that they do."""
    stands_in = client.therapist_id not in {None, therapist.id}
    return post(
        db, "lamp-lit", to=therapist.email, now=now, therapist=therapist, again=again, stands_in=stands_in
    )


def tell_of_answers(db: Session, client: Client, *, now: datetime) -> None:
    """Where a practice has no therapist yet, it waits on the desk of the first one."""
    if client.therapist is not None:
        post(db, "answers-sent", to=client.therapist.email, now=now, therapist=client.therapist)
