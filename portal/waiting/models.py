"""Wishes for an earlier time, and time that has opened and was not offered to anybody yet, as stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base


class EarlierWish(Base):
    """A client would be glad of a time sooner than the one they have. The oldest wish is asked first."""

    __tablename__ = "earlier_wish"
    __table_args__ = (Index("ix_earlier_wish_therapist_id_wished_at", "therapist_id", "wished_at"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    wished_at: Mapped[datetime]


class OpenedTime(Base):
    """A stretch that can be asked for and could not before; kept until somebody has looked who waits."""

    __tablename__ = "opened_time"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        Index("ix_opened_time_therapist_id_opened_at", "therapist_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # The ids of the kinds of consultation for which it has opened, None for the usual one; no list: for any.
    kinds: Mapped[list[int | None] | None] = mapped_column(JSON(none_as_null=True))
    opened_at: Mapped[datetime]
