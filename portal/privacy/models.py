"""What a practice has set about keeping, who is to be erased and when, and copies that are being made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client
from portal.database import Base, new_reference
from portal.privacy.retention import Reason

ONLY_ROW = 1


class RetentionRule(Base):
    """How long the practice keeps what it has: its one row, made when it is first set."""

    __tablename__ = "retention_rule"
    __table_args__ = (CheckConstraint("id = 1", name="one_rule"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=ONLY_ROW)
    months_kept: Mapped[int | None]
    months_owed: Mapped[int]
    why_owed: Mapped[str]


class Erasure(Base):
    """A client of whom everything is to be erased. The row goes when it is done, or taken back."""

    __tablename__ = "erasure"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    reason: Mapped[Reason]
    # When it was asked for, or the client was put on the list.
    begun_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    # Why a therapist has put it off, sealed as "erasure.note:<the client's reference>".
    sealed_note: Mapped[bytes | None]
    # Since when there is no way back: times to come are cancelled, the last letters are on their way.
    closing_since: Mapped[datetime | None]

    client: Mapped[Client] = relationship(lazy="raise_on_sql")


class CopyOfAll(Base):
    """A copy of everything of all clients of a therapist, made by a worker into a sealed file."""

    __tablename__ = "copy_of_all"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    asked_at: Mapped[datetime]
    # How many clients there are, and how many of them are in it.
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    # The file's own key, sealed with the therapist's data key as "copy_of_all.key:<reference>".
    sealed_key: Mapped[bytes]
