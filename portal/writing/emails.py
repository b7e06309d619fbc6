"""What is told by mail of a reading: that there is something to read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.mail.outbox import post


def tell_of_suggestion(db: Session, client: Client, *, now: datetime) -> None:
    post(db, "reading-suggested", to=client.email, now=now)
