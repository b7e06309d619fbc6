"""Deriving anew what is kept of clients beside their rows, some at a time, for as many as there are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.clients.finding import keep_beginnings
from portal.clients.following import write_down

_AT_ONCE = 500


def clients_after(db: Session, client_id: int) -> list[int]:
    """The numbers of the next clients behind this one; none at the end."""
    following = select(Client.id).where(Client.id > client_id).order_by(Client.id).limit(_AT_ONCE)
    return list(db.scalars(following))


def derive(db: Session, client_ids: list[int], *, now: datetime) -> None:
    """How far these have come, and by what they are found, from what is stored."""
    write_down(db, set(client_ids))
    keep_beginnings(db, client_ids, now=now)
    # Nothing of them is needed again.
    db.expunge_all()
