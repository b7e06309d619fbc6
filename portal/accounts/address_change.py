"""Changing the address that somebody signs in with: the new one proves itself, the old one can stop it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.accounts import emails
from portal.accounts.models import AddressChange, Client, Therapist
from portal.accounts.places import end_all_places
from portal.accounts.queries import LinkGone, Person, owner_of, person_with_address, theirs
from portal.accounts.services import flush_the_address, void_all_links
from portal.accounts.tokens import hash_of, new_token

# How long the new address can prove itself, and how long the old one can stop it or take it back. Both are
# said in the mails.
PROVABLE_FOR, STOPPABLE_FOR = timedelta(hours=24), timedelta(days=3)


class Wanted(NamedTuple):
    """A change that was asked for, and by whom."""

    change: AddressChange
    person: Person


def want_address(db: Session, person: Person, email: str, *, now: datetime) -> None:
    """Both addresses get a mail. Nothing changes before the new one has proved itself.

    An address that somebody has here costs the same, and only whoever reads its mail is told. The latest wish
    counts. The address is in lower case.
    """
    db.refresh(person, ["email"], with_for_update=True)
    taken = person_with_address(db, email) is not None
    db.execute(
        update(AddressChange)
        .where(theirs(AddressChange, person), AddressChange.changed_at.is_(None))
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )
    proof, stop = new_token(), new_token()
    db.add(
        AddressChange(
            old_email=person.email,
            new_email=email,
            proof_hash=hash_of(proof),
            stop_hash=hash_of(stop),
            asked_at=now,
            expires_at=now + PROVABLE_FOR,
            stoppable_until=now + STOPPABLE_FOR,
            **owner_of(person),
        )
    )
    emails.tell_old_address(db, to=person.email, token=stop, until=now + STOPPABLE_FOR, now=now)
    if taken:
        emails.tell_of_a_taken_address(db, to=email, now=now)
    else:
        emails.ask_new_address(db, to=email, token=proof, now=now)


def change_to_prove(db: Session, token: str, *, now: datetime) -> Wanted:
    """What the link in the new address's mail is about. Raises LinkGone."""
    return _wanted(
        db,
        AddressChange.proof_hash == hash_of(token),
        AddressChange.changed_at.is_(None),
        AddressChange.stopped_at.is_(None),
        AddressChange.expires_at > now,
    )


def change_to_stop(db: Session, token: str, *, now: datetime) -> Wanted:
    """What the link in the old address's mail is about. Raises LinkGone."""
    return _wanted(
        db,
        AddressChange.stop_hash == hash_of(token),
        AddressChange.stopped_at.is_(None),
        AddressChange.stoppable_until > now,
    )


def change_address(db: Session, token: str, *, now: datetime) -> Person:
    """The new address has proved itself, and is the one from now on. Raises LinkGone and AddressTaken."""
    change, person = change_to_prove(db, token, now=now)
    db.refresh(person, ["email"], with_for_update=True)
    _mark(db, change, AddressChange.changed_at, now)
    person.email = change.new_email
    flush_the_address(db)
    void_all_links(db, person, now=now)
    return person


def keep_old_address(db: Session, token: str, *, now: datetime) -> Person:
    """Whoever reads the old address's mail does not want it: nothing changes, or what has changed goes back.

    The person is signed out everywhere, and told at the old address. Raises LinkGone and AddressTaken.
    """
    change, person = change_to_stop(db, token, now=now)
    db.refresh(person, ["email"], with_for_update=True)
    _mark(db, change, AddressChange.stopped_at, now)
    # Whatever was asked for since, with the address that is not to be, goes with it.
    db.execute(
        update(AddressChange)
        .where(theirs(AddressChange, person), AddressChange.asked_at >= change.asked_at)
        .values(stopped_at=now)
        .execution_options(synchronize_session=False)
    )
    person.email = change.old_email
    flush_the_address(db)
    # One may lie in the mail of the other address.
    void_all_links(db, person, now=now)
    end_all_places(db, person)
    emails.tell_of_kept_address(db, to=change.old_email, now=now)
    return person


def _wanted(db: Session, *fits: ColumnElement[bool]) -> Wanted:
    row = db.execute(
        select(AddressChange, Client, Therapist)
        .outerjoin(Client, Client.id == AddressChange.client_id)
        .outerjoin(Therapist, Therapist.id == AddressChange.therapist_id)
        .where(*fits)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise LinkGone
    change, client, therapist = row
    return Wanted(change, client or therapist)


def _mark(
    db: Session, change: AddressChange, column: InstrumentedAttribute[datetime | None], now: datetime
) -> None:
    """Once, also where two press at once."""
    marked = db.scalar(
        update(AddressChange)
        .where(AddressChange.id == change.id, column.is_(None))
        .values({column: now})
        .returning(AddressChange.id)
        .execution_options(synchronize_session=False)
    )
    if marked is None:
        raise LinkGone
