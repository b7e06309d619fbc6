"""Writing, changing and removing a note."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import take_turns
from portal.database import new_reference
from portal.errors import Overtaken
from portal.notes.models import Note, NotesKey
from portal.notes.queries import key_about, note_about, words_place
from portal.vault.models import DataKey
from portal.vault.words import make_data_key, seal


def write_note(db: Session, therapist: Therapist, client: Client, words: str, *, now: datetime) -> Note:
    """Keep these words about the client, for this therapist alone."""
    # Of two first notes at once the second waits, and then finds the key of the first.
    take_turns(db, therapist.id)
    reference = new_reference()
    note = Note(
        reference=reference,
        client_id=client.id,
        therapist_id=therapist.id,
        sealed_words=seal(db, _key(db, client, now), words, of=words_place(reference)),
        written_at=now,
    )
    db.add(note)
    return note


def change_note(
    db: Session,
    therapist: Therapist,
    client: Client,
    reference: str,
    words: str,
    *,
    seen: int | None,
    now: datetime,
) -> None:
    """Put these words in the place of a note's that stood in its version `seen`.

    Raises NotFound, for a colleague's too, and Overtaken if it was changed since, with nothing done.
    """
    note = note_about(db, therapist, client, reference)
    if note.version != seen:
        raise Overtaken
    note.sealed_words = seal(db, _key(db, client, now), words, of=words_place(reference))
    note.changed_at = now


def remove_note(db: Session, therapist: Therapist, client: Client, reference: str) -> None:
    """Forget a note. Raises NotFound, for a colleague's too."""
    db.delete(note_about(db, therapist, client, reference))


def _key(db: Session, client: Client, now: datetime) -> DataKey:
    kept = key_about(db, client)
    if kept is None:
        kept = NotesKey(client_id=client.id, data_key=make_data_key(db, now=now))
        db.add(kept)
    return kept.data_key
