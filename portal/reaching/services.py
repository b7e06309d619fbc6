"""Keeping how a client wishes to be reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.journal.lines import What
from portal.journal.noting import note
from portal.reaching.models import ReachingWish
from portal.reaching.queries import said_place
from portal.reaching.wishes import Wish, packed
from portal.vault.words import seal


def say_how_to_reach(db: Session, client: Client, wish: Wish, *, now: datetime) -> None:
    """Keep the wish in the place of whatever was said before; a number only if it may be used."""
    kept = Wish(calls=wish.calls, phone=wish.phone if wish.may_phone else "", words=wish.words)
    sealed = seal(db, client.data_key, packed(kept), of=said_place(client.reference))
    db.merge(ReachingWish(client_id=client.id, sealed_said=sealed, said_at=now))
    note(db, What.REACHING_SAID, by=client, about=client.reference)
