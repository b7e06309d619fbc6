"""Consultations, the time they hold, and what was said and wished about them, as stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship

from portal.accounts.models import Client, Therapist
from portal.database import Base, new_reference
from portal.diary.kinds import FIRST_CONSULTATION, Kind
from portal.diary.models import ConsultationKind
from portal.scheduling.lifecycle import (
    HOLDS_ITS_TIME,
    Move,
    Party,
    Status,
    changed_until,
    moves_open_to,
    outcome,
)
from portal.scheduling.slots import STEP

_WAITING = text("status IN ('requested', 'proposed')")
_STEP = timedelta(minutes=STEP)


class Consultation(Base):
    """One meeting of two people, from the first asking to what became of it."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        Index("ix_consultation_therapist_id_starts_at", "therapist_id", "starts_at"),
        Index("ix_consultation_status_starts_at", "therapist_id", "status", "starts_at"),
        Index(
            "ix_consultation_waiting_answer_by",
            "therapist_id",
            "answer_by",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    # None is the usual first consultation of a therapist who has named no kinds.
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("consultation_kind.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    # Who began it: a client asks, a therapist places one, the portal offers an earlier time.
    begun_by: Mapped[Party] = mapped_column(default=Party.CLIENT)
    # The confirmed time; until there is one, the first of those that were asked for or proposed.
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.REQUESTED)
    asked_at: Mapped[datetime]
    # When it is answered at the latest: a request by the therapist (T4), a proposal by the client. A time
    # that is kept while the questionnaire is filled in is kept until then, or longer while they are at it.
    answer_by: Mapped[datetime]
    # When it was confirmed, by whomever; None until then, and in rows older than this.
    settled_at: Mapped[datetime | None]
    # Sealed with the client's key as "consultation.<what>:<reference>": the client's words with the request,
    # the therapist's with a refusal and with a proposal, and what the client wrote once it was too late to
    # change the time by themselves.
    sealed_words: Mapped[bytes | None]
    sealed_reply: Mapped[bytes | None]
    sealed_offer: Mapped[bytes | None]
    sealed_note: Mapped[bytes | None]
    # When the therapist said that they have read the note, as it is now.
    note_read_at: Mapped[datetime | None]
    # It lies outside the hours, and the therapist has said that it stays.
    kept_outside_hours: Mapped[bool] = mapped_column(default=False)
    # RFC 5545 §3.8.4.7 and §3.8.7.4. A consultation that has replaced another goes on with its UID. Before
    # that it has one of its own: whatever becomes of it must not touch the entry of a time still held.
    calendar_uid: Mapped[str]
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")
    kind: Mapped[ConsultationKind | None] = relationship(lazy="raise_on_sql")
    replaces: Mapped[Consultation | None] = relationship(lazy="raise_on_sql", remote_side=[id])
    # Those held now, in order of preference.
    windows: Mapped[list[HeldWindow]] = relationship(
        lazy="raise_on_sql", cascade="all, delete-orphan", order_by="HeldWindow.place"
    )
    history: WriteOnlyMapped[ConsultationEvent] = relationship(order_by="ConsultationEvent.id")

    __mapper_args__ = {"version_id_col": version}

    @property
    def holds_its_time(self) -> bool:
        return self.status in HOLDS_ITS_TIME

    @property
    def has_unread_note(self) -> bool:
        return self.sealed_note is not None and self.note_read_at is None

    @property
    def terms(self) -> ConsultationKind | Kind:
        """What its kind says; `kind` is loaded."""
        return self.kind or FIRST_CONSULTATION

    @property
    def changes_until(self) -> datetime:
        """Until when its client may move or cancel it by themselves, once confirmed; `kind` is loaded."""
        return changed_until(self.starts_at, minutes=self.terms.changes_until, settled_at=self.settled_at)

    @property
    def has_entry(self) -> bool:
        """Whether calendars hold an entry of its own.

        What was asked for instead of another has none until it is confirmed: that of the other stands.
        """
        return self.replaces_id is None or self.status is Status.CONFIRMED

    def moves_open_to(self, party: Party) -> frozenset[Move]:
        return moves_open_to(party, self.status)

    def make(self, move: Move, *, by: Party, at: datetime) -> None:
        """The only way a status changes, so that none changes unrecorded and no time is held in vain.

        A move that releases the time needs `windows` loaded. Raises MoveNotAllowed.
        """
        before, self.status = self.status, outcome(self.status, by, move)
        held = [[_plain(window.starts_at), _plain(window.ends_at)] for window in self._released_by(move)]
        self.history.add(
            ConsultationEvent(move=move, party=by, happened_at=at, status_before=before, released=held)
        )
        # Words of a refusal are kept after an undoing only until something else happens.
        self.sealed_reply = None
        if move is not Move.REPLACE:
            # What has been replaced lives on, in calendars, as the one that replaced it.
            self.calendar_sequence += 1
        if not self.holds_its_time:
            self.windows.clear()

    def settle_on(self, window: HeldWindow) -> None:
        """Of several times that are held, this is the one; the others are let go."""
        self.starts_at, self.ends_at = window.starts_at, window.ends_at
        self.windows[:] = [window]

    def goes_on_from(self, earlier: Consultation) -> None:
        """Take over the earlier one's entry in calendars: it moves there, which is one change more."""
        self.calendar_uid, self.calendar_sequence = earlier.calendar_uid, earlier.calendar_sequence + 1

    def gives_back_to(self, earlier: Consultation) -> None:
        """The reverse of `goes_on_from`: the entry moves back to the earlier one, one change more again."""
        earlier.calendar_uid, earlier.calendar_sequence = self.calendar_uid, self.calendar_sequence + 1
        self.calendar_uid, self.calendar_sequence = str(uuid.uuid4()), 0

    def go_back(self, line: ConsultationEvent, *, by: Party, at: datetime) -> None:
        """As it stood before this line of its history, its last; its times have to be held again."""
        assert line.status_before is not None
        before, self.status = self.status, line.status_before
        self.history.add(
            ConsultationEvent(move=Move.UNDO, party=by, happened_at=at, status_before=before, released=[])
        )
        self.calendar_sequence += 1

    def _released_by(self, move: Move) -> Iterable[HeldWindow]:
        """What an undoing would have to hold again."""
        return self.windows if move in _MAY_RELEASE and "windows" in self.__dict__ else ()


_MAY_RELEASE = frozenset(Move) - {Move.MEET, Move.MISS}


class HeldWindow(Base):
    """A stretch of a therapist's time that is kept from others: for a consultation, or for themselves."""

    __tablename__ = "held_window"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        Index("ix_held_window_therapist_id_starts_at", "therapist_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    # None: the therapist's own entry.
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    # The client's order of preference, from 1.
    place: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # Minutes of free time that it wants before and after, beside its own.
    gap_before: Mapped[int] = mapped_column(default=0)
    gap_after: Mapped[int] = mapped_column(default=0)
    # Whether it counts as a first consultation.
    is_first: Mapped[bool] = mapped_column(default=False)
    # What an own entry is called in an address.
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)

    steps: Mapped[list[HeldTime]] = relationship(
        lazy="raise_on_sql", cascade="all, delete-orphan", passive_deletes=True
    )


class HeldTime(Base):
    """Five minutes of a therapist's time. Its key decides when two people press the button together."""

    __tablename__ = "held_time"
    # A dozen rows for each time that is held: SQLite keeps them in the key alone, not in a table beside it.
    __table_args__ = {"sqlite_with_rowid": False}

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    window_id: Mapped[int] = mapped_column(ForeignKey("held_window.id", ondelete="CASCADE"), index=True)


class ConsultationEvent(Base):
    """One line of a consultation's history: written once, never altered."""

    __tablename__ = "consultation_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    move: Mapped[Move]
    party: Mapped[Party]
    happened_at: Mapped[datetime]
    # What an undoing goes back to: the state, and the times held in it as [start, end] in ISO 8601, UTC.
    # None in lines older than undoing.
    status_before: Mapped[Status | None]
    released: Mapped[list[list[str]] | None] = mapped_column(JSON)

    @property
    def times_before(self) -> Sequence[tuple[datetime, datetime]]:
        """The times that were held when it happened, in order of preference."""
        return [
            (datetime.fromisoformat(starts), datetime.fromisoformat(ends))
            for starts, ends in self.released or ()
        ]


class Phrase(Base):
    """Kind words of a therapist's own, to decline or to propose with."""

    __tablename__ = "phrase"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    words: Mapped[str]


class ReminderSent(Base):
    """A reminder that was sent, so that none is sent twice."""

    __tablename__ = "reminder_sent"
    __table_args__ = (UniqueConstraint("consultation_id", "minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    # How long before the start.
    minutes: Mapped[int]
    sent_at: Mapped[datetime]


class CalendarFeed(Base):
    """The secret address under which a therapist's own calendar program reads their consultations."""

    __tablename__ = "calendar_feed"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    # Initials only, unless the therapist says otherwise.
    shows_names: Mapped[bool] = mapped_column(default=False)


def steps_of(starts_at: datetime, ends_at: datetime) -> Sequence[datetime]:
    """The starts of the five-minute steps that these minutes take."""
    count = -((starts_at - ends_at) // _STEP)
    return [starts_at + step * _STEP for step in range(count)]


def _plain(moment: datetime) -> str:
    return moment.isoformat()
