"""Finding how a client wishes to be reached."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.reaching.models import ReachingWish
from portal.reaching.wishes import Wish, unpacked
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import unseal


@dataclass(frozen=True, kw_only=True)
class WishShown:
    """A wish as the desk sees it: None if they have said nothing, or if the key is not here."""

    wish: Wish | None = None
    is_locked: bool = False


def wish_of(db: Session, client: Client) -> Wish | None:
    """What this client has said; None if they have said nothing. Raises keyring.CannotBeOpened."""
    sealed = db.scalar(select(ReachingWish.sealed_said).where(ReachingWish.client_id == client.id))
    if sealed is None:
        return None
    return _opened(db, client, sealed)


def wish_shown(db: Session, client: Client, sealed: bytes | None) -> WishShown:
    """What lies sealed in the client's row, for a page that shows more than this."""
    if sealed is None:
        return WishShown()
    try:
        return WishShown(wish=_opened(db, client, sealed))
    except CannotBeOpened:
        return WishShown(is_locked=True)


def _opened(db: Session, client: Client, sealed: bytes) -> Wish:
    return unpacked(unseal(db, client.data_key, sealed, of=said_place(client.reference)))


def said_place(reference: str) -> str:
    """What the vault calls the place, from the client's reference."""
    return f"reaching_wish.said:{reference}"
