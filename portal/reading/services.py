"""What can be done with readings, and what a client can say about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.whereabouts import has_moved
from portal.reading.models import Reading, ReadingMark
from portal.reading.pages import Article, read_series

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
    """
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


def unmark_reading(db: Session, client: Client, reading: Reading) -> None:
    """The client takes it back, and nothing is left of it."""
    mine = ReadingMark.client_id == client.id
    db.execute(delete(ReadingMark).where(mine, ReadingMark.reading_id == reading.id))
    has_moved(db, client.id)


def _import(db: Session, article: Article, now: datetime) -> Reading:
    reading = db.scalar(
        select(Reading).where(Reading.slug == article.slug).execution_options(populate_existing=True)
    )
    if reading is None:
        reading = Reading(slug=article.slug, published_at=None)
        db.add(reading)
    reading.title = article.title
    reading.summary = article.summary
    reading.position = article.position
    reading.minutes = article.minutes
    reading.markdown = article.markdown
    reading.published_at = (reading.published_at or now) if article.published else None
    reading.imported_at = now
    # The row is asked for at once, so that what does not fit is refused with its own file, not at the end.
    db.flush()
    return reading
