"""What is new of a therapist's people: answers, corrections and messages, asked in one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, literal_column, select, union_all
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import IS_LISTED, Client, Stage, Therapist
from portal.accounts.queries import name_of
from portal.intake.models import Intake
from portal.messages.queries import UNREAD_BY_THERAPIST, Unread
from portal.scheduling.lifecycle import HOLDS_ITS_TIME
from portal.scheduling.models import Consultation

# Of either kind of intake.
MOST_SHOWN = 20


class Sent(NamedTuple):
    """An intake of this client's, and when it was sent; what it says is not news."""

    client: Client
    at: datetime


@dataclass(frozen=True, kw_only=True)
class News:
    """What nobody has looked after yet, the clients with the keys of their names."""

    # First ones, of who has no time; the newest first.
    sent: Sequence[Sent]
    more_have_sent: bool
    # Corrections that are not read, each client's last; the newest first.
    corrected: Sequence[Sent]
    # Longest waiting first.
    unread: Sequence[Unread]


_THERAPIST = bindparam("therapist_id", type_=Client.id.type)
_HOLDS_A_TIME = exists().where(
    Consultation.client_id == Intake.client_id, Consultation.status.in_(HOLDS_ITS_TIME)
)


def _intakes(what: str) -> Select[Any, *tuple[Any, ...]]:
    return select(
        Intake.client_id,
        literal_column(f"'{what}'").label("what"),
        Intake.sent_at.label("at"),
        literal_column("1").label("number"),
        Intake.id.label("place"),
    ).join(Client, Client.id == Intake.client_id)


_SENT = (
    _intakes("sent")
    .where(
        Client.therapist_id == _THERAPIST,
        Client.stage == Stage.SENT,
        Intake.sent_at.is_not(None),
        Intake.amends_id.is_(None),
        ~_HOLDS_A_TIME,
    )
    .order_by(Client.moved_at.desc(), Client.id.desc())
    .limit(MOST_SHOWN + 1)
    .subquery()
)
_CORRECTED = (
    _intakes("corrected")
    .where(
        # What is not read leads, not all of the therapist's clients: the sum hides that index.
        Client.therapist_id + 0 == _THERAPIST,
        IS_LISTED,
        Intake.sent_at.is_not(None),
        Intake.amends_id.is_not(None),
        Intake.read_at.is_(None),
    )
    .order_by(Intake.sent_at)
    .limit(MOST_SHOWN)
    .subquery()
)
_WROTE = select(
    UNREAD_BY_THERAPIST.c.client_id,
    literal_column("'wrote'"),
    UNREAD_BY_THERAPIST.c.since,
    UNREAD_BY_THERAPIST.c.number,
    UNREAD_BY_THERAPIST.c.first,
)
_ALL = union_all(select(_SENT), select(_CORRECTED), _WROTE).subquery()
_NEWS = (
    select(Client, _ALL.c.what, _ALL.c.at, _ALL.c.number)
    .join(_ALL, _ALL.c.client_id == Client.id)
    # The same sum: these few lead.
    .where(Client.therapist_id + 0 == _THERAPIST)
    .order_by(_ALL.c.place)
    .options(joinedload(Client.data_key))
)


def news_for(db: Session, therapist: Therapist) -> News:
    """Of this therapist's own clients, in one query."""
    found = db.execute(_NEWS, {"therapist_id": therapist.id}).all()
    sent = _newest_first(Sent(client, at) for client, what, at, _ in found if what == "sent")
    # By client: of several corrections the last says when.
    corrected = {client: Sent(client, at) for client, what, at, _ in found if what == "corrected"}
    return News(
        sent=sent[:MOST_SHOWN],
        more_have_sent=len(sent) > MOST_SHOWN,
        corrected=_newest_first(corrected.values()),
        unread=[
            Unread(client, name_of(db, client), number, since)
            for client, what, since, number in found
            if what == "wrote"
        ],
    )


def _newest_first(sent: Iterable[Sent]) -> list[Sent]:
    return sorted(sent, key=lambda each: each.at, reverse=True)
