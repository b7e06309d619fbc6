"""Drafts of questionnaires, files that nobody has accepted yet, and warnings that were answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Therapist
from portal.database import Base, new_reference

# Of the sentence that answers a warning.
LONGEST_ANSWER = 500


class QuestionnaireDraft(Base):
    """What the next version of a questionnaire is to be. It is the practice's: any therapist changes it."""

    __tablename__ = "questionnaire_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    # JSON, as `sheet` has it: it may hold what no definition may.
    content: Mapped[str]
    # The FHIR resource that it came from, which can be large.
    source: Mapped[str | None] = mapped_column(deferred=True)
    # The number of the version that it began from; none for one that is new.
    based_on: Mapped[int | None]
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # Who changed it last.
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    revision: Mapped[int] = mapped_column()

    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": revision}


class AnsweredWarning(Base):
    """Why a version was published as it is, though the lint had warned. Written once, never altered."""

    __tablename__ = "answered_warning"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_version.id"), index=True)
    rule: Mapped[str]
    # Of the item that it was about; none for all of it.
    link_id: Mapped[str | None]
    # What the warning said, and what was answered.
    words: Mapped[str]
    answer: Mapped[str]
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"))
    answered_at: Mapped[datetime]

    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")


class BroughtFile(Base):
    """A file as it was brought in, until its report was read and accepted. A therapist has one at a time."""

    __tablename__ = "brought_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    # What it is called if it does not say so itself.
    title: Mapped[str]
    content: Mapped[bytes]
    brought_at: Mapped[datetime]
