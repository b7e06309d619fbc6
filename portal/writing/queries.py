"""Finding readings as their authors see them: drafts, what is up, and all that was saved before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, load_only

from portal.accounts.models import Client, Therapist
from portal.errors import NotFound
from portal.reading.models import Reading, ReadingMark, ReadingRevision, ReadingSuggestion
from portal.reading.queries import suggestion_row
from portal.vault.words import shown

A_PAGE = 50


class Entry(NamedTuple):
    """A reading in the series as the desk lists it."""

    reference: str
    slug: str
    # Of the draft.
    title: str
    minutes: int
    version: int
    published_at: datetime | None
    # Whether the draft is another text than what is up, or was.
    is_ahead: bool


class Suggestion(NamedTuple):
    """What was suggested to a client, and what they said of it."""

    reference: str
    title: str
    is_up: bool
    suggested_at: datetime
    said_at: datetime | None
    words: str | None


_NEWEST = (
    select(ReadingRevision.reading_id, func.max(ReadingRevision.number).label("number"))
    .group_by(ReadingRevision.reading_id)
    .subquery()
)
_SERIES = (
    select(
        Reading.reference,
        Reading.slug,
        ReadingRevision.title,
        Reading.minutes,
        Reading.version,
        Reading.published_at,
        func.coalesce(ReadingRevision.version, 0) != Reading.version,
    )
    .join(_NEWEST, _NEWEST.c.reading_id == Reading.id)
    .join(
        ReadingRevision,
        (ReadingRevision.reading_id == Reading.id) & (ReadingRevision.number == _NEWEST.c.number),
    )
    .order_by(Reading.position, Reading.id)
)
_WITHOUT_TEXT = load_only(
    ReadingRevision.number,
    ReadingRevision.title,
    ReadingRevision.saved_at,
    ReadingRevision.version,
    ReadingRevision.published_at,
    raiseload=True,
)


def series(db: Session) -> Sequence[Entry]:
    """Every reading there is, in its order, in one query."""
    return [Entry(*row) for row in db.execute(_SERIES)]


def reading_called(db: Session, reference: str, *, to_change: bool = False) -> Reading:
    """Raises NotFound. `to_change` asks anew, and keeps others from it until the change is made."""
    asked = select(Reading).where(Reading.reference == reference)
    if to_change:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    reading = db.scalar(asked)
    if reading is None:
        raise NotFound
    return reading


def revisions_of(
    db: Session, reading: Reading, *, before: int | None = None
) -> tuple[Sequence[ReadingRevision], bool]:
    """A page of what was saved, newest first, without the texts; and whether there is more before it."""
    asked = select(ReadingRevision).where(ReadingRevision.reading_id == reading.id)
    if before is not None:
        asked = asked.where(ReadingRevision.number < before)
    found = db.scalars(
        asked.order_by(ReadingRevision.number.desc())
        .limit(A_PAGE + 1)
        .options(_WITHOUT_TEXT, joinedload(ReadingRevision.therapist).load_only(Therapist.name))
    ).all()
    return found[:A_PAGE], len(found) > A_PAGE


def revision_of(db: Session, reading: Reading, number: int) -> ReadingRevision:
    """One saving of this reading, with whoever made it. Raises NotFound."""
    found = db.scalar(
        select(ReadingRevision)
        .where(ReadingRevision.reading_id == reading.id, ReadingRevision.number == number)
        .options(joinedload(ReadingRevision.therapist))
    )
    if found is None:
        raise NotFound
    return found


def suggestions_for(db: Session, client: Client) -> Sequence[Suggestion]:
    """What was suggested to this client, the newest first, in one query."""
    rows = db.execute(
        select(
            Reading.reference,
            Reading.title,
            Reading.published_at.is_not(None),
            ReadingSuggestion.suggested_at,
            ReadingMark.said_at,
            ReadingSuggestion.sealed_words,
        )
        .join(ReadingSuggestion, ReadingSuggestion.reading_id == Reading.id)
        .outerjoin(ReadingMark, (ReadingMark.reading_id == Reading.id) & (ReadingMark.client_id == client.id))
        .where(ReadingSuggestion.client_id == client.id)
        .order_by(ReadingSuggestion.suggested_at.desc(), Reading.id)
    )
    return [
        Suggestion(*row[:5], None if row[5] is None else _words(db, client, row[0], row[5])) for row in rows
    ]


def _words(db: Session, client: Client, reference: str, sealed: bytes) -> str:
    return shown(db, client.data_key, sealed, of=suggestion_row(client.reference, reference))
