"""What people are told by mail about erasure: that an account is closed, and never whose or why."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.mail.outbox import post


def tell_of_wish(db: Session, client: Client, *, due_at: datetime, now: datetime) -> None:
    post(db, "erasure-asked", to=client.email, now=now, due_at=due_at, zone=zone_of(client))
    _tell_therapist(db, client, "erasure-wished", due_at, now)


def tell_of_second_thoughts(db: Session, client: Client, *, now: datetime) -> None:
    post(db, "erasure-taken-back", to=client.email, now=now)
    _tell_therapist(db, client, "erasure-no-more", now, now)


def tell_of_being_listed(db: Session, client: Client, *, due_at: datetime, now: datetime) -> None:
    post(db, "erasure-foreseen", to=client.email, now=now, due_at=due_at, zone=zone_of(client))


def tell_of_end(db: Session, client: Client, *, now: datetime) -> None:
    """The last letter to this address."""
    post(db, "account-closed", to=client.email, now=now)


def _tell_therapist(db: Session, client: Client, message: str, due_at: datetime, now: datetime) -> None:
    therapist = client.therapist
    if therapist is not None:
        zone = ZoneInfo(therapist.time_zone)
        post(db, message, to=therapist.email, now=now, therapist=therapist, due_at=due_at, zone=zone)
