"""Therapists and clients, where they are signed in, and the links that were mailed to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, new_reference
from portal.vault.models import DataKey


class Therapist(Base):
    __tablename__ = "therapist"
    __table_args__ = (Index("uq_therapist_data_key_id", "data_key_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    name: Mapped[str]
    # Lower case: one address, one person.
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    # An IANA zone: working hours are local times in it, and the grid of times starts in it.
    time_zone: Mapped[str]
    added_at: Mapped[datetime]
    # Made when something of the therapist's own is first sealed.
    data_key_id: Mapped[int | None] = mapped_column(ForeignKey("data_key.id"))

    data_key: Mapped[DataKey | None] = relationship(lazy="raise_on_sql")


class Client(Base):
    __tablename__ = "client"

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
    # When all that was theirs was erased; what is left is a reference.
    erased_at: Mapped[datetime | None]
    # How long before a consultation a reminder is wanted, in minutes: "10080,1440"; empty for never.
    reminders: Mapped[str] = mapped_column(default="1440")

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
