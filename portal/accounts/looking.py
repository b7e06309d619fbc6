"""Whoever opens what a client sent is written down, before it is shown to them (P4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock
from portal.accounts.models import Client, Therapist
from portal.database import current_db, transaction
from portal.journal.lines import What
from portal.journal.noting import note
from portal.journal.queries import is_noted_since

# Who turns pages to and fro has opened it once. Pages that show when somebody looked say so.
ONCE_WITHIN = timedelta(minutes=15)


def note_opening(what: What, therapist: Therapist, client: Client, *, subject: str | None = None) -> None:
    """The one thing that opening a page writes. If it cannot be written, the page is not shown."""
    if not is_noted_since(
        current_db(),
        what,
        person=therapist.reference,
        about=client.reference,
        subject=subject,
        since=counts_since(clock.now()),
    ):
        write_opening(what, therapist, client, subject=subject)


def write_opening(what: What, therapist: Therapist, client: Client, *, subject: str | None = None) -> None:
    """The same where it is known already that it has not been written lately."""
    with transaction() as db:
        note(db, what, by=therapist, about=client.reference, subject=subject)


def counts_since(now: datetime) -> datetime:
    """From when on an opening that is written down stands for this one as well."""
    return now - ONCE_WITHIN
