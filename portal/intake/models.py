"""Questionnaire versions, intakes with their answers, and the lamps that answers light."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client
from portal.database import Base, new_reference
from portal.intake.replies import AnswerState as AnswerState

_UNSENT = text("sent_at IS NULL")


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
    """One client's answers to one version. Once sent it is shown from `sealed_copy`, questions and all."""

    __tablename__ = "intake"
    __table_args__ = (
        Index(
            "uq_one_unsent_intake",
            "client_id",
            unique=True,
            sqlite_where=_UNSENT,
            postgresql_where=_UNSENT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_version.id"))
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
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


class Lamp(Base):
    """An answer that the therapist should see today. Lit when the answer is saved, not when it is sent."""

    __tablename__ = "lamp"
    __table_args__ = (UniqueConstraint("intake_id", "link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    link_id: Mapped[str]
    lit_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
