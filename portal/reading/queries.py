"""Finding readings, and what clients said about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, load_only

from portal.accounts.models import Client
from portal.errors import NotFound
from portal.reading.models import Reading, ReadingMark


class FirstReading(NamedTuple):
    """The first reading of the series, as the way to it shows it."""

    slug: str
    title: str
    minutes: int
    said_at: datetime | None


_SERIES = select(Reading).where(Reading.published_at.is_not(None)).order_by(Reading.position, Reading.id)
_LISTED = _SERIES.options(
    load_only(Reading.slug, Reading.title, Reading.summary, Reading.minutes, raiseload=True)
)
_WITH_MARK = (
    select(Reading, ReadingMark.said_at)
    .outerjoin(
        ReadingMark,
        (ReadingMark.reading_id == Reading.id) & (ReadingMark.client_id == bindparam("client_id")),
    )
    .where(Reading.published_at.is_not(None))
    .order_by(Reading.position, Reading.id)
)
# The columns of a FirstReading, at most one row. The page that every client meets first asks it, together
# with what else it has to know.
FIRST_READING = _WITH_MARK.with_only_columns(
    Reading.slug, Reading.title, Reading.minutes, ReadingMark.said_at, maintain_column_froms=True
).limit(1)
_BY_SLUG = _WITH_MARK.where(Reading.slug == bindparam("slug"))
_MARKED = (
    select(Reading)
    .join(ReadingMark, ReadingMark.reading_id == Reading.id)
    .where(ReadingMark.client_id == bindparam("client_id"))
    .order_by(Reading.position, Reading.id)
    .options(load_only(Reading.slug, Reading.title, raiseload=True))
)


def published_readings(db: Session) -> Sequence[Reading]:
    """The series as clients see it, in its order, without the texts."""
    return db.scalars(_LISTED).all()


def reading_for(db: Session, client: Client, slug: str) -> tuple[Reading, datetime | None]:
    """A published reading with its text, and when this client said they have read it. Raises NotFound."""
    row = db.execute(_BY_SLUG, {"client_id": client.id, "slug": slug}).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def readings_marked_by(db: Session, client: Client) -> Sequence[Reading]:
    """What this client said that they have read, in the series' order: also what is no longer published."""
    return db.scalars(_MARKED, {"client_id": client.id}).all()
