"""What a client does with passages: keeps them, writes a line about them, shares each or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.database import new_reference
from portal.errors import NotFound, Refused
from portal.journal.lines import What
from portal.journal.noting import note
from portal.reading.models import KeptPassage, Reading
from portal.reading.queries import Kept, kept, kept_by, kept_of, line_row, passage_row, text_of_version
from portal.reading.rendering import Block, blocks_of
from portal.vault.words import seal

MOST_KEPT = 100
MOST_CHARACTERS = 5_000
MOST_OF_A_LINE = 2_000


class NotInTheText(Refused):
    """These words do not stand in the reading as the client saw it."""


class PassageTooLong(Refused):
    """More than anybody would find again."""


class TooManyKept(Refused):
    """So many that one has to go first."""


class LineWrittenElsewhere(Refused):
    """The line has been changed since the page was drawn, and differs from what the page sends."""

    def __init__(self, stored: Kept) -> None:
        super().__init__(stored.reference)
        self.stored = stored


class NobodyToShareWith(Refused):
    """The client has no therapist here yet."""


class Pointed(NamedTuple):
    """What a client points at: words, or a whole block, of a version of a reading."""

    version: int
    block: int
    # None for the whole block.
    words: str | None = None


def keep_passage(db: Session, client: Client, reading: Reading, at: Pointed, *, now: datetime) -> KeptPassage:
    """Keep it as it stands in the version that the client saw; what is kept already is kept once.

    Raises NotInTheText, PassageTooLong, TooManyKept.
    """
    words = _words_at(_blocks(db, reading, at), at)
    if len(words) > MOST_CHARACTERS:
        raise PassageTooLong
    # Two presses at once wait here for one another, and the second finds the first one's passage.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    already = kept_by(db, client)
    for each in already:
        if (each.reading, each.block, each.words) == (reading.reference, at.block, words):
            return kept_of(db, client, each.reference)
    if len(already) >= MOST_KEPT:
        raise TooManyKept
    reference = new_reference()
    plain = {"title": reading.title, "reading": reading.reference, "block": at.block, "words": words}
    sealed = seal(db, client.data_key, json.dumps(plain), of=passage_row(reference))
    passage = KeptPassage(
        reference=reference, client_id=client.id, sealed_passage=sealed, revision=0, kept_at=now
    )
    db.add(passage)
    return passage


def write_line(db: Session, client: Client, reference: str, line: str, *, based_on: int) -> KeptPassage:
    """The client's own line about a passage; an empty one takes it away. Raises NotFound.

    `based_on` is the revision that the page showed. Raises LineWrittenElsewhere.
    """
    passage = kept_of(db, client, reference, to_change=True)
    stored = kept(db, client, passage)
    if (stored.line or "") == line:
        return passage
    if passage.revision != based_on:
        raise LineWrittenElsewhere(stored)
    passage.sealed_line = seal(db, client.data_key, line, of=line_row(reference)) if line else None
    passage.revision += 1
    return passage


def share_passage(db: Session, client: Client, reference: str, *, now: datetime) -> None:
    """Their therapist sees it from now on, with the line as it is at any time. Raises NobodyToShareWith."""
    if client.therapist_id is None:
        raise NobodyToShareWith
    passage = kept_of(db, client, reference, to_change=True)
    if passage.shared_with_id != client.therapist_id:
        passage.shared_with_id, passage.shared_at = client.therapist_id, now
        note(db, What.PASSAGE_SHARED, by=client, about=client.reference, subject=reference)


def take_passage_back(db: Session, client: Client, reference: str) -> None:
    """Nobody but the client sees it any more."""
    passage = kept_of(db, client, reference, to_change=True)
    if passage.shared_with_id is not None:
        passage.shared_with_id = passage.shared_at = None
        note(db, What.PASSAGE_TAKEN_BACK, by=client, about=client.reference, subject=reference)


def let_passage_go(db: Session, client: Client, reference: str) -> None:
    """Nothing is left of it, nor of the line; what is gone already is gone."""
    try:
        db.delete(kept_of(db, client, reference, to_change=True))
    except NotFound:
        return


def _blocks(db: Session, reading: Reading, at: Pointed) -> Sequence[Block]:
    try:
        return blocks_of(text_of_version(db, reading, at.version))
    except NotFound:
        raise NotInTheText from None


def _words_at(blocks: Sequence[Block], at: Pointed) -> str:
    if not 1 <= at.block <= len(blocks):
        raise NotInTheText
    if at.words is None:
        if not blocks[at.block - 1].is_words:
            raise NotInTheText
        return blocks[at.block - 1].text
    # As the page shows it: a browser puts blanks and line breaks between the words as it likes.
    chosen = _together(at.words)
    if not chosen or chosen not in _together("".join(block.text for block in blocks[at.block - 1 :])):
        raise NotInTheText
    return "\n".join(filter(None, (" ".join(line.split()) for line in at.words.splitlines())))


def _together(text: str) -> str:
    return "".join(text.split())
