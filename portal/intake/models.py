"""Questionnaire versions, intakes with their answers, and the lamps that answers light."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client
from portal.database import Base, new_reference
from portal.intake.replies import AnswerState as AnswerState

_UNSENT = text("sent_at IS NULL AND dropped_at IS NULL")
_STANDS = text("dropped_at IS NULL")
_UNREAD = text("amends_id IS NOT NULL AND sent_at IS NOT NULL AND read_at IS NULL")
_UNSEEN = text("seen_at IS NULL")


class QuestionnaireVersion(Base):
    """A questionnaire as it was published: frozen, numbered, hashed. Nothing in it ever changes."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    number: Mapped[int]
    # The definition, JSON in one canonical form; its SHA-256.
    definition: Mapped[str]
    definition_hash: Mapped[str]
    published_at: Mapped[datetime]


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
        Index("ix_lamp_unseen", "lit_at", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    link_id: Mapped[str]
    lit_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
