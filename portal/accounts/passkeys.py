"""Making, showing and removing passkeys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import emails
from portal.accounts.begun import Begun, begin_step
from portal.accounts.ceremonies import (
    Made,
    Party,
    PasskeyRefused,
    checked,
    made,
    new_challenge,
    shown,
    wish_to_make,
    wish_to_see,
)
from portal.accounts.models import Client, Passkey, Step, Therapist
from portal.accounts.queries import Person, owner_of, passkeys_of, theirs, ways_in
from portal.accounts.services import LastWayIn, forget_idle_codes, own_key
from portal.errors import NotFound, Refused
from portal.vault.words import seal, unseal

# As many as anybody has devices.
MOST_PASSKEYS = 20


class TooManyPasskeys(Refused):
    """There is no use in more than MOST_PASSKEYS."""


class Named(NamedTuple):
    """A passkey as its owner knows it."""

    reference: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


def named_passkeys(db: Session, person: Person, *, now: datetime) -> Sequence[Named]:
    """The person's passkeys with their names, the oldest first."""
    found = passkeys_of(db, person)
    key = own_key(db, person, now=now) if found else None
    return [
        Named(each.reference, unseal(db, key, each.sealed_name, of=_name_row(each.reference)),
              each.added_at, each.last_used_at)
        for each in found
        if key is not None
    ]  # fmt: skip


def begin_making(db: Session, person: Person, *, party: Party, token_hash: str, now: datetime) -> str:
    """What to ask a device of the person's, as JSON. Raises TooManyPasskeys."""
    has = [each.credential_id for each in passkeys_of(db, person)]
    if len(has) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    challenge = new_challenge()
    begin_step(db, Step.PASSKEY_ADD, token_hash=token_hash, person=person, challenge=challenge, now=now)
    return wish_to_make(party, challenge, handle=person.reference, address=person.email, has=has)


def begin_first(
    db: Session, *, reference: str, address: str, party: Party, token_hash: str, now: datetime
) -> str:
    """The same for somebody behind a mailed link, who is going to have this reference."""
    challenge = new_challenge()
    begin_step(
        db, Step.PASSKEY_FIRST, token_hash=token_hash, reference=reference, challenge=challenge, now=now
    )
    return wish_to_make(party, challenge, handle=reference, address=address)


def add_passkey(
    db: Session, person: Person, begun: Begun, said: str, *, name: str, party: Party, now: datetime
) -> None:
    """Keep the passkey that a device of the person's has made for what was begun, and tell them by mail.

    Raises PasskeyRefused.
    """
    if not _is_same(begun.person, person):
        raise PasskeyRefused
    keep_passkey(db, person, made(said, party=party, challenge=begun.challenge), name=name, now=now)
    emails.tell_of_a_change(db, "passkey-added", to=person.email, now=now)


def add_first(
    db: Session, person: Person, begun: Begun, said: str, *, name: str, party: Party, now: datetime
) -> None:
    """The same for who is behind a mailed link: it has to have been made for them. Raises PasskeyRefused."""
    if begun.reference != person.reference:
        raise PasskeyRefused
    keep_passkey(db, person, made(said, party=party, challenge=begun.challenge), name=name, now=now)


def keep_passkey(db: Session, person: Person, new: Made, *, name: str, now: datetime) -> None:
    """Raises PasskeyRefused if somebody has it already."""
    passkey = Passkey(
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        sealed_name=b"",
        added_at=now,
        **owner_of(person),
    )
    db.add(passkey)
    try:
        db.flush()
    except IntegrityError as clash:
        raise PasskeyRefused from clash
    key = own_key(db, person, now=now)
    passkey.sealed_name = seal(db, key, name, of=_name_row(passkey.reference))


def begin_showing(
    db: Session,
    step: Step,
    *,
    party: Party,
    token_hash: str,
    now: datetime,
    person: Person | None = None,
    is_own: bool = False,
) -> str:
    """What to ask the device in front of somebody, as JSON: for one of the person's passkeys, or for any."""
    challenge = new_challenge()
    begin_step(db, step, token_hash=token_hash, person=person, challenge=challenge, is_own=is_own, now=now)
    of = [each.credential_id for each in passkeys_of(db, person)] if person else []
    return wish_to_see(party, challenge, of=of)


def use_passkey(db: Session, begun: Begun, said: str, *, party: Party, now: datetime) -> Person:
    """Whose passkey the device has shown for what was begun. Raises PasskeyRefused.

    A person who was named when it began has to be its owner. It is noted when it was used, and how often: of
    two who show the same one at once, one is refused.
    """
    seen = shown(said)
    passkey, person = _passkey_called(db, seen.credential_id)
    if seen.handle not in ("", person.reference) or not _may_be(begun, person):
        raise PasskeyRefused
    count = checked(
        seen,
        party=party,
        challenge=begun.challenge,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
    )
    noted = db.scalar(
        update(Passkey)
        .where(Passkey.id == passkey.id, Passkey.sign_count == passkey.sign_count)
        .values(sign_count=count, last_used_at=now)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if noted is None:
        raise PasskeyRefused
    return person


def remove_passkey(
    db: Session, person: Person, reference: str, *, owes_second_step: bool, now: datetime
) -> None:
    """The person no longer uses it. Raises NotFound, and LastWayIn; tells them by mail.

    `owes_second_step` where nobody of their kind comes in without one.
    """
    db.refresh(person, ["password_hash"], with_for_update=True)
    ways = ways_in(db, person)
    has_another = ways.passkeys > 1
    if not (has_another or ways.has_password) or (owes_second_step and not (has_another or ways.has_app)):
        raise LastWayIn
    removed = db.scalar(
        delete(Passkey)
        .where(theirs(Passkey, person), Passkey.reference == reference)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if removed is None:
        raise NotFound
    forget_idle_codes(db, person)
    emails.tell_of_a_change(db, "passkey-removed", to=person.email, now=now)


def _passkey_called(db: Session, credential_id: bytes) -> tuple[Passkey, Person]:
    row = db.execute(
        select(Passkey, Client, Therapist)
        .outerjoin(Client, Client.id == Passkey.client_id)
        .outerjoin(Therapist, Therapist.id == Passkey.therapist_id)
        .where(Passkey.credential_id == credential_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise PasskeyRefused
    passkey, client, therapist = row
    return passkey, client or therapist


def _may_be(begun: Begun, person: Person) -> bool:
    return begun.person is None or _is_same(begun.person, person)


def _is_same(one: Person | None, other: Person) -> bool:
    return one is not None and one.reference == other.reference


def _name_row(reference: str) -> str:
    return f"passkey.name:{reference}"
