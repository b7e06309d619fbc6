"""Finding people, where they are signed in, and whom a mailed link was for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.lasting import Lasting, lasting
from portal.accounts.models import (
    AuthenticatorApp,
    Client,
    KnownBrowser,
    MailedLink,
    OfOnePerson,
    Passkey,
    Proof,
    Purpose,
    RecoveryCode,
    SignedInPlace,
    Therapist,
)
from portal.entities import Whole
from portal.errors import NotFound
from portal.journal.lines import What
from portal.journal.models import JournalLine
from portal.practice.facts import current_practice
from portal.statements import Prepared
from portal.vault.models import DataKey
from portal.vault.words import shown
from portal.web.formatting import zone_called

Person = Client | Therapist
# Where the name is sealed under a key that is not here.
_NAMELESS = "Name locked"
_OPENED = (What.RECORD_OPENED, What.RECORD_SAVED, What.REQUEST_OPENED)


class Place(NamedTuple):
    """Where somebody is signed in."""

    id: int
    signed_in_at: datetime
    last_used_at: datetime
    is_own: bool
    is_strong: bool
    person: Person

    @property
    def lasting(self) -> Lasting:
        return lasting(at_the_desk=isinstance(self.person, Therapist), is_own=self.is_own)


_CLIENT_WITH = select(Client).where(Client.email == bindparam("email"))
_THERAPIST_WITH = select(Therapist).where(Therapist.email == bindparam("email"))


class Confirmed(NamedTuple):
    """When and by what somebody last proved at a place who they are."""

    at: datetime | None
    by: Proof | None


# Prebuilt, since every signed-in page asks it: the place, its person, a client's key and therapist, in one.
_OF_PLACE = (
    SignedInPlace.id,
    SignedInPlace.signed_in_at,
    SignedInPlace.last_used_at,
    SignedInPlace.is_own,
    SignedInPlace.is_strong,
)
_CLIENT, _KEY, _THERAPIST = Whole(Client), Whole(DataKey), Whole(Therapist)
_PLACE = Prepared(
    select(*_OF_PLACE, *_CLIENT.columns, *_KEY.columns, *_THERAPIST.columns)
    .select_from(SignedInPlace)
    .outerjoin(Client, Client.id == SignedInPlace.client_id)
    .outerjoin(DataKey, DataKey.id == Client.data_key_id)
    .outerjoin(Therapist, Therapist.id == func.coalesce(SignedInPlace.therapist_id, Client.therapist_id))
    .where(SignedInPlace.token_hash == bindparam("token_hash"))
)
# Where each of them begins in its row, and the last one ends.
_PARTS_OF_PLACE = tuple(
    accumulate(map(len, (_OF_PLACE, _CLIENT.columns, _KEY.columns, _THERAPIST.columns)), initial=0)
)
_EVERY_LOOK = (
    select(Therapist.name, func.count(), func.min(JournalLine.at), func.max(JournalLine.at))
    .join(JournalLine, JournalLine.person == Therapist.reference)
    .where(JournalLine.about == bindparam("about"), JournalLine.what.in_(_OPENED))
    .group_by(Therapist.id, Therapist.name)
    .order_by(func.max(JournalLine.at).desc())
)
_LOOKS = Prepared(_EVERY_LOOK)
_LOOKS_SINCE = Prepared(_EVERY_LOOK.where(JournalLine.at >= bindparam("since")))
# Nothing that waits to be written goes before it.
_TURN = (
    select(Therapist.id)
    .where(Therapist.id == bindparam("id"))
    .with_for_update()
    .execution_options(autoflush=False)
)


def _counts(column: str) -> Select[int, int, int]:
    """How many passkeys, apps and recovery codes a person has, who is named by this column."""

    def number(table: type[OfOnePerson], fit: ColumnElement[bool] | None = None) -> ScalarSelect[int]:
        counted = select(func.count()).where(getattr(table, column) == bindparam("person"))
        return (counted if fit is None else counted.where(fit)).scalar_subquery()

    return select(
        number(Passkey),
        number(AuthenticatorApp, AuthenticatorApp.is_active.is_(True)),
        number(RecoveryCode, RecoveryCode.used_at.is_(None)),
    )


_WAYS = {Client: _counts("client_id"), Therapist: _counts("therapist_id")}


class WaysIn(NamedTuple):
    """By what a person can prove who they are."""

    has_password: bool
    passkeys: int
    has_app: bool
    recovery_codes: int

    def second_step_after_password(self, person: Person) -> bool:
        """Whether a password alone is not enough.

        A client's passkey is another way in, and changes nothing for the password beside it; a therapist's is
        their second factor.
        """
        return self.has_app or (isinstance(person, Therapist) and self.passkeys > 0)


class Look(NamedTuple):
    """A therapist who opened what a client sent: how often that was written down, first and last."""

    name: str
    times: int
    first_at: datetime
    last_at: datetime


class LinkGone(NotFound):
    """No such link, or it was used, or replaced by a newer one, or its time is over."""


def name_of(db: Session, client: Client) -> str:
    """The name that the client wants to be called by; the address they gave until they have said it."""
    if client.erased_at is not None:
        return "Erased"
    if client.sealed_name is None:
        return client.email
    return shown(db, client.data_key, client.sealed_name, of=name_row(client), otherwise=_NAMELESS)


def looks_at(db: Session, client: Client, *, since: datetime | None = None) -> Sequence[Look]:
    """Who has opened what this client sent, the latest first (P4); or what they sent at that moment."""
    if since is None:
        return [Look(*row) for row in _LOOKS.rows(db, {"about": client.reference})]
    return [Look(*row) for row in _LOOKS_SINCE.rows(db, {"about": client.reference, "since": since})]


def names_of_therapists(db: Session) -> Mapping[str, str]:
    """Of everybody who offers therapy here, by reference."""
    found = db.execute(select(Therapist.reference, Therapist.name))
    return {reference: name for reference, name in found}  # noqa: C416  # rows, not pairs


def initials_of(name: str) -> str:
    """S.R. for Sam Reed: enough to know who, and little over a shoulder."""
    return "".join(f"{part[0].upper()}." for part in name.split("@")[0].split()[:3])


def zone_of(person: Person) -> ZoneInfo:
    """The zone in which this person reads times: their own, or the practice's until they have one."""
    return zone_called(person.time_zone, current_practice().zone)


def name_row(client: Client) -> str:
    """What the vault calls the place where the name lies."""
    return f"client.name:{client.reference}"


def client_of(db: Session, therapist: Therapist, reference: str) -> Client:
    """This therapist's client, with their data key. Raises NotFound, for another's and an erased one too."""
    client = db.scalar(
        select(Client)
        .where(
            Client.reference == reference,
            Client.therapist_id == therapist.id,
            Client.erased_at.is_(None),
        )
        .options(joinedload(Client.data_key))
    )
    if client is None:
        raise NotFound
    return client


def person_with_address(db: Session, email: str, *, to_change: bool = False) -> Person | None:
    """Whoever has this address, which is in lower case. Always two statements, whoever it is, or nobody.

    `to_change` asks anew and keeps others from changing the row meanwhile. Whoever changes a person's links
    takes the person's row first, so that two never wait for each other.
    """
    clients, therapists = _CLIENT_WITH, _THERAPIST_WITH
    if to_change:
        clients = clients.with_for_update().execution_options(populate_existing=True)
        therapists = therapists.with_for_update().execution_options(populate_existing=True)
    client, therapist = db.scalar(clients, {"email": email}), db.scalar(therapists, {"email": email})
    return client or therapist


def link_of(db: Session, token_hash: str, purpose: Purpose, *, now: datetime) -> tuple[MailedLink, Person]:
    """The link with this token, if it can still be used, and whom it was mailed to. Raises LinkGone."""
    row = db.execute(
        select(MailedLink, Client, Therapist)
        .outerjoin(Client, Client.id == MailedLink.client_id)
        .outerjoin(Therapist, Therapist.id == MailedLink.therapist_id)
        .where(
            MailedLink.token_hash == token_hash,
            MailedLink.purpose == purpose,
            MailedLink.used_at.is_(None),
            MailedLink.expires_at > now,
        )
    ).first()
    if row is None or (row.Client or row.Therapist) is None:
        raise LinkGone
    return row.MailedLink, row.Client or row.Therapist


def take_turns(db: Session, therapist_id: int) -> None:
    """Hold the therapist's row: whatever takes, frees or describes their time happens one after the other.

    SQLite has one writer at a time anyhow, and is asked nothing.
    """
    if db.get_bind().dialect.name != "sqlite":
        db.execute(_TURN, {"id": therapist_id})


def place_of(db: Session, token_hash: str) -> Place | None:
    """The place with this token, and who is signed in there: a client comes with key and therapist."""
    found = _PLACE.rows(db, {"token_hash": token_hash})
    if not found:
        return None
    place, *whole = (found[0][begins:ends] for begins, ends in pairwise(_PARTS_OF_PLACE))
    therapist = _THERAPIST.of(db, whole[2])
    client = _CLIENT.of(db, whole[0], data_key=_KEY.of(db, whole[1]), therapist=therapist)
    person = client or therapist
    assert person is not None, "a place is somebody's"
    place_id, signed_in_at, last_used_at, is_own, is_strong = place
    return Place(place_id, signed_in_at, last_used_at, is_own, is_strong, person)


def confirmed_at(db: Session, place: Place) -> Confirmed:
    """When its person last proved there who they are; never, if it was signed out meanwhile."""
    row = db.execute(
        select(SignedInPlace.confirmed_at, SignedInPlace.confirmed_by).where(SignedInPlace.id == place.id)
    ).first()
    return Confirmed(*row) if row else Confirmed(None, None)


def places_of(db: Session, person: Person, *, now: datetime) -> Sequence[SignedInPlace]:
    """Where the person is signed in, the place used last first."""
    found = db.scalars(
        select(SignedInPlace)
        .where(theirs(SignedInPlace, person))
        .order_by(SignedInPlace.last_used_at.desc(), SignedInPlace.id.desc())
        .execution_options(populate_existing=True)
    )
    at_the_desk = isinstance(person, Therapist)
    return [
        place
        for place in found
        if not lasting(at_the_desk=at_the_desk, is_own=place.is_own).is_over(
            signed_in_at=place.signed_in_at, last_used_at=place.last_used_at, now=now
        )
    ]


def is_known_browser(db: Session, email: str, token_hash: str) -> bool:
    """Whether somebody with this address has been in by this browser. One statement, for any address."""
    found = (
        select(KnownBrowser.id)
        .outerjoin(Client, Client.id == KnownBrowser.client_id)
        .outerjoin(Therapist, Therapist.id == KnownBrowser.therapist_id)
        .where(KnownBrowser.token_hash == token_hash, or_(Client.email == email, Therapist.email == email))
    )
    return db.scalar(found.limit(1)) is not None


def ways_in(db: Session, person: Person) -> WaysIn:
    """In one statement, since every sign-in asks it."""
    row = db.execute(_WAYS[type(person)], {"person": person.id}).one()
    return WaysIn(bool(person.password_hash), row[0], bool(row[1]), row[2])


def passkey_row(reference: str) -> str:
    """What the vault calls the place where a passkey's name lies."""
    return f"passkey.name:{reference}"


def passkeys_of(db: Session, person: Person) -> Sequence[Passkey]:
    """The person's passkeys, the oldest first."""
    return db.scalars(select(Passkey).where(theirs(Passkey, person)).order_by(Passkey.id)).all()


def theirs(table: type[OfOnePerson], person: Person) -> ColumnElement[bool]:
    """Which of these rows are this person's."""
    column = table.client_id if isinstance(person, Client) else table.therapist_id
    return column == person.id


def owner_of(person: Person) -> dict[str, int]:
    """What a row says that is this person's."""
    return {"client_id" if isinstance(person, Client) else "therapist_id": person.id}
