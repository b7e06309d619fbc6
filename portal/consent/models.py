"""Texts to agree to, their versions, and what clients said to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Client
from portal.consent.lifecycle import AgreementStatus, TextMove, TextStatus, text_after
from portal.database import Base, new_reference

_DRAFT, _PUBLISHED = text("status = 'draft'"), text("status = 'published'")
_STANDS = text("ended_at IS NULL")


class ConsentDocument(Base):
    """One thing to agree to, through all its versions."""

    __tablename__ = "consent_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    # What its file calls it, if it came from one.
    slug: Mapped[str | None] = mapped_column(unique=True)
    position: Mapped[int]
    added_at: Mapped[datetime]


class ConsentVersion(Base):
    """A text as it was published: numbered and hashed, and nothing in it ever changes; or one draft of it."""

    __tablename__ = "consent_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("(status = 'draft') = (number IS NULL)", name="numbered_once_published"),
        Index("uq_one_draft", "document_id", unique=True, sqlite_where=_DRAFT, postgresql_where=_DRAFT),
        Index(
            "uq_one_published",
            "document_id",
            unique=True,
            sqlite_where=_PUBLISHED,
            postgresql_where=_PUBLISHED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    document_id: Mapped[int] = mapped_column(ForeignKey("consent_document.id"), index=True)
    status: Mapped[TextStatus] = mapped_column(default=TextStatus.DRAFT)
    number: Mapped[int | None]
    title: Mapped[str]
    markdown: Mapped[str]
    # SHA-256 of title and text, in hex; none of a draft.
    text_hash: Mapped[str | None]
    saved_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    # When it was replaced or retired.
    ended_at: Mapped[datetime | None]
    # Up to which client those who had agreed to an earlier version were told of this one.
    told_up_to: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    document: Mapped[ConsentDocument] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": version}

    def make(self, move: TextMove, *, at: datetime) -> None:
        """The only way its status changes. Raises NotPossible."""
        self.status = text_after(self.status, move)
        if move is TextMove.PUBLISH:
            self.published_at = at
        else:
            self.ended_at = at


class Agreement(Base):
    """What a client said to one version. Saying something else later ends it and begins another."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index(
            "uq_one_standing_agreement",
            "client_id",
            "version_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("consent_version.id"), index=True)
    status: Mapped[AgreementStatus]
    said_at: Mapped[datetime]
    # When the client took it back, or said something else.
    ended_at: Mapped[datetime | None]
    # The name that was typed, and the hash of the text above it, JSON, sealed as
    # "agreement.signature:<reference>" with the client's key. None for what was not agreed to.
    sealed_signature: Mapped[bytes | None]

    client: Mapped[Client] = relationship(lazy="raise_on_sql")
    text: Mapped[ConsentVersion] = relationship(lazy="raise_on_sql")
