"""What can be done about who people are.

What a stranger can ask for costs the same for an address that is known here and for one that is not: as many
statements, one mailed link, one mail (ASVS 6.3.8).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, false, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import emails
from portal.accounts.models import Client, MailedLink, Purpose, SignedInPlace, Therapist
from portal.accounts.queries import LinkGone, Person, link_of, name_row, person_with_address
from portal.errors import Refused
from portal.vault.words import make_data_key, seal

# How long a mailed link can be used. The mails and pages say so in words.
_LASTS = {Purpose.PROVE_ADDRESS: timedelta(hours=24), Purpose.NEW_PASSWORD: timedelta(hours=1)}


class AddressTaken(Refused):
    """Somebody has this address here already."""


class PasswordChanged(Refused):
    """The password became another one while it was being checked."""


class NotProved(Refused):
    """The address has to be proved before anybody comes in with it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.reference)
        self.client = client


def hash_of(token: str) -> str:
    """What the tables keep of a random token of 256 bits; nothing slower is needed for those."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_therapist(
    db: Session, *, name: str, email: str, password_hash: str, time_zone: str, now: datetime
) -> Therapist:
    """Somebody who offers therapy here. Clients who have no therapist yet become theirs.

    The address is in lower case, the zone an IANA name. Raises AddressTaken.
    """
    if person_with_address(db, email, to_change=True) is not None:
        raise AddressTaken
    therapist = Therapist(
        name=name,
        email=email,
        password_hash=password_hash,
        time_zone=time_zone,
        added_at=now,
        # The first one leads, until another does.
        is_lead=db.scalar(select(Therapist.id).limit(1)) is None,
    )
    db.add(therapist)
    _flush_the_address(db)
    db.execute(update(Client).where(Client.therapist_id.is_(None)).values(therapist_id=therapist.id))
    return therapist


def add_client(
    db: Session, *, email: str, password_hash: str, now: datetime, proved: bool, time_zone: str | None = None
) -> Client:
    """A client with a data key of their own, with the first therapist if there is one.

    The address is in lower case, the zone an IANA name. Raises AddressTaken.
    """
    client = Client(
        email=email,
        password_hash=password_hash,
        proved_at=now if proved else None,
        time_zone=time_zone,
        therapist_id=select(func.min(Therapist.id)).scalar_subquery(),
        data_key=make_data_key(db, now=now),
        joined_at=now,
    )
    db.add(client)
    _flush_the_address(db)
    return client


def sign_up(db: Session, *, email: str, password_hash: str, time_zone: str | None, now: datetime) -> str:
    """Somebody wants an account with this address; whether they get one, only the address is told.

    Until the address is proved, the latest wish counts: its password replaces the one before, and only the
    link of its mail works. Returns what the tables keep of that link's token, so that the browser that asked
    can be told from another. Raises AddressTaken if another wish for the address arrived in this very moment.
    """
    person = person_with_address(db, email, to_change=True)
    if person is None:
        client = add_client(
            db, email=email, password_hash=password_hash, now=now, proved=False, time_zone=time_zone
        )
        return _mail_for_sign_up(db, email, client, now=now)
    db.execute(
        update(Client)
        .where(Client.email == email, Client.proved_at.is_(None))
        .values(password_hash=password_hash, time_zone=time_zone)
    )
    _void_links(db, person, Purpose.PROVE_ADDRESS, now=now)
    return _mail_for_sign_up(db, email, person, now=now)


def send_proof(db: Session, client: Client, *, now: datetime) -> str:
    """Mail an unproved client a new link, the only one to work. Returns what signing up returns."""
    _void_links(db, client, Purpose.PROVE_ADDRESS, now=now)
    return _mail_for_sign_up(db, client.email, client, now=now)


def send_proof_again(db: Session, email: str, *, link_before: str, now: datetime) -> str:
    """Mail the address what signing up had mailed; of its links only the new one works.

    `link_before` is what signing up returned. What comes back is of the same kind, and fits the new link only
    if that one could still be used: else somebody else has asked for an account with this address meanwhile,
    and its password is theirs.
    """
    person = person_with_address(db, email, to_change=True)
    still_good = db.scalar(
        select(MailedLink.id).where(
            MailedLink.token_hash == link_before, MailedLink.used_at.is_(None), MailedLink.expires_at > now
        )
    )
    _void_links(db, person, Purpose.PROVE_ADDRESS, now=now)
    link = _mail_for_sign_up(db, email, person, now=now)
    return link if still_good else hash_of(secrets.token_urlsafe(32))


def send_new_password_link(db: Session, email: str, *, now: datetime) -> str:
    """Mail the address a link to a new password, or that there is no account with it.

    Returns what the tables keep of the link's token.
    """
    person = person_with_address(db, email, to_change=True)
    _void_links(db, person, Purpose.NEW_PASSWORD, now=now)
    token = _add_link(db, person, Purpose.NEW_PASSWORD, now=now)
    if person is None:
        emails.tell_of_no_account(db, to=email, now=now)
    else:
        emails.send_new_password_link(db, to=person.email, token=token, now=now)
    return hash_of(token)


def prove_address(db: Session, token: str, *, now: datetime) -> Client:
    """The address is the client's own: they have pressed the button behind the link. Raises LinkGone."""
    client = _use_link(db, token, Purpose.PROVE_ADDRESS, now=now)
    if not isinstance(client, Client):
        raise LinkGone
    client.proved_at = now
    return client


def set_new_password(db: Session, token: str, *, password_hash: str, now: datetime) -> Person:
    """Whoever has the link chooses a new password, and is signed out everywhere (ASVS 7.4.3).

    Having the link proves the address too. No link that was mailed before works any more. Raises LinkGone.
    """
    person = _use_link(db, token, Purpose.NEW_PASSWORD, now=now)
    person.password_hash = password_hash
    if isinstance(person, Client) and person.proved_at is None:
        person.proved_at = now
    for purpose in Purpose:
        _void_links(db, person, purpose, now=now)
    end_all_places(db, person)
    emails.tell_of_new_password(db, to=person.email, now=now)
    return person


def let_in(db: Session, person: Person, *, checked_hash: str, renewed_hash: str | None) -> None:
    """The password was right for `checked_hash`, outside of this transaction: may they come in?

    Keeps `renewed_hash`, of the same password at today's cost, if there is one. Raises PasswordChanged, and
    NotProved for a client who has not proved their address.
    """
    db.refresh(person, with_for_update=True)
    if person.password_hash != checked_hash:
        raise PasswordChanged
    if isinstance(person, Client) and person.proved_at is None:
        raise NotProved(person)
    if renewed_hash is not None:
        person.password_hash = renewed_hash


def open_place(
    db: Session, person: Person, *, token_hash: str, now: datetime, ended_before: datetime
) -> SignedInPlace:
    """Remember where the person is signed in, and forget their places that began before `ended_before`."""
    db.execute(delete(SignedInPlace).where(_is_at(person), SignedInPlace.signed_in_at < ended_before))
    place = SignedInPlace(token_hash=token_hash, signed_in_at=now, last_used_at=now, **_owner(person))
    db.add(place)
    return place


def touch_place(db: Session, *, token_hash: str, now: datetime) -> None:
    """The place is in use; nothing happens if it was signed out meanwhile."""
    db.execute(update(SignedInPlace).where(SignedInPlace.token_hash == token_hash).values(last_used_at=now))


def end_place(db: Session, *, token_hash: str) -> None:
    """Sign this browser out; nothing happens if it was signed out already."""
    db.execute(delete(SignedInPlace).where(SignedInPlace.token_hash == token_hash))


def end_all_places(db: Session, person: Person) -> None:
    """Sign the person out everywhere: after a new password (ASVS 7.4.3)."""
    db.execute(delete(SignedInPlace).where(_is_at(person)))


def keep_name(db: Session, client: Client, name: str) -> None:
    """Keep the name that the client wants to be called by, sealed."""
    client.sealed_name = seal(db, client.data_key, name, of=name_row(client))


def _flush_the_address(db: Session) -> None:
    try:
        db.flush()
    except IntegrityError as clash:
        raise AddressTaken from clash


def _mail_for_sign_up(db: Session, email: str, person: Person | None, *, now: datetime) -> str:
    """One link and one mail, whoever has the address. A link that is nobody's is never told to anybody."""
    unproved = isinstance(person, Client) and person.proved_at is None
    token = _add_link(db, person if unproved else None, Purpose.PROVE_ADDRESS, now=now)
    if unproved:
        emails.ask_to_prove_address(db, to=email, token=token, now=now)
    elif person is not None:
        emails.tell_of_the_account_they_have(db, to=email, now=now)
    else:
        emails.tell_of_no_account(db, to=email, now=now)
    return hash_of(token)


def _add_link(db: Session, person: Person | None, purpose: Purpose, *, now: datetime) -> str:
    """A new link for this person, or for nobody. Returns its token, which is kept nowhere but in the mail."""
    token = secrets.token_urlsafe(32)
    link = MailedLink(
        token_hash=hash_of(token),
        purpose=purpose,
        made_at=now,
        expires_at=now + _LASTS[purpose],
        **(_owner(person) if person else {}),
    )
    db.add(link)
    return token


def _use_link(db: Session, token: str, purpose: Purpose, *, now: datetime) -> Person:
    """Use up the link, and take the row of whom it was mailed to. Raises LinkGone, for a second use too."""
    link, person = link_of(db, hash_of(token), purpose, now=now)
    db.refresh(person, with_for_update=True)
    used = db.scalar(
        update(MailedLink)
        .where(MailedLink.id == link.id, MailedLink.used_at.is_(None))
        .values(used_at=now)
        .returning(MailedLink.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise LinkGone
    return person


def _void_links(db: Session, person: Person | None, purpose: Purpose, *, now: datetime) -> None:
    """None of the links that were mailed before for this purpose works any more."""
    theirs: ColumnElement[bool] = false()
    if person is not None:
        column = MailedLink.client_id if isinstance(person, Client) else MailedLink.therapist_id
        theirs = column == person.id
    db.execute(
        update(MailedLink)
        .where(theirs, MailedLink.purpose == purpose, MailedLink.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_at(person: Person) -> ColumnElement[bool]:
    """Which places are this person's."""
    column = SignedInPlace.client_id if isinstance(person, Client) else SignedInPlace.therapist_id
    return column == person.id


def _owner(person: Person) -> dict[str, int]:
    return {"client_id" if isinstance(person, Client) else "therapist_id": person.id}
