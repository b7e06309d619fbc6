"""Therapists with full weeks, and as many clients as a benchmark wants of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portal.accounts.models import Client, Therapist
from portal.accounts.services import add_client, add_therapist
from portal.database import transaction
from portal.diary.services import set_hours


def therapist_with_clients(
    number: int, now: datetime, *, hours: tuple[int, int] = (9 * 60, 17 * 60)
) -> tuple[Therapist, Callable[[int], list[Client]]]:
    """Somebody who takes consultations in these minutes of every day, and a way to have so many clients."""
    with transaction() as db:
        therapist = add_therapist(
            db,
            name=f"Therapist {number}",
            email=f"therapist-{number}@foyer.example",
            password_hash="unusable",
            time_zone="Europe/London",
            now=now,
        )
        db.flush()
        # The ordinary hours of the others would make a poor month; these make a full one.
        set_hours(db, therapist, [(weekday, *hours, 0) for weekday in range(1, 8)], now=now)

    def clients(many: int) -> list[Client]:
        with transaction() as db:
            made = []
            for client in range(many):
                email = f"client-{number}-{client}@foyer.example"
                made.append(add_client(db, email=email, password_hash="unusable", now=now, proved=True))
                made[-1].therapist = therapist
            db.flush()
        return made

    return therapist, clients
