"""Readings, and what clients chose to say about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base


class Reading(Base):
    """One article, in Markdown. A draft has no `published_at` and is never shown to clients."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    # The place in the series, from 1.
    position: Mapped[int]
    minutes: Mapped[int]
    markdown: Mapped[str]
    published_at: Mapped[datetime | None]
    imported_at: Mapped[datetime]


class ReadingMark(Base):
    """A client said that they have read it. That they opened it is nobody's business, and not kept."""

    __tablename__ = "reading_mark"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    said_at: Mapped[datetime]
