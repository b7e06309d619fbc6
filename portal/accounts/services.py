"""What can be done about who people are.

What a stranger can ask for costs the same for an address that is known here and for one that is not: as many
statements, one mailed link, one mail (ASVS 6.3.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, false, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import emails
from portal.accounts.begun import forget_begun
from portal.accounts.models import Client, MailedLink, Purpose, RecoveryCode, Therapist
from portal.accounts.places import end_all_places
from portal.accounts.queries import (
    LinkGone,
    Person,
    link_of,
    name_row,
    owner_of,
    person_with_address,
    theirs,
    ways_in,
)
from portal.accounts.recording import record, record_of
from portal.accounts.tokens import hash_of as hash_of
from portal.accounts.tokens import new_token
from portal.database import new_reference
from portal.errors import Refused
from portal.journal.lines import Hand, What
from portal.statements import rows
from portal.vault.models import DataKey
from portal.vault.words import make_data_key, seal

# How long a mailed link can be used. The mails and pages say so in words.
_LASTS = {Purpose.PROVE_ADDRESS: timedelta(hours=24), Purpose.NEW_PASSWORD: timedelta(hours=1)}

# What decides at the last moment whether somebody comes in. Past the session's bookkeeping: signing in is to
# cost little beside checking a password.
_AS_THEY_ARE: Mapping[type[Person], Any] = {
    Client: select(Client.password_hash, Client.proved_at)
    .where(Client.id == bindparam("person"))
    .with_for_update(),
    Therapist: select(Therapist.password_hash).where(Therapist.id == bindparam("person")).with_for_update(),
}


class AddressTaken(Refused):
    """Somebody has this address here already."""


class PasswordChanged(Refused):
    """The password became another one while it was being checked."""


class NotProved(Refused):
    """The address has to be proved before anybody comes in with it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.reference)
        self.client = client


class WayInNotChosen(Refused):
    """The link was opened where nobody asked for the account: a stranger may have chosen its password."""


class LastWayIn(Refused):
    """Without it the person could not come in any more, or not with the second step that they owe."""


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
        data_key=make_data_key(db, now=now),
        # The first one leads, until another does.
        is_lead=db.scalar(select(Therapist.id).limit(1)) is None,
    )
    db.add(therapist)
    flush_the_address(db)
    db.execute(update(Client).where(Client.therapist_id.is_(None)).values(therapist_id=therapist.id))
    record_of(db, What.THERAPIST_ADDED, therapist, by=Hand.OPERATOR)
    return therapist


def add_client(
    db: Session,
    *,
    email: str,
    password_hash: str,
    now: datetime,
    proved: bool,
    time_zone: str | None = None,
    reference: str | None = None,
) -> Client:
    """A client with a data key of their own, with the first therapist if there is one.

    The address is in lower case, the zone an IANA name; the `reference` is said where something was made for
    it beforehand. Raises AddressTaken.
    """
    client = Client(
        reference=reference or new_reference(),
        email=email,
        password_hash=password_hash,
        proved_at=now if proved else None,
        time_zone=time_zone,
        therapist_id=select(func.min(Therapist.id)).scalar_subquery(),
        data_key=make_data_key(db, now=now),
        joined_at=now,
    )
    db.add(client)
    flush_the_address(db)
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
    return link if still_good else link_of_nothing()


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


def link_of_nothing() -> str:
    """What signing up returns, of a link that was mailed to nobody."""
    return hash_of(new_token())


def prove_address(
    db: Session, token: str, *, asked_here: str | None, password_hash: str | None = None, now: datetime
) -> Client:
    """The address is the client's own: they have pressed the button behind the link.

    `asked_here` is what signing up returned to the browser that presses. Where it is of another link, or
    there is no password yet, a `password_hash` has to be chosen here, empty for who makes a passkey instead:
    what was chosen before may be a stranger's, who signed up with this address and waits for its owner to
    press. Raises LinkGone and WayInNotChosen.
    """
    client = _use_link(db, token, Purpose.PROVE_ADDRESS, now=now)
    if not isinstance(client, Client):
        raise LinkGone
    if password_hash is not None:
        client.password_hash = password_hash
    elif asked_here != hash_of(token) or not client.password_hash:
        raise WayInNotChosen
    client.proved_at = now
    record(db, What.JOINED, client)
    return client


def set_new_password(db: Session, token: str, *, password_hash: str, now: datetime) -> Person:
    """Whoever has the link chooses a new password, and is signed out everywhere (ASVS 7.4.3).

    Having the link proves the address too. No link that was mailed before works any more. Raises LinkGone.
    """
    person = _use_link(db, token, Purpose.NEW_PASSWORD, now=now)
    if isinstance(person, Client) and person.proved_at is None:
        person.proved_at = now
    _keep_password(db, person, password_hash, now=now)
    emails.tell_of_new_password(db, to=person.email, now=now)
    record(db, What.PASSWORD_CHANGED, person)
    return person


def change_password(db: Session, person: Person, *, password_hash: str, now: datetime) -> None:
    """Whoever has just proved who they are chooses another password, and is signed out everywhere.

    Nothing else changes: a second step stays as it is. Where they press, the caller signs them in anew.
    """
    db.refresh(person, ["password_hash"], with_for_update=True)
    _keep_password(db, person, password_hash, now=now)
    emails.tell_of_new_password(db, to=person.email, now=now)
    record(db, What.PASSWORD_CHANGED, person)


def note_failed_sign_in(db: Session, person: Person | None) -> None:
    """Somebody came without the right password, code or passkey; whose, if anybody's, costs the same."""
    record_of(db, What.SIGN_IN_FAILED, person, by=Hand.PORTAL)


def let_in(db: Session, person: Person, *, checked_hash: str, renewed_hash: str | None) -> None:
    """The password was right for `checked_hash`, outside of this transaction: may they come in?

    Keeps `renewed_hash`, of the same password at today's cost, if there is one. Raises PasswordChanged, and
    NotProved for a client who has not proved their address.
    """
    found = rows(db, _AS_THEY_ARE[type(person)], {"person": person.id})
    if not found or found[0].password_hash != checked_hash:
        raise PasswordChanged
    if isinstance(person, Client) and found[0].proved_at is None:
        raise NotProved(person)
    if renewed_hash is not None:
        person.password_hash = renewed_hash


def keep_name(db: Session, client: Client, name: str) -> None:
    """Keep the name that the client wants to be called by, sealed."""
    key = db.get_one(DataKey, client.data_key_id)
    client.sealed_name = seal(db, key, name, of=name_row(client))


def rename_therapist(db: Session, therapist: Therapist, name: str) -> None:
    """What a therapist is called, on pages and in mails."""
    therapist.name = name
    db.add(therapist)
    record(db, What.PRACTICE_DESCRIBED, therapist)


def move_therapist(db: Session, therapist: Therapist, *, zone: str) -> None:
    """Their hours are meant in this zone from now on; moments that were agreed upon stay what they are."""
    therapist.time_zone = zone
    # Their diary means other moments from now on. Counted by the database, as `diary.changing` does it.
    therapist.diary_state = Therapist.diary_state + 1
    db.add(therapist)
    record(db, What.PRACTICE_DESCRIBED, therapist)


def forget_idle_codes(db: Session, person: Person) -> None:
    """Recovery codes stand in for a second step: whoever needs none any more has no use for them."""
    if not ways_in(db, person).second_step_after_password(person):
        db.execute(
            delete(RecoveryCode)
            .where(theirs(RecoveryCode, person))
            .execution_options(synchronize_session=False)
        )


def void_all_links(db: Session, person: Person, *, now: datetime) -> None:
    """None of the links that were mailed to the person works any more."""
    for purpose in Purpose:
        _void_links(db, person, purpose, now=now)


def own_key(db: Session, person: Person, *, now: datetime) -> DataKey:
    """The person's own data key; for a therapist who was here before therapists had one, it is made."""
    if person.data_key_id is None:
        db.refresh(person, ["data_key_id"], with_for_update=True)
    if person.data_key_id is None:
        key = make_data_key(db, now=now)
        db.flush()
        person.data_key_id = key.id
        return key
    return db.get_one(DataKey, person.data_key_id)


def _keep_password(db: Session, person: Person, password_hash: str, *, now: datetime) -> None:
    """With the old password end the links that were mailed, the places, and what was begun with it."""
    person.password_hash = password_hash
    void_all_links(db, person, now=now)
    forget_begun(db, person)
    end_all_places(db, person)


def flush_the_address(db: Session) -> None:
    """Learn while it can still be told whether the address is free. Raises AddressTaken."""
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
    token = new_token()
    link = MailedLink(
        token_hash=hash_of(token),
        purpose=purpose,
        made_at=now,
        expires_at=now + _LASTS[purpose],
        **(owner_of(person) if person else {}),
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
