"""Finding readings, and what clients said about them, kept of them and are shown of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Row, Select, bindparam, null, or_, select, union_all
from sqlalchemy.orm import Session, load_only

from portal.accounts.models import Client, Therapist
from portal.errors import NotFound
from portal.reading.models import (
    Bookmarks,
    KeptPassage,
    Reading,
    ReadingAddress,
    ReadingMark,
    ReadingRevision,
    ReadingSuggestion,
)
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import CANNOT_BE_OPENED, shown, unseal


class Moved(NotFound):
    """The reading has another address now: its new slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class FirstReading(NamedTuple):
    """The first reading of the series, as the way to it shows it."""

    slug: str
    title: str
    minutes: int
    said_at: datetime | None


class Suggested(NamedTuple):
    """A therapist's suggestion as its client sees it."""

    slug: str
    title: str
    minutes: int
    by: str
    words: str | None


class Found(NamedTuple):
    """A published reading with its text, and all that concerns this client in it."""

    reading: Reading
    # When they said that they have read it.
    said_at: datetime | None
    suggested: Suggested | None
    # Whether their places are kept at all, and where they were in this one.
    keeps_place: bool
    place: int | None


class Listed(NamedTuple):
    """A reading of the series as the list of it shows it to one client."""

    reading: Reading
    said_at: datetime | None
    suggested: Suggested | None


class Met(NamedTuple):
    """A reading that a client said they have read, or that was suggested to them."""

    title: str
    said_at: datetime | None
    suggested_at: datetime | None
    is_up: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A passage that a client keeps, with their own line."""

    reference: str
    # Of the reading, as both were when it was kept.
    title: str
    reading: str
    block: int
    words: str
    line: str | None
    revision: int
    kept_at: datetime
    shared_at: datetime | None
    shared_with_id: int | None


_SERIES = select(Reading).where(Reading.published_at.is_not(None)).order_by(Reading.position, Reading.id)
_WITHOUT_TEXT = load_only(
    Reading.reference, Reading.slug, Reading.title, Reading.summary, Reading.minutes, raiseload=True
)
_LISTED = _SERIES.options(_WITHOUT_TEXT)
_OF_CLIENT: BindParameter[int] = bindparam("client_id")
_WITH_MARK = (
    select(Reading, ReadingMark.said_at)
    .outerjoin(ReadingMark, (ReadingMark.reading_id == Reading.id) & (ReadingMark.client_id == _OF_CLIENT))
    .where(Reading.published_at.is_not(None))
    .order_by(Reading.position, Reading.id)
)
# The columns of a FirstReading, at most one row. The page that every client meets first asks it, together
# with what else it has to know.
FIRST_READING = _WITH_MARK.with_only_columns(
    Reading.slug, Reading.title, Reading.minutes, ReadingMark.said_at, maintain_column_froms=True
).limit(1)


def _with_suggestion(found: Select[Reading, datetime]) -> Select[Any, *tuple[Any, ...]]:
    mine = (ReadingSuggestion.reading_id == Reading.id) & (ReadingSuggestion.client_id == _OF_CLIENT)
    return (
        found.outerjoin(ReadingSuggestion, mine)
        .outerjoin(Therapist, Therapist.id == ReadingSuggestion.therapist_id)
        .add_columns(Therapist.name.label("by"), ReadingSuggestion.sealed_words)
    )


_LISTED_FOR = _with_suggestion(_WITH_MARK).options(_WITHOUT_TEXT)
_BY_SLUG = (
    _with_suggestion(_WITH_MARK)
    .outerjoin(Bookmarks, Bookmarks.client_id == _OF_CLIENT)
    .add_columns(Bookmarks.sealed_places)
    .where(Reading.slug == bindparam("slug"))
)
_MOVED = (
    select(Reading.slug)
    .join(ReadingAddress, ReadingAddress.reading_id == Reading.id)
    .where(ReadingAddress.slug == bindparam("slug"), Reading.published_at.is_not(None))
)
# What the page of the next step says of suggestions: the newest that the client has neither put away nor, as
# they said, read since; together with what else it asks for.
OPEN_SUGGESTION = (
    select(
        Reading.slug,
        Reading.title,
        Reading.minutes,
        Therapist.name.label("by"),
        ReadingSuggestion.sealed_words,
        Reading.reference,
    )
    .join(ReadingSuggestion, ReadingSuggestion.reading_id == Reading.id)
    .join(Therapist, Therapist.id == ReadingSuggestion.therapist_id)
    .outerjoin(ReadingMark, (ReadingMark.reading_id == Reading.id) & (ReadingMark.client_id == _OF_CLIENT))
    .where(
        ReadingSuggestion.client_id == _OF_CLIENT,
        ReadingSuggestion.put_away.is_(False),
        or_(ReadingMark.said_at.is_(None), ReadingMark.said_at < ReadingSuggestion.suggested_at),
        Reading.published_at.is_not(None),
    )
    .order_by(ReadingSuggestion.suggested_at.desc(), Reading.id)
    .limit(1)
)
# Of what they met the columns of a Met, of what they share only which passage it is.
_MET_AND_SHARED = union_all(
    select(
        Reading.title,
        ReadingMark.said_at,
        ReadingSuggestion.suggested_at,
        Reading.published_at.is_not(None),
        Reading.position,
        Reading.id,
        null().label("passage_id"),
    )
    .outerjoin(ReadingMark, (ReadingMark.reading_id == Reading.id) & (ReadingMark.client_id == _OF_CLIENT))
    .outerjoin(
        ReadingSuggestion,
        (ReadingSuggestion.reading_id == Reading.id) & (ReadingSuggestion.client_id == _OF_CLIENT),
    )
    .where(or_(ReadingMark.said_at.is_not(None), ReadingSuggestion.suggested_at.is_not(None))),
    select(*[null()] * 6, KeptPassage.id).where(
        KeptPassage.client_id == _OF_CLIENT, KeptPassage.shared_with_id == bindparam("therapist_id")
    ),
).subquery()
_MET_AND_PASSAGES = (
    select(_MET_AND_SHARED, KeptPassage)
    .outerjoin(KeptPassage, KeptPassage.id == _MET_AND_SHARED.c.passage_id)
    .order_by(
        _MET_AND_SHARED.c.position,
        _MET_AND_SHARED.c.id,
        KeptPassage.shared_at.desc(),
        KeptPassage.id.desc(),
    )
)
_KEPT = select(KeptPassage).where(KeptPassage.client_id == _OF_CLIENT).order_by(KeptPassage.id.desc())


def published_readings(db: Session) -> Sequence[Reading]:
    """The series as clients see it, in its order, without the texts."""
    return db.scalars(_LISTED).all()


def readings_for(db: Session, client: Client) -> Sequence[Listed]:
    """The series as this client sees it, in its order, without the texts."""
    rows = db.execute(_LISTED_FOR, {"client_id": client.id}).all()
    return [Listed(row[0], row[1], _suggested(db, client, row)) for row in rows]


def reading_for(db: Session, client: Client, slug: str) -> Found:
    """A published reading, for this client. Raises NotFound, and Moved if it has another address now."""
    row = db.execute(_BY_SLUG, {"client_id": client.id, "slug": slug}).first()
    if row is None:
        moved = db.scalar(_MOVED, {"slug": slug})
        raise NotFound if moved is None else Moved(moved)
    keeps = row.sealed_places is not None
    places: Mapping[str, int] = {}
    with contextlib.suppress(CannotBeOpened):
        places = places_in(db, client, row.sealed_places) if keeps else {}
    return Found(row[0], row[1], _suggested(db, client, row), keeps, places.get(row[0].reference))


def kept_by(db: Session, client: Client) -> Sequence[Kept]:
    """All that this client keeps, newest first."""
    return [_kept_shown(db, client, each) for each in db.scalars(_KEPT, {"client_id": client.id})]


def kept_of(db: Session, client: Client, reference: str, *, to_change: bool = False) -> KeptPassage:
    """One of this client's passages. Raises NotFound. `to_change` asks anew, and keeps others from it."""
    asked = select(KeptPassage).where(KeptPassage.client_id == client.id, KeptPassage.reference == reference)
    if to_change:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    found = db.scalar(asked)
    if found is None:
        raise NotFound
    return found


def met_and_shared_by(
    db: Session, therapist: Therapist, client: Client
) -> tuple[Sequence[Met], Sequence[Kept]]:
    """What this client read, as they say, or was suggested to them, in the series' order; what they share.

    That is shared with this therapist, and shown as it is now, what was shared last first. In one query.
    """
    found = db.execute(_MET_AND_PASSAGES, {"client_id": client.id, "therapist_id": therapist.id}).all()
    met = [Met(*row[:4]) for row in found if row[-1] is None]
    return met, [_kept_shown(db, client, row[-1]) for row in found if row[-1] is not None]


def text_of_version(db: Session, reading: Reading, version: int) -> str:
    """The Markdown of this reading as it was published then. Raises NotFound."""
    if version == reading.version:
        return reading.markdown
    if not 0 < version < reading.version:
        raise NotFound
    markdown = db.scalar(
        select(ReadingRevision.markdown).where(
            ReadingRevision.reading_id == reading.id, ReadingRevision.version == version
        )
    )
    if markdown is None:
        raise NotFound
    return markdown


def bookmarks_of(db: Session, client: Client, *, to_change: bool = False) -> Bookmarks | None:
    """The row of whoever allows it. `to_change` asks anew, and keeps others from it."""
    if not to_change:
        return db.get(Bookmarks, client.id)
    return db.get(Bookmarks, client.id, populate_existing=True, with_for_update=True)


def places_in(db: Session, client: Client, sealed: bytes) -> Mapping[str, int]:
    """Where the client is, by the references of readings."""
    places: dict[str, int] = json.loads(unseal(db, client.data_key, sealed, of=places_row(client.reference)))
    return places


def suggested(db: Session, client: Client, row: Sequence[Any]) -> Suggested:
    """The suggestion in the columns of OPEN_SUGGESTION."""
    slug, title, minutes, by, sealed_words, reference = row
    return Suggested(slug, title, minutes, by, _words(db, client, reference, sealed_words))


def kept(db: Session, client: Client, row: KeptPassage) -> Kept:
    """As its line is written on. Raises keyring.CannotBeOpened."""
    passage = json.loads(unseal(db, client.data_key, row.sealed_passage, of=passage_row(row.reference)))
    line = row.sealed_line
    words = None if line is None else unseal(db, client.data_key, line, of=line_row(row.reference))
    return _kept(row, passage, words)


def _kept_shown(db: Session, client: Client, row: KeptPassage) -> Kept:
    """As it is read; a calm line in its place where the key is not here."""
    try:
        return kept(db, client, row)
    except CannotBeOpened:
        return _kept(row, {"title": "", "reading": "", "block": 0, "words": CANNOT_BE_OPENED}, None)


def _kept(row: KeptPassage, passage: Mapping[str, Any], line: str | None) -> Kept:
    return Kept(
        reference=row.reference,
        title=passage["title"],
        reading=passage["reading"],
        block=passage["block"],
        words=passage["words"],
        line=line,
        revision=row.revision,
        kept_at=row.kept_at,
        shared_at=row.shared_at,
        shared_with_id=row.shared_with_id,
    )


def passage_row(reference: str) -> str:
    """What the vault calls the place where a kept passage lies."""
    return f"kept_passage.passage:{reference}"


def line_row(reference: str) -> str:
    return f"kept_passage.line:{reference}"


def places_row(client_reference: str) -> str:
    return f"bookmarks.places:{client_reference}"


def suggestion_row(client_reference: str, reference: str) -> str:
    """Where the words lie that go with a suggestion; `reference` is the reading's."""
    return f"reading_suggestion.words:{client_reference}:{reference}"


def _suggested(db: Session, client: Client, row: Row[Any, *tuple[Any, ...]]) -> Suggested | None:
    if row.by is None:
        return None
    reading = row[0]
    words = _words(db, client, reading.reference, row.sealed_words)
    return Suggested(reading.slug, reading.title, reading.minutes, row.by, words)


def _words(db: Session, client: Client, reference: str, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    return shown(db, client.data_key, sealed, of=suggestion_row(client.reference, reference))
