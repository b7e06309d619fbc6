"""What can be done with readings, and what a client can say about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.whereabouts import has_moved
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.reading.models import Reading, ReadingMark, ReadingSuggestion
from portal.reading.pages import Article, UnfitReading, read_series
from portal.reading.publishing import Words, publish_revision, save_revision, taken_slugs

_SHIPPED = Path(__file__).parent / "content"


def shipped_readings() -> list[Article]:
    """The readings that come with the portal, for a practice to keep, change or replace."""
    return read_series({path.name: path.read_text("utf-8") for path in sorted(_SHIPPED.glob("*.md"))})


def import_shipped_readings(db: Session, *, now: datetime) -> list[Reading]:
    """Give a practice without readings the ones that come with the portal; any other keeps its own."""
    if db.scalar(select(Reading.id).limit(1)) is not None:
        return []
    return import_readings(db, shipped_readings(), now=now)


def import_readings(db: Session, articles: Iterable[Article], *, now: datetime) -> list[Reading]:
    """Bring these articles in; one whose slug is known changes the reading of that slug.

    A reading that stays published keeps the moment at which it was published, and the marks of clients.
    Raises UnfitReading for an address that another reading had before.
    """
    note(db, What.READINGS_IMPORTED, by=Hand.OPERATOR)
    return [_import(db, article, now) for article in articles]


def mark_reading(db: Session, client: Client, reading: Reading, *, now: datetime) -> None:
    """The client says that they have read it. Saying it twice, or in two tabs at once, is saying it once."""
    if db.get(ReadingMark, (client.id, reading.id)) is not None:
        return
    try:
        with db.begin_nested():
            db.add(ReadingMark(client_id=client.id, reading_id=reading.id, said_at=now))
    except IntegrityError:
        # Their other tab was first, and said the same.
        return


def put_suggestion_away(db: Session, client: Client, reading: Reading) -> None:
    """The client does not want to be shown it on their first page any more. Nobody is told."""
    db.execute(
        update(ReadingSuggestion)
        .where(ReadingSuggestion.client_id == client.id, ReadingSuggestion.reading_id == reading.id)
        .values(put_away=True)
        .execution_options(synchronize_session=False)
    )


def unmark_reading(db: Session, client: Client, reading: Reading) -> None:
    """The client takes it back, and nothing is left of it."""
    mine = ReadingMark.client_id == client.id
    db.execute(delete(ReadingMark).where(mine, ReadingMark.reading_id == reading.id))
    has_moved(db, client.id)


def _import(db: Session, article: Article, now: datetime) -> Reading:
    reading = db.scalar(
        select(Reading)
        .where(Reading.slug == article.slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if reading is None:
        reading = _begun(db, article, now)
    reading.position = article.position
    words = Words(article.title, article.summary, article.markdown, article.front_matter)
    revision = save_revision(db, reading, words, by=None, now=now)
    reading.imported_at = now
    if article.published:
        publish_revision(db, reading, revision, now=now)
    else:
        reading.published_at = None
    # The row is asked for at once, so that what does not fit is refused with its own file, not at the end.
    db.flush()
    return reading


def _begun(db: Session, article: Article, now: datetime) -> Reading:
    if article.slug in taken_slugs(db):
        raise UnfitReading(f"the address {article.slug!r} leads to another reading already")
    reading = Reading(
        slug=article.slug,
        title=article.title,
        summary=article.summary,
        markdown=article.markdown,
        minutes=article.minutes,
        position=article.position,
        version=0,
        published_at=None,
        imported_at=now,
    )
    db.add(reading)
    db.flush()
    return reading
