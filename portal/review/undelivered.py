"""Mails of a therapist's own people, and to themselves, that could not be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Invitation, Therapist
from portal.accounts.queries import name_of
from portal.errors import NotFound
from portal.mail.models import OutgoingEmail
from portal.mail.queries import Delivery, undelivered

# Whoever has more has one trouble with the mail server, not many.
MOST_SHOWN = 20


class Undelivered(NamedTuple):
    """A mail, and who should have it: a client's name, or none for the therapist and for who was invited."""

    mail: Delivery
    client: Client | None
    name: str


def undelivered_for(
    db: Session, therapist: Therapist, *, reference: str | None = None
) -> Sequence[Undelivered]:
    """The newest first, in one query, each person with the key of their name."""
    invited = select(Invitation.email).where(Invitation.therapist_id == therapist.id)
    statement = (
        undelivered()
        .add_columns(Client)
        .outerjoin(Client, and_(Client.email == OutgoingEmail.recipient, Client.therapist_id == therapist.id))
        .where(
            or_(
                Client.id.is_not(None),
                OutgoingEmail.recipient == therapist.email,
                OutgoingEmail.recipient.in_(invited),
            )
        )
        .options(joinedload(Client.data_key))
        .limit(MOST_SHOWN)
    )
    if reference is not None:
        statement = statement.where(OutgoingEmail.reference == reference)
    return [
        Undelivered(Delivery(*columns), client, name_of(db, client) if client else "")
        for *columns, client in db.execute(statement)
    ]


def undelivered_called(db: Session, therapist: Therapist, reference: str) -> Delivery:
    """The mail of this reference. Raises NotFound, also for one that is another's, or delivered by now."""
    for each in undelivered_for(db, therapist, reference=reference):
        return each.mail
    raise NotFound
