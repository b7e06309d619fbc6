"""A therapist suggests a reading to a client, and can take that back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.errors import NotFound
from portal.journal.lines import What
from portal.journal.noting import note
from portal.reading.models import Reading, ReadingSuggestion
from portal.reading.queries import suggestion_row
from portal.statements import carry_out
from portal.vault.words import seal
from portal.writing import emails


def suggest_reading(
    db: Session, therapist: Therapist, client: Client, reference: str, *, words: str, now: datetime
) -> None:
    """The client finds it on their first page, with these words if there are any. Raises NotFound.

    Suggested again, it is there again, with the new words. A mail says so once, and says nothing of it.
    """
    # Two presses at once wait here for one another, and one mail goes out.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    reading = db.scalar(
        select(Reading).where(Reading.reference == reference, Reading.published_at.is_not(None))
    )
    if reading is None:
        raise NotFound
    row = db.get(ReadingSuggestion, (client.id, reading.id), populate_existing=True)
    is_there_already = row is not None and not row.put_away
    if row is None:
        row = ReadingSuggestion(client_id=client.id, reading_id=reading.id)
        db.add(row)
    row.therapist_id, row.suggested_at, row.put_away = therapist.id, now, False
    row.sealed_words = (
        seal(db, client.data_key, words, of=suggestion_row(client.reference, reference)) if words else None
    )
    if not is_there_already:
        emails.tell_of_suggestion(db, client, now=now)
    note(db, What.READING_SUGGESTED, by=therapist, about=client.reference, subject=reference)


def take_suggestion_back(db: Session, therapist: Therapist, client: Client, reference: str) -> None:
    """The client is no longer shown it as suggested; taken back twice, it is taken back once."""
    reading = select(Reading.id).where(Reading.reference == reference).scalar_subquery()
    theirs = delete(ReadingSuggestion).where(
        ReadingSuggestion.client_id == client.id, ReadingSuggestion.reading_id == reading
    )
    if carry_out(db, theirs, {}):
        note(db, What.SUGGESTION_TAKEN_BACK, by=therapist, about=client.reference, subject=reference)
