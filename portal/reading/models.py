"""Readings, all that was ever saved of them, and what clients say, keep and are shown of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Therapist
from portal.database import Base, new_reference


class Reading(Base):
    """One article as clients find it, in Markdown. One without `published_at` is never shown to them.

    Until it is published for the first time, it is what was saved last; later it is what was published last,
    while the next draft is written among the revisions.
    """

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    # The place in the series, from 1.
    position: Mapped[int]
    minutes: Mapped[int]
    markdown: Mapped[str]
    # How many versions were published; the newest of them is what stands here.
    version: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None]
    # When what stands here came in, from a file or from the desk.
    imported_at: Mapped[datetime]


class ReadingRevision(Base):
    """What was saved once, and never altered: the newest is the draft, one with a version was published."""

    __tablename__ = "reading_revision"
    __table_args__ = (UniqueConstraint("reading_id", "number"), UniqueConstraint("reading_id", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"))
    # From 1, in the order of saving.
    number: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str]
    markdown: Mapped[str]
    # What the front matter of its file said beside what the portal knows, as YAML; often nothing.
    front_matter: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime]
    # None for what came with the portal, or from a terminal.
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"))
    version: Mapped[int | None]
    published_at: Mapped[datetime | None]

    therapist: Mapped[Therapist | None] = relationship(lazy="raise_on_sql")


class ReadingAddress(Base):
    """Where a reading was found before it was renamed: whoever kept the old address is led to the new one."""

    __tablename__ = "reading_address"

    slug: Mapped[str] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), index=True)


class ReadingMark(Base):
    """A client said that they have read it. That they opened it is nobody's business, and not kept."""

    __tablename__ = "reading_mark"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    said_at: Mapped[datetime]


class KeptPassage(Base):
    """Words that a client keeps, as they stood then, and a line of their own; where they stood is sealed."""

    __tablename__ = "kept_passage"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    # The words, their reading and their place in it, as JSON: "kept_passage.passage:<reference>".
    sealed_passage: Mapped[bytes]
    # "kept_passage.line:<reference>"
    sealed_line: Mapped[bytes | None]
    # One higher at each change of the line: an older page does not overwrite a newer one (W1).
    revision: Mapped[int] = mapped_column(default=0)
    kept_at: Mapped[datetime]
    # The one therapist with whom the client shares it; nobody, until they say so.
    shared_with_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"))
    shared_at: Mapped[datetime | None]


class Bookmarks(Base):
    """Where a client is in each reading. There is a row for whoever allows it, and nothing for anybody else.

    All of it is one sealed text without a moment in it: nobody can see what was opened, or when.
    """

    __tablename__ = "bookmarks"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    # References of readings and numbers of blocks, as JSON: "bookmarks.places:<client's reference>".
    sealed_places: Mapped[bytes]


class ReadingSuggestion(Base):
    """A therapist suggests a reading to a client, with a line of words if they like."""

    __tablename__ = "reading_suggestion"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    suggested_at: Mapped[datetime]
    # "reading_suggestion.words:<client's reference>:<reading's reference>"
    sealed_words: Mapped[bytes | None]
    # The client does not want to be shown it on their first page any more; nobody is told.
    put_away: Mapped[bool] = mapped_column(default=False)
