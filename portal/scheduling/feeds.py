"""The secret address at which a therapist's own calendar program finds their consultations."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.accounts.queries import take_turns
from portal.accounts.services import hash_of
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling.models import CalendarFeed


def make_feed(db: Session, therapist: Therapist, *, shows_names: bool, now: datetime) -> str:
    """The token of a new address; the one before it, if there was one, leads nowhere from now on.

    The token is told once: the table keeps only its hash.
    """
    take_turns(db, therapist.id)
    token = secrets.token_urlsafe(32)
    feed = db.get(CalendarFeed, therapist.id, populate_existing=True)
    if feed is None:
        feed = CalendarFeed(therapist_id=therapist.id)
        db.add(feed)
    feed.token_hash, feed.made_at, feed.shows_names = hash_of(token), now, shows_names
    note(db, What.FEED_MADE, by=therapist)
    return token


def revoke_feed(db: Session, therapist: Therapist) -> None:
    """The address leads nowhere from now on; without one, nothing happens."""
    take_turns(db, therapist.id)
    feed = db.get(CalendarFeed, therapist.id, populate_existing=True)
    if feed is not None:
        db.delete(feed)
        note(db, What.FEED_REVOKED, by=therapist)
