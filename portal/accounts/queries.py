"""Finding people, where they are signed in, and whom a mailed link was for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.accounts.models import Client, MailedLink, Purpose, SignedInPlace, Therapist
from portal.errors import NotFound
from portal.journal.lines import What
from portal.journal.models import JournalLine
from portal.practice.facts import current_practice
from portal.vault.models import DataKey
from portal.vault.words import shown
from portal.web.formatting import zone_called

Person = Client | Therapist
# Where the name is sealed under a key that is not here.
_NAMELESS = "Name locked"
_OPENED = (What.RECORD_OPENED, What.REQUEST_OPENED)


class Place(NamedTuple):
    """Where somebody is signed in."""

    signed_in_at: datetime
    last_used_at: datetime
    person: Person


# Prebuilt, since every signed-in page asks it: the place, its person, a client's key and therapist, in one.
_PLACE = (
    select(SignedInPlace.signed_in_at, SignedInPlace.last_used_at, Client, DataKey, Therapist)
    .outerjoin(Client, Client.id == SignedInPlace.client_id)
    .outerjoin(DataKey, DataKey.id == Client.data_key_id)
    .outerjoin(Therapist, Therapist.id == func.coalesce(SignedInPlace.therapist_id, Client.therapist_id))
    .where(SignedInPlace.token_hash == bindparam("token_hash"))
)


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


def looks_at(db: Session, client: Client) -> Sequence[Look]:
    """Who has opened what this client sent, the latest first (P4)."""
    found = db.execute(
        select(Therapist.name, func.count(), func.min(JournalLine.at), func.max(JournalLine.at))
        .join(JournalLine, JournalLine.person == Therapist.reference)
        .where(JournalLine.about == client.reference, JournalLine.what.in_(_OPENED))
        .group_by(Therapist.id, Therapist.name)
        .order_by(func.max(JournalLine.at).desc())
    )
    return [Look(*row) for row in found]


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
    clients = select(Client).where(Client.email == email)
    therapists = select(Therapist).where(Therapist.email == email)
    if to_change:
        clients = clients.with_for_update().execution_options(populate_existing=True)
        therapists = therapists.with_for_update().execution_options(populate_existing=True)
    client, therapist = db.scalar(clients), db.scalar(therapists)
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


def place_of(db: Session, token_hash: str) -> Place | None:
    """The place with this token, and who is signed in there: a client comes with key and therapist."""
    row = db.execute(_PLACE, {"token_hash": token_hash}).first()
    if row is None:
        return None
    signed_in_at, last_used_at, client, data_key, therapist = row
    if client is not None:
        # By hand: telling the query to do so costs an eighth more, on every page.
        set_committed_value(client, "data_key", data_key)
        set_committed_value(client, "therapist", therapist)
    return Place(signed_in_at, last_used_at, client or therapist)
