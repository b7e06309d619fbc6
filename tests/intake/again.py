"""A client as a request would find them."""

from __future__ import annotations

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client


def again(db: Session, client: Client) -> Client:
    """With key and therapist, in this session, whatever has become of them where they came from."""
    [number] = inspect(client).identity
    return db.scalars(
        select(Client)
        .where(Client.id == number)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
        .execution_options(populate_existing=True)
    ).one()
