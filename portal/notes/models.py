"""A therapist's notes about a client, and the key under which they are sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client
from portal.database import Base, new_reference
from portal.vault.models import DataKey


class NotesKey(Base):
    """The key of all notes about one client. The client's own key opens none of them."""

    __tablename__ = "notes_key"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    data_key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"), unique=True)

    data_key: Mapped[DataKey] = relationship(lazy="raise_on_sql")


class Note(Base):
    """The words of one therapist about one client, sealed as "note.words:<reference>"."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_client_id_therapist_id_written_at", "client_id", "therapist_id", "written_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    sealed_words: Mapped[bytes]
    written_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    # One higher at each change: a page that was drawn before it is told.
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
