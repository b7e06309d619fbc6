"""Finding who waits for an earlier time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client
from portal.statements import rows
from portal.waiting.models import EarlierWish

_ANYBODY = select(EarlierWish.client_id).where(EarlierWish.therapist_id == bindparam("therapist_id")).limit(1)


def anybody_waits(db: Session, therapist_id: int) -> bool:
    """Whether anybody wants to be told when something earlier opens; else nobody need look what has."""
    return bool(rows(db, _ANYBODY, {"therapist_id": therapist_id}))


def wishes_earlier(db: Session, client: Client) -> bool:
    """Whether the client wants to be told when something earlier opens."""
    return db.get(EarlierWish, client.id) is not None


def who_waits(db: Session, therapist_id: int) -> Sequence[Client]:
    """Who would be glad of an earlier time, the oldest wish first; with data key and therapist."""
    return db.scalars(
        select(Client)
        .join(EarlierWish, EarlierWish.client_id == Client.id)
        .where(EarlierWish.therapist_id == therapist_id)
        .order_by(EarlierWish.wished_at, EarlierWish.client_id)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
    ).all()
