"""How a reading's text comes to stand: every saving is kept, and one of them is what clients see."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Therapist
from portal.reading.models import Reading, ReadingAddress, ReadingRevision
from portal.reading.pages import LAST_POSITION, minutes_for

# Addresses below /reading that are no reading's.
_RESERVED = frozenset({"places"})
_NEWEST = select(ReadingRevision).order_by(ReadingRevision.number.desc()).limit(1)


class Words(NamedTuple):
    """What an author writes of a reading."""

    title: str
    summary: str
    markdown: str
    front_matter: str = ""


def words_of(revision: ReadingRevision) -> Words:
    return Words(revision.title, revision.summary, revision.markdown, revision.front_matter)


def newest_revision(db: Session, reading: Reading) -> ReadingRevision | None:
    """The draft, with whoever wrote it, asked anew; every reading that the desk knows has one."""
    return db.scalar(
        _NEWEST.where(ReadingRevision.reading_id == reading.id)
        .options(joinedload(ReadingRevision.therapist))
        .execution_options(populate_existing=True)
    )


def save_revision(
    db: Session, reading: Reading, words: Words, *, by: Therapist | None, now: datetime
) -> ReadingRevision:
    """Keep these words as the newest of this reading, whose row is locked; the same ones are kept once."""
    newest = newest_revision(db, reading)
    if newest is not None and words_of(newest) == words:
        return newest
    number = newest.number + 1 if newest else 1
    revision = ReadingRevision(reading_id=reading.id, number=number, saved_at=now, **words._asdict())
    revision.therapist_id = by.id if by else None
    db.add(revision)
    if reading.version == 0:
        _stand(reading, revision, now)
    db.flush()
    return revision


def publish_revision(db: Session, reading: Reading, revision: ReadingRevision, *, now: datetime) -> None:
    """From now on clients see this one. What is up already stays the version that it is, and as old."""
    if revision.version is None:
        reading.version += 1
        revision.version, revision.published_at = reading.version, now
        _stand(reading, revision, now)
    reading.published_at = reading.published_at or now
    db.flush()


def taken_slugs(db: Session) -> Container[str]:
    """Every address that leads to a reading, or led to one before, and those that are not a reading's."""
    return {*db.scalars(select(Reading.slug)), *db.scalars(select(ReadingAddress.slug)), *_RESERVED}


def last_position(db: Session) -> int:
    """Where the series ends; 0 if there is none. Never so far that nothing would fit behind it."""
    last = db.scalar(select(func.max(Reading.position))) or 0
    return min(last, LAST_POSITION - 1)


def _stand(reading: Reading, revision: ReadingRevision, now: datetime) -> None:
    reading.title, reading.summary, reading.markdown = revision.title, revision.summary, revision.markdown
    reading.minutes, reading.imported_at = minutes_for(revision.markdown), now
