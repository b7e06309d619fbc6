"""Working hours, consultations and the time they hold, as stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship

from portal.accounts.models import Client, Therapist
from portal.database import Base, new_reference
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Move, Party, Status, moves_open_to, outcome
from portal.scheduling.slots import STEP

_REQUESTED = text("status = 'requested'")
_STEP = timedelta(minutes=STEP)


class WorkingHours(Base):
    """One stretch of a weekday in which a therapist takes consultations, in local minutes of their zone."""

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="iso_weekday"),
        CheckConstraint("0 <= starts_minute AND starts_minute < ends_minute", name="starts_before_it_ends"),
        CheckConstraint("ends_minute <= 1440", name="ends_by_midnight"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    # ISO: 1 is Monday.
    weekday: Mapped[int]
    # Minutes of the wall clock since midnight; the end may be 1440.
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]


class Consultation(Base):
    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        Index("ix_consultation_therapist_id_starts_at", "therapist_id", "starts_at"),
        Index(
            "ix_consultation_waiting_answer_by",
            "therapist_id",
            "answer_by",
            sqlite_where=_REQUESTED,
            postgresql_where=_REQUESTED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.REQUESTED)
    asked_at: Mapped[datetime]
    # When a request is answered at the latest; afterwards its time is released (T4).
    answer_by: Mapped[datetime]
    # Sealed with the client's key as "consultation.words:<reference>" and "consultation.reply:<reference>".
    sealed_words: Mapped[bytes | None]
    sealed_reply: Mapped[bytes | None]
    # RFC 5545 §3.8.4.7 and §3.8.7.4. A consultation that has replaced another goes on with its UID. Before
    # that it has one of its own: whatever becomes of it must not touch the entry of a time still held.
    calendar_uid: Mapped[str]
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")
    replaces: Mapped[Consultation | None] = relationship(lazy="raise_on_sql", remote_side=[id])
    held: Mapped[list[HeldTime]] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    history: WriteOnlyMapped[ConsultationEvent] = relationship(order_by="ConsultationEvent.id")

    __mapper_args__ = {"version_id_col": version}

    @property
    def holds_its_time(self) -> bool:
        return self.status in HOLDS_ITS_TIME

    def moves_open_to(self, party: Party) -> frozenset[Move]:
        return moves_open_to(party, self.status)

    def make(self, move: Move, *, by: Party, at: datetime) -> None:
        """The only way a status changes, so that none changes unrecorded and no time is held in vain.

        A move that releases the time needs `held` loaded. Raises MoveNotAllowed.
        """
        self.status = outcome(self.status, by, move)
        self.history.add(ConsultationEvent(move=move, party=by, happened_at=at))
        if move is not Move.REPLACE:
            # What has been replaced lives on, in calendars, as the one that replaced it.
            self.calendar_sequence += 1
        if not self.holds_its_time:
            self.held.clear()

    def goes_on_from(self, earlier: Consultation) -> None:
        """Take over the earlier one's entry in calendars: it moves there, which is one change more."""
        self.calendar_uid, self.calendar_sequence = earlier.calendar_uid, earlier.calendar_sequence + 1

    def steps(self) -> Sequence[datetime]:
        """The starts of the five-minute steps that its own minutes take."""
        count = -((self.starts_at - self.ends_at) // _STEP)
        return [self.starts_at + step * _STEP for step in range(count)]


class HeldTime(Base):
    """Five minutes of a therapist's time. Its key decides when two people press the button together."""

    __tablename__ = "held_time"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)


class ConsultationEvent(Base):
    """One line of a consultation's history: written once, never altered."""

    __tablename__ = "consultation_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    move: Mapped[Move]
    party: Mapped[Party]
    happened_at: Mapped[datetime]
