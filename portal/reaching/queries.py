"""Finding how a client wishes to be reached."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.reaching.models import ReachingWish
from portal.reaching.wishes import Wish, unpacked
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import CANNOT_BE_OPENED, unseal


def wish_of(db: Session, client: Client) -> Wish | None:
    """What this client has said; None if they have said nothing. Raises keyring.CannotBeOpened."""
    sealed = db.scalar(select(ReachingWish.sealed_said).where(ReachingWish.client_id == client.id))
    if sealed is None:
        return None
    return unpacked(unseal(db, client.data_key, sealed, of=said_place(client.reference)))


def wish_shown(db: Session, client: Client) -> Wish | None:
    """The same for a page that shows more than this; a calm line in its place where the key is not here."""
    try:
        return wish_of(db, client)
    except CannotBeOpened:
        return Wish(words=CANNOT_BE_OPENED)


def said_place(reference: str) -> str:
    """What the vault calls the place, from the client's reference."""
    return f"reaching_wish.said:{reference}"
