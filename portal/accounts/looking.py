"""Whoever opens what a client sent is written down, before it is shown to them (P4)."""

from __future__ import annotations

from datetime import timedelta

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
    about, since = client.reference, clock.now() - ONCE_WITHIN
    if not is_noted_since(
        current_db(), what, person=therapist.reference, about=about, subject=subject, since=since
    ):
        with transaction() as db:
            note(db, what, by=therapist, about=about, subject=subject)
