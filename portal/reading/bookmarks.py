"""Where a client is in a reading: kept for them alone, and only if they allow it."""

from __future__ import annotations

import json

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.errors import Refused
from portal.reading.models import Bookmarks, Reading
from portal.reading.queries import bookmarks_of, places_in, places_row
from portal.reading.rendering import blocks_of
from portal.vault.words import seal

# Every text that is sealed is as long as any other with so few places: its length tells of none.
_PADDED_TO = 2_000


class PlacesNotKept(Refused):
    """The client does not allow it, or no longer."""


def allow_places(db: Session, client: Client) -> None:
    """From now on their places are kept; allowing it twice, or in two tabs, is allowing it once."""
    if bookmarks_of(db, client) is not None:
        return
    try:
        with db.begin_nested():
            db.add(Bookmarks(client_id=client.id, sealed_places=_sealed(db, client, {})))
    except IntegrityError:
        return


def forget_places(db: Session, client: Client) -> None:
    """Nothing is kept from now on, and nothing is left of what was."""
    db.execute(delete(Bookmarks).where(Bookmarks.client_id == client.id))


def keep_place(db: Session, client: Client, reading: Reading, block: int) -> None:
    """They are at this block of the reading; at the last one they have been through, and no place is kept.

    Raises PlacesNotKept.
    """
    row = bookmarks_of(db, client, to_change=True)
    if row is None:
        raise PlacesNotKept
    places = dict(places_in(db, client, row.sealed_places))
    places.pop(reading.reference, None)
    if 1 < block < len(blocks_of(reading.markdown)):
        places[reading.reference] = block
    row.sealed_places = _sealed(db, client, places)


def _sealed(db: Session, client: Client, places: dict[str, int]) -> bytes:
    plain = json.dumps(places)
    room = -len(plain) % _PADDED_TO
    return seal(db, client.data_key, plain + " " * room, of=places_row(client.reference))
