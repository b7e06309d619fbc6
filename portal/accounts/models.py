"""Therapists and clients, how they prove who they are, where they are signed in, what was mailed to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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
    # Empty for somebody who has no password, and signs in with a passkey.
    password_hash: Mapped[str]
    # An IANA zone: working hours are local times in it, and the grid of times starts in it.
    time_zone: Mapped[str]
    added_at: Mapped[datetime]
    # Sees how work is spread among the colleagues; in numbers, never whose.
    is_lead: Mapped[bool] = mapped_column(default=False)
    # Goes up whenever anything of their diary changes, so that what was read of it need not be read again; 0
    # until something is first said. It stands here, where every page of theirs and their clients' passes.
    diary_state: Mapped[int] = mapped_column(default=0, server_default="0")
    # None for those who were here before therapists had one; services.own_key makes it when it is needed.
    data_key_id: Mapped[int | None] = mapped_column(ForeignKey("data_key.id"), unique=True, index=True)

    data_key: Mapped[DataKey | None] = relationship(lazy="raise_on_sql")


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
    # Empty for somebody who has no password, and signs in with a passkey.
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
    # How far they have come, and when something last happened. Both follow from other rows, and are kept here
    # so that a list of a hundred thousand opens as fast as one of ten: `portal.clients.following` sees to it.
    stage: Mapped[Stage] = mapped_column(default=_first_stage)
    moved_at: Mapped[datetime] = mapped_column(default=_at_first)
    # When the therapist put them away. Whatever they do later brings them back.
    archived_at: Mapped[datetime | None]

    data_key: Mapped[DataKey] = relationship(lazy="raise_on_sql")
    therapist: Mapped[Therapist | None] = relationship(lazy="raise_on_sql")


def _one_person() -> CheckConstraint:
    return CheckConstraint("(client_id IS NULL) <> (therapist_id IS NULL)", name="exactly_one_person")


class OfOnePerson:
    """A row that is one client's or one therapist's."""

    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"), index=True)


class Proof(StrEnum):
    """By what somebody proved just now who they are."""

    PASSWORD = "password"
    PASSKEY = "passkey"


class SignedInPlace(OfOnePerson, Base):
    """One browser in which a person is signed in. The cookie holds a random token, this row its hash."""

    __tablename__ = "signed_in_place"
    __table_args__ = (_one_person(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    token_hash: Mapped[str] = mapped_column(unique=True)
    # What its owner knows it by, in coarse words: "Firefox on Windows".
    device: Mapped[str] = mapped_column(default="")
    # The person's own device, as they said when they signed in.
    is_own: Mapped[bool] = mapped_column(default=False)
    # Whether two factors were shown here, or a passkey, which is two in one.
    is_strong: Mapped[bool] = mapped_column(default=False)
    signed_in_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    # When its person last proved here who they are, and by what; none where only a mailed link was followed.
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[Proof | None]


class KnownBrowser(OfOnePerson, Base):
    """A browser in which a person has been before. A cookie of its own holds a token, this row its hash."""

    __tablename__ = "known_browser"
    __table_args__ = (
        _one_person(),
        UniqueConstraint("token_hash", "client_id"),
        UniqueConstraint("token_hash", "therapist_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    seen_at: Mapped[datetime]


class Step(StrEnum):
    """What was begun in a browser and is finished there by a second request."""

    # Signing in with a passkey; whose, is not known before it is shown.
    PASSKEY_SIGN_IN = "passkey-sign-in"
    # The password was right, and a second step is still to come.
    SECOND_STEP = "second-step"
    # The same with a passkey as the second step.
    PASSKEY_SECOND = "passkey-second"
    PASSKEY_CONFIRM = "passkey-confirm"
    PASSKEY_ADD = "passkey-add"
    # The first passkey of an account, behind a mailed link.
    PASSKEY_FIRST = "passkey-first"


class BegunStep(Base):
    """Something begun in one browser: finished there, once, and soon, or not at all.

    The cookie holds a random token, this row its hash.
    """

    __tablename__ = "begun_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    step: Mapped[Step]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapist.id"), index=True)
    # The random bytes that a passkey has to sign (WebAuthn §13.4.3).
    challenge: Mapped[bytes | None]
    # The reference of somebody who is not stored yet: a passkey that is made beforehand is made for it.
    reference: Mapped[str | None]
    is_own: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Passkey(OfOnePerson, Base):
    __tablename__ = "passkey"
    __table_args__ = (_one_person(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    # How often it says it was used: one that does not go on counting may have been copied.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    # What its owner calls it, sealed as "passkey.name:<reference>".
    sealed_name: Mapped[bytes]
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class AuthenticatorApp(OfOnePerson, Base):
    """An app that shows a code every half minute (RFC 6238): one in use, and one that is being set up."""

    __tablename__ = "authenticator_app"
    __table_args__ = (
        _one_person(),
        UniqueConstraint("client_id", "is_active"),
        UniqueConstraint("therapist_id", "is_active"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    # The secret that both know, sealed as "authenticator_app.secret:<reference>".
    sealed_secret: Mapped[bytes]
    is_active: Mapped[bool] = mapped_column(default=False)
    # The half minute whose code was used last; neither it nor an earlier one is taken again.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    added_at: Mapped[datetime]


class RecoveryCode(OfOnePerson, Base):
    """For who has lost the second step: works once. Only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (_one_person(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


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


class AddressChange(OfOnePerson, Base):
    """Somebody wants another address: the new one has to prove it, the old one can stop it for a while."""

    __tablename__ = "address_change"
    __table_args__ = (_one_person(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    old_email: Mapped[str]
    new_email: Mapped[str]
    # Of the tokens that were mailed to the new address and to the old one.
    proof_hash: Mapped[str] = mapped_column(unique=True)
    stop_hash: Mapped[str] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    # Until when the new address can prove itself, and until when the old one can stop it or take it back.
    expires_at: Mapped[datetime]
    stoppable_until: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class Invitation(Base):
    """A therapist asks somebody in. The mail holds a random token, this row its hash."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    email: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    # Sealed with the therapist's key as "invitation.name:<reference>" and "invitation.words:…", until it
    # is taken up or taken back.
    sealed_name: Mapped[bytes | None]
    sealed_words: Mapped[bytes | None]
    mailed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)

    therapist: Mapped[Therapist] = relationship(lazy="raise_on_sql")
