"""Therapists and clients, where they are signed in, and the links that were mailed to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, new_reference
from portal.vault.models import DataKey


class Stage(StrEnum):
    """How far a client has come, as the list of clients tells them apart."""

    # Somebody typed the address, and nobody has pressed the button of the mailed link yet.
    UNPROVED = "unproved"
    JOINED = "joined"
    READING = "reading"
    ANSWERING = "answering"
    SENT = "sent"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    MET = "met"
    ARCHIVED = "archived"


# Who stands on the lists, written out: a partial index is chosen before parameters are known.
IS_LISTED = text("client.stage NOT IN ('archived', 'unproved')")
_LISTED = text("stage NOT IN ('archived', 'unproved')")


def _at_first(context: Any) -> datetime:
    """When a client moved last, of one who has just come."""
    joined: datetime = context.get_current_parameters()["joined_at"]
    return joined


def _first_stage(context: Any) -> Stage:
    return Stage.JOINED if context.get_current_parameters()["proved_at"] else Stage.UNPROVED


class Therapist(Base):
    __tablename__ = "therapist"
    __table_args__ = (
        Index(
            "uq_one_lead",
            "is_lead",
            unique=True,
            sqlite_where=text("is_lead"),
            postgresql_where=text("is_lead"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    name: Mapped[str]
    # Lower case: one address, one person.
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    # An IANA zone: working hours are local times in it, and the grid of times starts in it.
    time_zone: Mapped[str]
    added_at: Mapped[datetime]
    # Sees how work is spread among the colleagues; in numbers, never whose.
    is_lead: Mapped[bool] = mapped_column(default=False)


class Client(Base):
    __tablename__ = "client"
    # One for each order in which the list can stand, of everybody and of one stage.
    __table_args__ = (
        *(
            Index(f"ix_client_listed_{order}", *columns, sqlite_where=_LISTED, postgresql_where=_LISTED)
            for order, columns in {
                "moved": ("therapist_id", "moved_at", "id"),
                "joined": ("therapist_id", "id"),
                "address": ("therapist_id", "email"),
            }.items()
        ),
        Index("ix_client_stage_moved", "therapist_id", "stage", "moved_at", "id"),
        Index("ix_client_stage_joined", "therapist_id", "stage", "id"),
        Index("ix_client_stage_address", "therapist_id", "stage", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    # When the client pressed the button of the mailed link; until then nobody signs in with the address.
    proved_at: Mapped[datetime | None]
    # The name to use, sealed as "client.name:<reference>"; what they typed is theirs, their name too.
    sealed_name: Mapped[bytes | None]
    # The reader's zone, an IANA name; none until they choose or their device says so.
    time_zone: Mapped[str | None]
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"), index=True)
    data_key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"), unique=True)
    joined_at: Mapped[datetime]
    # How long before a consultation a reminder is wanted, in minutes: "10080,1440"; empty for never.
    reminders: Mapped[str] = mapped_column(default="1440")
    # How far they have come, and when something last happened. Both follow from other rows, and are kept here
    # so that a list of a hundred thousand opens as fast as one of ten: `portal.clients.following` sees to it.
    stage: Mapped[Stage] = mapped_column(default=_first_stage)
    moved_at: Mapped[datetime] = mapped_column(default=_at_first)
    # When the therapist put them away. Whatever they do later brings them back.
    archived_at: Mapped[datetime | None]

    data_key: Mapped[DataKey] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist | None] = relationship(lazy="raise_on_sql")


class SignedInPlace(Base):
    """One browser in which a person is signed in. The cookie holds a random token, this row its hash."""

    __tablename__ = "signed_in_place"
    __table_args__ = (
        CheckConstraint("(client_id IS NULL) <> (therapist_id IS NULL)", name="exactly_one_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"), index=True)
    signed_in_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class Purpose(StrEnum):
    """What a mailed link is for."""

    PROVE_ADDRESS = "prove-address"
    NEW_PASSWORD = "new-password"


class MailedLink(Base):
    """A link that works once and not for long. The mail holds a random token, this row its hash.

    A link for an address that nobody has here belongs to no one and opens nothing: it is stored all the same,
    so that an unknown address costs the same work as a known one.
    """

    __tablename__ = "mailed_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
