"""Lighting a lamp: whoever is to see an answer today is told of it, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.intake import emails
from portal.intake.models import Intake, Lamp


def light(db: Session, client: Client, intake: Intake, link_id: str, *, changed: bool, now: datetime) -> None:
    """Once for a question, until the therapist has seen it; another answer after that lights it anew (W5)."""
    lamp = db.scalar(
        select(Lamp)
        .where(Lamp.intake_id == intake.id, Lamp.link_id == link_id)
        .execution_options(populate_existing=True)
    )
    if lamp is None:
        db.add(Lamp(client_id=client.id, intake_id=intake.id, link_id=link_id, lit_at=now))
    elif lamp.seen_at is not None and changed:
        lamp.lit_at, lamp.seen_at = now, None
    else:
        return
    emails.tell_of_lamp(db, client, now=now)
