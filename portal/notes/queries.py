"""Finding what a therapist has noted about a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.errors import NotFound
from portal.notes.models import Note, NotesKey
from portal.vault.models import DataKey
from portal.vault.words import shown, unseal


@dataclass(frozen=True, kw_only=True)
class Written:
    """A note as its writer reads it."""

    reference: str
    words: str
    written_at: datetime
    changed_at: datetime | None
    version: int


def notes_about(db: Session, therapist: Therapist, client: Client) -> Sequence[Written]:
    """What this therapist has noted about the client, the newest first, in one query."""
    found = db.execute(
        select(Note, DataKey)
        .join(NotesKey, NotesKey.client_id == Note.client_id)
        .join(DataKey, DataKey.id == NotesKey.data_key_id)
        .where(Note.client_id == client.id, Note.therapist_id == therapist.id)
        .order_by(Note.written_at.desc(), Note.id.desc())
    )
    return [note_shown(db, note, data_key) for note, data_key in found]


def note_shown(db: Session, note: Note, data_key: DataKey) -> Written:
    """The note as its writer reads it among others; a calm line in its place where the key is not here."""
    words = shown(db, data_key, note.sealed_words, of=words_place(note.reference))
    return _written(note, words)


def note_about(db: Session, therapist: Therapist, client: Client, reference: str) -> Note:
    """One of them. Raises NotFound, for a colleague's too."""
    note = db.scalar(
        select(Note)
        .where(Note.reference == reference, Note.client_id == client.id, Note.therapist_id == therapist.id)
        .execution_options(populate_existing=True)
    )
    if note is None:
        raise NotFound
    return note


def key_about(db: Session, client: Client) -> NotesKey | None:
    """The key of the notes about this client; none before the first."""
    return db.scalar(
        select(NotesKey).where(NotesKey.client_id == client.id).options(joinedload(NotesKey.data_key))
    )


def written(db: Session, note: Note, data_key: DataKey) -> Written:
    """The note as its writer changes it. Raises keyring.CannotBeOpened."""
    return _written(note, unseal(db, data_key, note.sealed_words, of=words_place(note.reference)))


def _written(note: Note, words: str) -> Written:
    return Written(
        reference=note.reference,
        words=words,
        written_at=note.written_at,
        changed_at=note.changed_at,
        version=note.version,
    )


def words_place(reference: str) -> str:
    """What the vault calls the place where a note's words lie."""
    return f"note.words:{reference}"
