"""A therapist asks somebody in: the mail, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session, joinedload

from portal.accounts import emails
from portal.accounts.models import Client, Invitation, Therapist
from portal.accounts.queries import LinkGone, person_with_address
from portal.accounts.services import (
    AddressTaken,
    add_client,
    keep_name,
    own_key,
    void_all_links,
)
from portal.accounts.tokens import hash_of, new_token
from portal.errors import NotFound, Refused
from portal.journal.lines import What
from portal.journal.noting import note
from portal.vault.models import DataKey
from portal.vault.words import seal, unseal

# The mail and the page say it in words.
INVITED_FOR = timedelta(days=14)
# The page of invitations says it in words.
_REMEMBERED = timedelta(days=90)


class ClientAlready(Refused):
    """Somebody with this address is the therapist's client already."""


class Standing(StrEnum):
    """What has become of an invitation."""

    OPEN = "open"
    JOINED = "joined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Shown(NamedTuple):
    """An invitation as its therapist sees it, or whoever follows its link."""

    reference: str
    email: str
    name: str
    words: str
    mailed_at: datetime
    expires_at: datetime
    joined_at: datetime | None
    standing: Standing
    therapist_name: str


def invite(db: Session, therapist: Therapist, *, email: str, name: str, words: str, now: datetime) -> None:
    """Mail a neutral invitation. Name and words are sealed, and stand behind its link, not in the mail.

    Whether somebody else's client has the address changes nothing. The address is in lower case. Raises
    ClientAlready for a client of the therapist's own. An open invitation to the same address is taken back.
    """
    mine = select(Client.id).where(Client.therapist_id == therapist.id, Client.email == email)
    if db.scalar(mine.where(Client.proved_at.is_not(None))) is not None:
        raise ClientAlready
    _take_back(db, Invitation.therapist_id == therapist.id, Invitation.email == email, now=now)
    key, token = own_key(db, therapist, now=now), new_token()
    invitation = Invitation(
        therapist_id=therapist.id,
        email=email,
        token_hash=hash_of(token),
        mailed_at=now,
        expires_at=now + INVITED_FOR,
    )
    db.add(invitation)
    db.flush()
    invitation.sealed_name = _sealed(db, key, invitation, "name", name)
    invitation.sealed_words = _sealed(db, key, invitation, "words", words)
    emails.invite(db, to=email, token=token, until=invitation.expires_at, now=now)
    note(db, What.INVITED, by=therapist, subject=invitation.reference)


def invite_again(db: Session, therapist: Therapist, reference: str, *, now: datetime) -> None:
    """Mail it once more, from now on for as long as a new one; only the new link works.

    Raises NotFound, also for one that was taken up or taken back.
    """
    token = new_token()
    email = db.scalar(
        update(Invitation)
        .where(
            Invitation.therapist_id == therapist.id,
            Invitation.reference == reference,
            Invitation.joined_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(token_hash=hash_of(token), mailed_at=now, expires_at=now + INVITED_FOR)
        .returning(Invitation.email)
        .execution_options(synchronize_session=False)
    )
    if email is None:
        raise NotFound
    emails.invite(db, to=email, token=token, until=now + INVITED_FOR, now=now)
    note(db, What.INVITED, by=therapist, subject=reference)


def revoke_invitation(db: Session, therapist: Therapist, reference: str, *, now: datetime) -> None:
    """Its link no longer works, and what was written for it is gone. Raises NotFound."""
    if not _take_back(
        db, Invitation.therapist_id == therapist.id, Invitation.reference == reference, now=now
    ):
        raise NotFound
    note(db, What.INVITATION_REVOKED, by=therapist, subject=reference)


def forget_old_invitations(db: Session, *, now: datetime) -> None:
    """That somebody was once asked in is forgotten, whatever became of it."""
    db.execute(
        delete(Invitation)
        .where(Invitation.expires_at < now - _REMEMBERED)
        .execution_options(synchronize_session=False)
    )


def invitations_of(db: Session, therapist: Therapist, *, now: datetime) -> Sequence[Shown]:
    """The therapist's invitations, the newest first. Always as many statements, however many there are."""
    return _found(db, therapist, select(Invitation), now)


def invitations_not_taken_up(
    db: Session, therapist: Therapist, *, most: int, now: datetime
) -> Sequence[Shown]:
    """The same of who has neither joined nor was told that it is taken back: the newest of them."""
    waiting = select(Invitation).where(Invitation.joined_at.is_(None), Invitation.revoked_at.is_(None))
    return _found(db, therapist, waiting.limit(most), now)


def _found(db: Session, therapist: Therapist, some: Select[Invitation], now: datetime) -> Sequence[Shown]:
    found = db.scalars(
        some.where(Invitation.therapist_id == therapist.id)
        .order_by(Invitation.mailed_at.desc(), Invitation.id.desc())
        .options(joinedload(Invitation.therapist))
        .execution_options(populate_existing=True)
    ).all()
    # Held here, so that it is looked up once.
    key = own_key(db, therapist, now=now) if found else None
    return [_shown(db, key, each, now) for each in found if key is not None]


def invitation_behind(db: Session, token: str, *, now: datetime) -> Shown:
    """What the link of the mail is about, for whoever follows it. Raises LinkGone."""
    invitation = _open_invitation(db, token, now=now)
    return _shown(db, own_key(db, invitation.therapist, now=now), invitation, now)


def accept_invitation(
    db: Session,
    token: str,
    *,
    password_hash: str,
    time_zone: str | None,
    now: datetime,
    reference: str | None = None,
) -> Client:
    """Whoever follows the link joins, as a client of the therapist who invited them; the link is used up.

    To have the link proves the address. Somebody who asked for an account with it and never proved it is the
    same person; they begin anew, under the reference that they have. Raises LinkGone, and AddressTaken where
    somebody has a proved account with it.
    """
    invitation = _open_invitation(db, token, now=now)
    words = _shown(db, own_key(db, invitation.therapist, now=now), invitation, now)
    if not _take_up(db, invitation, now=now):
        raise LinkGone
    client = _joining(db, invitation.email, password_hash, time_zone, reference, now)
    client.therapist_id, client.proved_at = invitation.therapist_id, now
    db.flush()
    if words.name:
        keep_name(db, client, words.name)
    db.execute(update(Invitation).where(Invitation.id == invitation.id).values(client_id=client.id))
    note(db, What.JOINED, by=client, about=client.reference, subject=invitation.reference)
    return client


def _joining(
    db: Session,
    email: str,
    password_hash: str,
    time_zone: str | None,
    reference: str | None,
    now: datetime,
) -> Client:
    person = person_with_address(db, email, to_change=True)
    if person is None:
        return add_client(
            db,
            email=email,
            password_hash=password_hash,
            now=now,
            proved=True,
            time_zone=time_zone,
            reference=reference,
        )
    if not isinstance(person, Client) or person.proved_at is not None:
        raise AddressTaken
    person.password_hash, person.time_zone = password_hash, time_zone
    void_all_links(db, person, now=now)
    return person


def _open_invitation(db: Session, token: str, *, now: datetime) -> Invitation:
    found = db.scalar(
        select(Invitation)
        .where(
            Invitation.token_hash == hash_of(token),
            Invitation.joined_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .options(joinedload(Invitation.therapist))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise LinkGone
    return found


def _take_up(db: Session, invitation: Invitation, *, now: datetime) -> bool:
    """Once, also where two press at once. The words for it go: they were for this moment."""
    taken = db.scalar(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.joined_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(joined_at=now, sealed_name=None, sealed_words=None)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def _take_back(db: Session, *which: ColumnElement[bool], now: datetime) -> bool:
    taken = db.scalars(
        update(Invitation)
        .where(*which, Invitation.joined_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now, sealed_name=None, sealed_words=None)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(taken)


def _shown(db: Session, key: DataKey, invitation: Invitation, now: datetime) -> Shown:
    return Shown(
        reference=invitation.reference,
        email=invitation.email,
        name=_unsealed(db, key, invitation, "name", invitation.sealed_name),
        words=_unsealed(db, key, invitation, "words", invitation.sealed_words),
        mailed_at=invitation.mailed_at,
        expires_at=invitation.expires_at,
        joined_at=invitation.joined_at,
        standing=_standing(invitation, now),
        therapist_name=invitation.therapist.name,
    )


def _standing(invitation: Invitation, now: datetime) -> Standing:
    if invitation.joined_at is not None:
        return Standing.JOINED
    if invitation.revoked_at is not None:
        return Standing.REVOKED
    return Standing.OPEN if invitation.expires_at > now else Standing.EXPIRED


def _sealed(db: Session, key: DataKey, invitation: Invitation, what: str, words: str) -> bytes | None:
    return seal(db, key, words, of=_row(invitation, what)) if words else None


def _unsealed(db: Session, key: DataKey, invitation: Invitation, what: str, sealed: bytes | None) -> str:
    return unseal(db, key, sealed, of=_row(invitation, what)) if sealed else ""


def _row(invitation: Invitation, what: str) -> str:
    return f"invitation.{what}:{invitation.reference}"
