"""Messages between a client and their therapist, and where they are switched off."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client, Therapist
from portal.database import Base, new_reference

_UNREAD = text("read_at IS NULL AND taken_back_at IS NULL AND written_by = 'client'")


class Writer(StrEnum):
    CLIENT = "client"
    THERAPIST = "therapist"


class Message(Base):
    """A few words, never edited. One that was taken back keeps none of them."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("client_id", "form_key"),
        Index("ix_message_client_id_id", "client_id", "id"),
        Index("ix_message_therapist_id_client_id_id", "therapist_id", "client_id", "id"),
        Index(
            "ix_message_unread", "therapist_id", "client_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    # Whose message it is for good: another therapist, later, does not read what was written to this one.
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    written_by: Mapped[Writer]
    # Each page has its own: a form that arrives twice is one message.
    form_key: Mapped[str]
    # "message.words:<reference>"
    sealed_words: Mapped[bytes | None]
    sent_at: Mapped[datetime]
    # When whom it was for said that they have read it, or answered.
    read_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")


class MessagesOff(Base):
    """A therapist takes no messages from this client; what was written stays where it is."""

    __tablename__ = "messages_off"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), primary_key=True)
    since: Mapped[datetime]
