"""Questionnaire versions, intakes with their answers, and the lamps that answers light."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client, Therapist
from portal.database import Base, new_reference
from portal.intake.lamp_lifecycle import LampMove, LampParty, LampStatus, moves_open_to, outcome
from portal.intake.replies import AnswerState as AnswerState

_UNSENT = text("sent_at IS NULL AND dropped_at IS NULL")
_STANDS = text("dropped_at IS NULL")
_UNREAD = text("amends_id IS NOT NULL AND sent_at IS NOT NULL AND read_at IS NULL")
_OPEN = text("status <> 'closed'")


class QuestionnaireVersion(Base):
    """A questionnaire as it was published: frozen, numbered, hashed. What it says never changes."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    number: Mapped[int]
    # The definition, JSON in one canonical form; its SHA-256.
    definition: Mapped[str]
    definition_hash: Mapped[str]
    published_at: Mapped[datetime]
    # Since when nobody can be given it any more.
    retired_at: Mapped[datetime | None]


class GivenVersion(Base):
    """Which version is given to who begins, from a moment on: the latest row counts, and none is altered."""

    __tablename__ = "given_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    # None: nobody is given any questions.
    version_id: Mapped[int | None] = mapped_column(ForeignKey("questionnaire_version.id"), index=True)
    given_at: Mapped[datetime]
    # Who said so; None where it was said at a terminal.
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"))


class Intake(Base):
    """One client's answers to one version. Once sent it is shown from `sealed_copy`, questions and all.

    What was sent is corrected by another intake, an amendment; each is amended once, so they are one line.
    """

    __tablename__ = "intake"
    __table_args__ = (
        Index(
            "uq_one_unsent_intake",
            "client_id",
            unique=True,
            sqlite_where=_UNSENT,
            postgresql_where=_UNSENT,
        ),
        Index("ix_intake_unread", "sent_at", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index(
            "uq_amended_once",
            "amends_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    # Another one only if the client moves to it before they send.
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_version.id"))
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"))
    # Whether the client chose to say more than the short form asks.
    says_more: Mapped[bool] = mapped_column(default=False)
    # When they moved to a newer version; there may be answers that did not come along.
    moved_at: Mapped[datetime | None]
    # The sections that they passed by as a whole, each with the state of what was not touched in it: JSON.
    passed_parts: Mapped[str | None]
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    # An amendment that the client thought better of. Its answers are gone; what it lit still stands.
    dropped_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    # Of an amendment: when the therapist said that they have read it.
    read_at: Mapped[datetime | None]
    # What was sent, wording and answers, JSON, sealed as "intake.copy:<reference>".
    sealed_copy: Mapped[bytes | None]
    version: Mapped[int] = mapped_column()

    client: Mapped[Client] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": version}


class Answer(Base):
    """What a client said to one question, so far."""

    __tablename__ = "answer"

    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), primary_key=True)
    link_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[AnswerState]
    # The value as JSON, sealed as "answer.value:<intake reference>:<link_id>". Kept when a way round is taken
    # later, so that nothing typed is lost.
    sealed_value: Mapped[bytes | None]
    saved_at: Mapped[datetime]
    # One higher at each change: a page that was drawn from an older one does not overwrite a newer (W1).
    revision: Mapped[int]
    # Which page saved it, and at which turn: what the same page sends later is no other hand's.
    page: Mapped[str]
    turn: Mapped[int]


class EarlierAnswer(Base):
    """What a client said to a question of an older version that moving to a newer one did not take along."""

    __tablename__ = "earlier_answer"

    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), primary_key=True)
    link_id: Mapped[str] = mapped_column(primary_key=True)
    # The version that asked.
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_version.id"), primary_key=True)
    # Wording and answer, JSON, sealed as "earlier_answer.words:<intake reference>:<link_id>:<version id>".
    sealed_words: Mapped[bytes]


class Lamp(Base):
    """An answer that the therapist should see today. Lit when the answer is saved, not when it is sent."""

    __tablename__ = "lamp"
    __table_args__ = (
        UniqueConstraint("intake_id", "link_id"),
        Index("ix_lamp_open", "lit_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    link_id: Mapped[str]
    # The question's words as they were then, and whether its rule has whoever stands in told as well.
    question: Mapped[str] = mapped_column(default="")
    tells_stand_in: Mapped[bool] = mapped_column(default=True)
    status: Mapped[LampStatus] = mapped_column(default=LampStatus.LIT)
    lit_at: Mapped[datetime]
    # When somebody of the practice saw it; None again once it is lit anew.
    seen_at: Mapped[datetime | None]
    # When the answer was changed to one that would not have lit it; None while it would.
    changed_at: Mapped[datetime | None]
    # How often it was told of since it was lit, and when it is told of next unless somebody sees it before.
    times_told: Mapped[int] = mapped_column(default=0)
    tell_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
    intake: Mapped[Intake] = relationship(lazy="raise_on_sql")
    history: Mapped[list[LampEvent]] = relationship(
        lazy="raise_on_sql", order_by="LampEvent.id", back_populates="lamp"
    )

    def moves_open_to(self, party: LampParty) -> frozenset[LampMove]:
        return moves_open_to(party, self.status)

    def make(
        self, move: LampMove, *, by: LampParty, at: datetime, whom: Therapist | None = None, **more: Any
    ) -> LampEvent:
        """The only way a status changes, so that none changes unrecorded; the line is still to be stored.

        Raises LampMoveNotAllowed.
        """
        self.status = outcome(self.status, by, move)
        if by is LampParty.THERAPIST and self.seen_at is None:
            self.seen_at = at
        return LampEvent(
            reference=new_reference(),
            lamp=self,
            move=move,
            party=by,
            therapist_id=whom.id if whom else None,
            happened_at=at,
            **more,
        )


class LampEvent(Base):
    """One line of a lamp's history: written once, never altered."""

    __tablename__ = "lamp_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference, insert_sentinel=True)
    lamp_id: Mapped[int] = mapped_column(ForeignKey("lamp.id"), index=True)
    move: Mapped[LampMove]
    party: Mapped[LampParty]
    # Who did it, or whom the portal told.
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"))
    happened_at: Mapped[datetime]
    # What somebody did about it, sealed as "lamp_event.note:<reference>" with the client's key.
    sealed_note: Mapped[bytes | None]
    # The message in the outbox that told of it.
    message: Mapped[str | None]

    lamp: Mapped[Lamp] = relationship(lazy="raise_on_sql", back_populates="history")
    therapist: Mapped[Therapist | None] = relationship(lazy="raise_on_sql")
