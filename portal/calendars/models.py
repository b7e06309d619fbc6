"""The calendars elsewhere that a therapist has named, and when they keep the therapist busy."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Therapist
from portal.calendars.failures import Why
from portal.database import Base, new_reference
from portal.vault.models import DataKey


class SourceKind(StrEnum):
    """How a calendar elsewhere is asked."""

    # One file, as subscribing programs fetch it (RFC 5545).
    ICS = "ics"
    # A collection on a calendar server (RFC 4791).
    CALDAV = "caldav"


class CalendarSource(Base):
    """A calendar elsewhere. Whoever knows its address can often read it, so what was typed of it is sealed.

    Each is sealed as "calendar_source.<what>:<reference>" under a key of the source's own.
    """

    __tablename__ = "calendar_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    data_key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"), unique=True)
    kind: Mapped[SourceKind]
    sealed_label: Mapped[bytes]
    sealed_address: Mapped[bytes]
    sealed_user_name: Mapped[bytes | None]
    sealed_password: Mapped[bytes | None]
    added_at: Mapped[datetime]
    # What the server called its last answer, to be asked whether it still holds.
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    # When it was last known to be as the copy says; and when the copy was made.
    fetched_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]
    # Of the copy: entries that could not be read, and entries in a zone that nobody knows.
    unread: Mapped[int] = mapped_column(default=0)
    foreign_zones: Mapped[int] = mapped_column(default=0)
    # Since it last worked: the first failure, how many there were, and why the last one was.
    failed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failed_why: Mapped[Why | None]
    # When the therapist was told by mail that it does not work.
    told_at: Mapped[datetime | None]
    # The one job that goes on looking is the one that is due then.
    next_look_at: Mapped[datetime]

    data_key: Mapped[DataKey] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")


class BusyTime(Base):
    """One stretch of the copy of a calendar elsewhere; none is longer than a day."""

    __tablename__ = "busy_time"
    __table_args__ = (Index("ix_busy_time_therapist_id_starts_at", "therapist_id", "starts_at"),)

    source_id: Mapped[int] = mapped_column(ForeignKey("calendar_source.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
