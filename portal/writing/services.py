"""What can be done with readings at the desk. Each function does one thing; its caller commits it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.errors import NotFound, Refused
from portal.journal.lines import What
from portal.journal.noting import note
from portal.reading.models import Reading, ReadingAddress, ReadingRevision
from portal.reading.pages import is_slug, slug_for
from portal.reading.publishing import (
    Words,
    last_position,
    newest_revision,
    publish_revision,
    save_revision,
    taken_slugs,
    words_of,
)
from portal.writing.importing import BroughtIn
from portal.writing.queries import reading_called, revision_of


class WrittenElsewhere(Refused):
    """The draft has been changed since the page was drawn, and differs from what the page sends."""

    def __init__(self, stored: ReadingRevision) -> None:
        super().__init__(stored.number)
        self.stored = stored


class NothingToPublish(Refused):
    """There is no text in it yet."""


class AddressTaken(Refused):
    """Another reading is found there, or was."""


class AddressUnfit(Refused):
    """An address has small letters, figures, and single hyphens between them."""


class StillUp(Refused):
    """What clients can open keeps its address, and is not thrown away."""


def begin_reading(
    db: Session,
    words: Words,
    *,
    by: Therapist | None,
    now: datetime,
    slug: str | None = None,
    position: int | None = None,
) -> Reading:
    """A new draft at the end of the series, at an address made from its title; `slug`, if that is free."""
    for _ in range(2):
        taken = taken_slugs(db)
        reading = Reading(
            slug=slug if slug is not None and slug not in taken else slug_for(words.title, taken),
            title=words.title,
            summary=words.summary,
            markdown=words.markdown,
            minutes=1,
            position=position or last_position(db) + 1,
            version=0,
            published_at=None,
            imported_at=now,
        )
        if _is_added(db, reading):
            save_revision(db, reading, words, by=by, now=now)
            return reading
    raise AddressTaken


def _is_added(db: Session, reading: Reading) -> bool:
    """Not if another desk has taken its address since it was found free."""
    try:
        with db.begin_nested():
            db.add(reading)
    except IntegrityError:
        return False
    return True


def save_draft(
    db: Session, reference: str, words: Words, *, based_on: int, by: Therapist, now: datetime
) -> ReadingRevision:
    """Keep these words as the newest of the draft. Raises NotFound.

    `based_on` is the number of the saving that the page showed. Raises WrittenElsewhere if there is a newer
    one that says something else.
    """
    reading = reading_called(db, reference, to_change=True)
    newest = newest_revision(db, reading)
    if newest is not None:
        # What the front matter said beside stays with the text that it came with.
        words = words._replace(front_matter=newest.front_matter)
        if newest.number != based_on and words_of(newest) != words:
            raise WrittenElsewhere(newest)
    return save_revision(db, reading, words, by=by, now=now)


def bring_in(db: Session, brought: BroughtIn, *, by: Therapist | None, now: datetime) -> Reading:
    """What was brought in as a draft: of the reading at whose address its file says it is, or a new one.

    What is up stays up as it is.
    """
    article = brought.article
    words = Words(article.title, article.summary, article.markdown, article.front_matter)
    if brought.says_slug:
        meant = db.scalar(select(Reading.reference).where(Reading.slug == article.slug))
        if meant is not None:
            reading = reading_called(db, meant, to_change=True)
            save_revision(db, reading, words, by=by, now=now)
            return reading
    return begin_reading(db, words, by=by, now=now, slug=article.slug, position=brought.position)


def restore_revision(
    db: Session, reference: str, number: int, *, by: Therapist, now: datetime
) -> ReadingRevision:
    """What was saved then becomes the draft again, as the newest saving; nothing between is lost."""
    reading = reading_called(db, reference, to_change=True)
    old = revision_of(db, reading, number)
    return save_revision(db, reading, words_of(old), by=by, now=now)


def publish_draft(db: Session, reference: str, *, number: int, by: Therapist, now: datetime) -> Reading:
    """What the page showed is what clients see from now on; publishing it twice is publishing it once.

    Raises WrittenElsewhere if something newer was saved since, NothingToPublish.
    """
    reading = reading_called(db, reference, to_change=True)
    newest = newest_revision(db, reading)
    if newest is None or not newest.markdown.strip():
        raise NothingToPublish
    if newest.number != number:
        raise WrittenElsewhere(newest)
    publish_revision(db, reading, newest, now=now)
    note(db, What.READING_PUBLISHED, by=by, subject=reading.reference)
    return reading


def withdraw_reading(db: Session, reference: str, *, by: Therapist) -> Reading:
    """Clients no longer find it; what they said and kept of it stays theirs."""
    reading = reading_called(db, reference, to_change=True)
    reading.published_at = None
    note(db, What.READING_WITHDRAWN, by=by, subject=reading.reference)
    return reading


def rename_reading(db: Session, reference: str, slug: str) -> Reading:
    """Give it another address; where it was found before leads there from now on.

    Raises AddressUnfit, AddressTaken, StillUp.
    """
    reading = reading_called(db, reference, to_change=True)
    if slug == reading.slug:
        return reading
    if not is_slug(slug):
        raise AddressUnfit
    if reading.published_at is not None:
        raise StillUp
    # Back at an address that it had before, that one is no old one any more.
    db.execute(
        delete(ReadingAddress).where(ReadingAddress.reading_id == reading.id, ReadingAddress.slug == slug)
    )
    if slug in taken_slugs(db):
        raise AddressTaken
    if reading.version:
        db.add(ReadingAddress(slug=reading.slug, reading_id=reading.id))
    try:
        with db.begin_nested():
            reading.slug = slug
    except IntegrityError:
        # Another desk was first.
        raise AddressTaken from None
    return reading


def place_reading(db: Session, reference: str, *, above: str | None = None, below: str | None = None) -> None:
    """Put it right before or after another one; done twice, it is done once. Raises NotFound."""
    readings = list(
        db.scalars(
            select(Reading)
            .order_by(Reading.position, Reading.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    by_reference = {reading.reference: reading for reading in readings}
    moved, other = by_reference.get(reference), by_reference.get(above or below or "")
    if moved is None or other is None:
        raise NotFound
    if moved is not other:
        readings.remove(moved)
        readings.insert(readings.index(other) + (above is None), moved)
    for position, reading in enumerate(readings, start=1):
        reading.position = position


def throw_away(db: Session, reference: str) -> None:
    """A draft that never was up is gone, with all that was saved of it. Raises NotFound, StillUp."""
    reading = reading_called(db, reference, to_change=True)
    if reading.version:
        raise StillUp
    db.execute(delete(ReadingRevision).where(ReadingRevision.reading_id == reading.id))
    db.delete(reading)
