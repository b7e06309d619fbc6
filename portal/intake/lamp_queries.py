"""Finding lamps: what is open on a desk, one with its history, and what a client may know of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of
from portal.errors import NotFound
from portal.intake.lamp_lifecycle import LampMove, LampParty, LampStatus
from portal.intake.models import Intake, Lamp, LampEvent
from portal.mail.models import OutgoingEmail
from portal.practice.answering import Away
from portal.practice.facts import current_practice
from portal.vault.models import DataKey
from portal.vault.words import shown


@dataclass(frozen=True, kw_only=True)
class LampLine:
    """One line of a lamp's history, as the practice reads it."""

    move: LampMove
    party: LampParty
    # Who did it, or whom the portal told.
    name: str | None
    at: datetime
    note: str | None


@dataclass(frozen=True, kw_only=True)
class LampShown:
    """One lamp as the practice sees it, its history with the oldest line first."""

    lamp: Lamp
    lines: Sequence[LampLine]

    @property
    def sent_at(self) -> datetime | None:
        """When the client sent the answer that lit it; None as long as it is theirs alone."""
        return self.lamp.intake.sent_at

    @property
    def moves(self) -> frozenset[LampMove]:
        return self.lamp.moves_open_to(LampParty.THERAPIST)


@dataclass(frozen=True, kw_only=True)
class LampNews:
    """What a client may know of one lamp since it was lit."""

    # Names, and when the first of them was told.
    told: Sequence[str]
    told_at: datetime | None
    # Whether a mail server has taken the note.
    has_left: bool
    # When it is told of, where that has not been yet.
    tell_at: datetime | None
    seen_by: str | None
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who is told of a client's lamps, and what became of those that are lit."""

    # Names of those who would be told now; empty where the practice has nobody yet.
    who: Sequence[str]
    # By question.
    news: Mapping[str, LampNews] = field(default_factory=dict)
    away: Away | None = None
    back_on: date | None = None


# One statement for all: a client who has lit a lamp is not kept waiting.
_NEWS = (
    select(Lamp, LampEvent.move, LampEvent.happened_at, Therapist.name, OutgoingEmail.sent_at)
    .outerjoin(
        LampEvent,
        and_(
            LampEvent.lamp_id == Lamp.id,
            LampEvent.move.in_([LampMove.TELL, LampMove.SEE, LampMove.NOTE]),
            LampEvent.happened_at >= Lamp.lit_at,
        ),
    )
    .outerjoin(Therapist, Therapist.id == LampEvent.therapist_id)
    .outerjoin(OutgoingEmail, OutgoingEmail.reference == LampEvent.message)
    .where(Lamp.client_id == bindparam("client_id"))
    .order_by(Lamp.id, LampEvent.id)
)
_WITH_CLIENT = (
    select(Lamp)
    .join(Lamp.client)
    .join(DataKey, DataKey.id == Client.data_key_id)
    .options(contains_eager(Lamp.client).contains_eager(Client.data_key))
)
_WHOLE = (
    joinedload(Lamp.history).joinedload(LampEvent.therapist),
    joinedload(Lamp.intake, innerjoin=True).load_only(Intake.sent_at),
)
# Written out, so that the index of those that are open can be used for it.
_IS_OPEN = Lamp.status != literal_column("'closed'")


def told_of_lamps(db: Session, client: Client, *, lit: bool) -> Told:
    """What the client's pages say about their lamps; where none is `lit`, only who would be told.

    The client's therapist is loaded. It asks nothing where one is there and the practice is not away.
    """
    practice = current_practice()
    known = client.therapist is not None and practice.away is None
    whom = [client.therapist] if known and client.therapist else therapists_told(db, client)
    return Told(
        who=[therapist.name for therapist in whom],
        news=_news(db, client) if lit else {},
        away=practice.away,
        back_on=practice.back_on(practice.away) if practice.away else None,
    )


def therapists_told(db: Session, client: Client, *, stand_in: bool = True) -> Sequence[Therapist]:
    """Who is told of this client's lamps now: their therapist, or, where they have none yet, all there are.

    While the practice is away also whoever stands in, if they sign in here.
    """
    away = current_practice().away
    own = Therapist.id == client.therapist_id if client.therapist_id is not None else Therapist.id > 0
    also = [Therapist.email == away.stand_in_email] if stand_in and away and away.stand_in_email else []
    # What is pending is stored together with what follows from the answer.
    whom = select(Therapist).where(or_(own, *also)).order_by(Therapist.id)
    return db.scalars(whom, execution_options={"autoflush": False}).all()


def lamps_open_for(db: Session, therapist: Therapist) -> Sequence[Lamp]:
    """What this therapist has to look at, or has not closed: the unseen first, then the oldest.

    Their own clients', and those of clients who have no therapist yet; while the practice is away, for who
    stands in, everybody's. Each with its client and their data key.
    """
    return _as_on_a_desk(db.scalars(_WITH_CLIENT.where(_on_the_desk_of(therapist), _IS_OPEN)))


def lamp_on_desk(db: Session, therapist: Therapist, reference: str) -> Lamp:
    """One lamp that this therapist may see, with its client and history. Raises NotFound."""
    lamp: Lamp | None = db.scalar(
        _WITH_CLIENT.where(Lamp.reference == reference, _on_the_desk_of(therapist))
        .options(*_WHOLE)
        .execution_options(populate_existing=True)
    )
    if lamp is None:
        raise NotFound
    return lamp


def lamp_to_change(db: Session, lamp: Lamp) -> Lamp:
    """Asked anew, with its client and their data key, and kept from others until the transaction ends."""
    return db.scalars(
        _WITH_CLIENT.where(Lamp.id == lamp.id)
        .with_for_update(of=Lamp)
        .execution_options(populate_existing=True)
    ).one()


def lamps_of(db: Session, client: Client) -> Sequence[LampShown]:
    """All lamps of this client, whose data key is loaded, the latest first; in one query."""
    found = db.scalars(
        select(Lamp)
        .where(Lamp.client_id == client.id)
        .order_by(Lamp.lit_at.desc(), Lamp.id.desc())
        .options(*_WHOLE)
        .execution_options(populate_existing=True)
    )
    return [lamp_shown(db, client, lamp) for lamp in found.unique()]


def lamps_of_and_open_for(
    db: Session, therapist: Therapist, client: Client
) -> tuple[Sequence[LampShown], Sequence[Lamp]]:
    """What `lamps_of` and `lamps_open_for` find, in one query."""
    on_the_desk = select(Lamp.id, true().label("waits")).join(Lamp.client)
    found = union_all(
        select(Lamp.id, false().label("waits")).where(Lamp.client_id == client.id),
        on_the_desk.where(_on_the_desk_of(therapist), _IS_OPEN),
    ).subquery()
    lamps = (
        db.execute(
            _WITH_CLIENT.add_columns(found.c.waits)
            .join(found, found.c.id == Lamp.id)
            .order_by(Lamp.lit_at.desc(), Lamp.id.desc())
            .options(*_WHOLE)
            .execution_options(populate_existing=True)
        )
        .unique()
        .all()
    )
    theirs = [lamp_shown(db, client, lamp) for lamp, waits in lamps if not waits]
    return theirs, _as_on_a_desk(lamp for lamp, waits in lamps if waits)


def _as_on_a_desk(lamps: Iterable[Lamp]) -> list[Lamp]:
    return sorted(lamps, key=lambda lamp: (lamp.status is not LampStatus.LIT, lamp.lit_at, lamp.id))


def lamp_shown(db: Session, client: Client, lamp: Lamp) -> LampShown:
    """The lamp with its history, notes opened; history and intake are loaded, and the client's data key."""
    return LampShown(lamp=lamp, lines=[_line(db, client, event) for event in lamp.history])


def person_of(db: Session, lamp: Lamp) -> str:
    """The name of the lamp's client, who is loaded with their data key."""
    return name_of(db, lamp.client)


def note_place(event_reference: str) -> str:
    """What the vault calls the place where a note about a lamp lies."""
    return f"lamp_event.note:{event_reference}"


def _on_the_desk_of(therapist: Therapist) -> ColumnElement[bool]:
    away = current_practice().away
    # Own or nobody's, put so that what is open leads, and not all of the therapist's clients.
    whose = func.coalesce(Client.therapist_id, therapist.id) == therapist.id
    if away is None or away.stand_in_email != therapist.email:
        return whose
    return or_(whose, and_(Lamp.tells_stand_in, _IS_OPEN))


def _line(db: Session, client: Client, event: LampEvent) -> LampLine:
    note = event.sealed_note
    return LampLine(
        move=event.move,
        party=event.party,
        name=event.therapist.name if event.therapist else None,
        at=event.happened_at,
        note=shown(db, client.data_key, note, of=note_place(event.reference)) if note else None,
    )


def _news(db: Session, client: Client) -> dict[str, LampNews]:
    """By question: an amendment says of it what became of the lamp before, until it lights one of its own."""
    lines: dict[Lamp, list[_Line]] = {}
    for lamp, move, at, name, left_at in db.execute(_NEWS, {"client_id": client.id}):
        lines.setdefault(lamp, []).append(_Line(move, at, name, left_at))
    return {lamp.link_id: _news_of(lamp, found) for lamp, found in lines.items()}


def _news_of(lamp: Lamp, lines: Sequence[_Line]) -> LampNews:
    told = [line for line in lines if line.move is LampMove.TELL]
    seen = [line for line in lines if line.move in {LampMove.SEE, LampMove.NOTE}]
    return LampNews(
        told=list(dict.fromkeys(line.name for line in told)),
        told_at=told[0].at if told else None,
        has_left=any(line.left_at for line in told),
        tell_at=lamp.tell_at,
        seen_by=seen[0].name if seen else None,
        seen_at=lamp.seen_at,
    )


class _Line(NamedTuple):
    """Of the history; empty where a lamp has none."""

    move: LampMove | None
    at: datetime
    name: str
    left_at: datetime | None
