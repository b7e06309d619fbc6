"""Finding consultations: each for one person, with all that its caller touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.accounts.models import Client, SignedInPlace, Therapist
from portal.accounts.queries import Person
from portal.errors import NotFound
from portal.intake.models import Intake
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, IS_OPEN, Party, Status
from portal.scheduling.models import (
    Consultation,
    ConsultationEvent,
    HeldWindow,
    Phrase,
    ReminderSent,
)
from portal.statements import rows

# Nothing that holds a therapist's time is longer: what began earlier is over, and the index need not be
# read further back.
_LONGEST = timedelta(days=1)


def stands_as(statuses: Iterable[Status]) -> ColumnElement[bool]:
    """Whether a consultation is in one of these states, written out; else it would be so for each asking."""
    return Consultation.status.in_([literal_column(f"'{status}'") for status in sorted(statuses)])


_HOLDS_ITS_TIME = stands_as(HOLDS_ITS_TIME)

# A stretch of time that is taken: what of it keeps others away, and whose it is.
WINDOW = (
    HeldWindow.consultation_id,
    HeldWindow.starts_at.label("window_starts_at"),
    HeldWindow.ends_at.label("window_ends_at"),
    HeldWindow.gap_before,
    HeldWindow.gap_after,
    HeldWindow.is_first,
)
# What is told of a consultation only to its own client.
OWN = (
    HeldWindow.place,
    Consultation.id,
    Consultation.reference,
    Consultation.client_id,
    Consultation.therapist_id,
    Consultation.kind_id,
    Consultation.replaces_id,
    Consultation.status,
    Consultation.starts_at,
    Consultation.ends_at,
    Consultation.answer_by,
    # When the client asked for it; None for what was begun by somebody else.
    case((Consultation.begun_by == Party.CLIENT, Consultation.asked_at)).label("asked_at"),
    Consultation.settled_at,
)


def owned_by_client(*, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The client's consultations for which the condition holds, a row for each window of theirs."""
    return (
        select(*WINDOW, *OWN)
        .outerjoin_from(Consultation, HeldWindow, HeldWindow.consultation_id == Consultation.id)
        .where(Consultation.client_id == bindparam("client_id"), condition)
    )


# All that holds a client's time, a row for each; without any, nothing.
HELD_BY_CLIENT = owned_by_client(condition=_HOLDS_ITS_TIME)
_WAITING = (
    select(Consultation)
    .where(
        Consultation.therapist_id == bindparam("therapist_id"),
        # Written out, since a partial index is chosen before parameters are known.
        Consultation.status == bindparam("requested", Status.REQUESTED, literal_execute=True),
    )
    .order_by(Consultation.answer_by, Consultation.id)
    .options(
        joinedload(Consultation.client).joinedload(Client.data_key),
        joinedload(Consultation.replaces),
        joinedload(Consultation.windows),
    )
)
_CALLED = (
    select(Consultation)
    .where(Consultation.reference == bindparam("reference"))
    .options(
        joinedload(Consultation.client).joinedload(Client.data_key),
        joinedload(Consultation.therapist),
        joinedload(Consultation.kind),
        joinedload(Consultation.replaces),
    )
)
_OF_CLIENT_CALLED = _CALLED.where(Consultation.client_id == bindparam("person_id"))
_OF_THERAPIST_CALLED = _CALLED.where(Consultation.therapist_id == bindparam("person_id"))
_SENT = (
    select(Intake.id).where(Intake.client_id == bindparam("client_id"), Intake.sent_at.is_not(None)).limit(1)
)
_TO_CHANGE = (
    select(Consultation)
    .where(Consultation.id == bindparam("id"))
    .options(
        joinedload(Consultation.client).joinedload(Client.data_key),
        joinedload(Consultation.therapist),
        joinedload(Consultation.kind),
        selectinload(Consultation.windows).selectinload(HeldWindow.steps),
        joinedload(Consultation.replaces).options(
            joinedload(Consultation.kind),
            selectinload(Consultation.windows).selectinload(HeldWindow.steps),
        ),
    )
    .execution_options(populate_existing=True)
)


class Held(NamedTuple):
    """A consultation of somebody's, and the times that it holds."""

    id: int
    reference: str
    client_id: int
    therapist_id: int
    kind_id: int | None
    replaces_id: int | None
    status: Status
    # The confirmed time, or the first of those asked for or proposed.
    starts_at: datetime
    ends_at: datetime
    answer_by: datetime
    # When the client asked for it; None for what was begun by somebody else.
    asked_at: datetime | None
    settled_at: datetime | None
    # Every time that is held, in order of preference, as (start, end).
    times: Sequence[tuple[datetime, datetime]]


def by_consultation(owned: Iterable[Sequence[Any]]) -> Sequence[Held]:
    """The rows of `owned_by_client` put together again: what each consultation holds, soonest first."""
    found: dict[int, list[Sequence[Any]]] = {}
    for row in owned:
        found.setdefault(row[len(WINDOW) + 1], []).append(row)
    return sorted(map(_held, found.values()), key=lambda held: (held.starts_at, held.id))


def consultation_of(db: Session, person: Person, reference: str) -> Consultation:
    """With client, data key, therapist and what it replaces.

    Raises NotFound for another person's too: that it exists is private.
    """
    called = _OF_CLIENT_CALLED if isinstance(person, Client) else _OF_THERAPIST_CALLED
    consultation = db.scalar(called, {"reference": reference, "person_id": person.id})
    if consultation is None:
        raise NotFound
    return consultation


def consultation_called(db: Session, reference: str) -> Consultation:
    """For the portal itself, which looks for nobody in particular. Raises NotFound."""
    consultation = db.scalar(_CALLED, {"reference": reference})
    if consultation is None:
        raise NotFound
    return consultation


def consultation_to_change(db: Session, consultation_id: int) -> Consultation:
    """As it stands now, whatever was read before, with all that a move may touch."""
    return db.scalars(_TO_CHANGE, {"id": consultation_id}).one()


def consultations_of(db: Session, client: Client, *, since: datetime | None = None) -> Sequence[Held]:
    """What the client's consultations hold, soonest first; with `since`, only those not over by then."""
    found = held_in(rows(db, HELD_BY_CLIENT, {"client_id": client.id}))
    return [each for each in found if since is None or each.ends_at > since]


def held_in(owned: Iterable[Sequence[Any]]) -> Sequence[Held]:
    """What the rows of `HELD_BY_CLIENT` hold, soonest first; of an outer join that found nothing, nothing."""
    return by_consultation(tuple(row) for row in owned if row[len(WINDOW) + 1] is not None)


def waiting_for(db: Session, therapist: Therapist) -> Sequence[Consultation]:
    """The requests that the therapist has not answered, most urgent first; with clients and `replaces`."""
    return db.scalars(_WAITING, {"therapist_id": therapist.id}).unique().all()


def consultations_between(
    db: Session, therapist: Therapist, starts_at: datetime, ends_at: datetime
) -> Sequence[Consultation]:
    """Those that hold the therapist's time in this stretch, even in part, soonest first; with clients."""
    return db.scalars(
        select(Consultation)
        .where(
            _HOLDS_ITS_TIME,
            Consultation.therapist_id == therapist.id,
            Consultation.starts_at > starts_at - _LONGEST,
            Consultation.starts_at < ends_at,
            Consultation.ends_at > starts_at,
        )
        .order_by(Consultation.starts_at)
        .options(joinedload(Consultation.client).joinedload(Client.data_key))
    ).all()


def last_event_of(db: Session, consultation: Consultation) -> ConsultationEvent | None:
    """The latest thing that happened to it; nothing has happened to a request that nobody answered yet."""
    return db.scalars(
        select(ConsultationEvent)
        .where(ConsultationEvent.consultation_id == consultation.id)
        .order_by(ConsultationEvent.id.desc())
        .limit(1)
    ).first()


def has_sent_answers(db: Session, client: Client) -> bool:
    """Whether the client has sent the questionnaire."""
    return bool(db.scalar(_SENT, {"client_id": client.id}))


def last_seen(db: Session, client: Client) -> datetime | None:
    """When the client last opened a page or saved an answer, as far as it is still known."""
    seen = select(func.max(SignedInPlace.last_used_at)).where(SignedInPlace.client_id == client.id)
    saved = select(func.max(Intake.saved_at)).where(Intake.client_id == client.id)
    return max(filter(None, (db.scalar(seen), db.scalar(saved))), default=None)


def kept_for(db: Session, client_reference: str) -> Sequence[Consultation]:
    """What is kept while this client still answers; with the client."""
    return db.scalars(
        select(Consultation)
        .join(Consultation.client)
        .where(Client.reference == client_reference, Consultation.status == Status.KEPT)
        .order_by(Consultation.id)
    ).all()


def reminders_of(client: Client) -> Sequence[timedelta]:
    """How long before a consultation the client wants to be reminded of it, the longest first."""
    minutes = sorted((int(each) for each in client.reminders.split(",") if each), reverse=True)
    return [timedelta(minutes=each) for each in minutes]


def reminders_sent(db: Session, consultation: Consultation) -> Sequence[timedelta]:
    """Those sent about it, by how long before its start they were wanted."""
    sent = select(ReminderSent.minutes).where(ReminderSent.consultation_id == consultation.id)
    return [timedelta(minutes=minutes) for minutes in db.scalars(sent)]


def confirmed_to_come(db: Session, client: Client, *, now: datetime) -> Sequence[Consultation]:
    """The client's confirmed consultations that are still to come, soonest first."""
    return db.scalars(
        select(Consultation)
        .where(
            Consultation.client_id == client.id,
            Consultation.status == Status.CONFIRMED,
            Consultation.starts_at > now,
        )
        .order_by(Consultation.starts_at)
        .options(joinedload(Consultation.client))
    ).all()


def offered_before(db: Session, client: Client) -> frozenset[datetime]:
    """The starts that the portal has offered this client by itself, whatever became of them."""
    starts = select(Consultation.starts_at).where(
        Consultation.client_id == client.id, Consultation.begun_by == Party.PORTAL
    )
    return frozenset(db.scalars(starts))


def open_beside(db: Session, consultation: Consultation) -> str | None:
    """The reference of another of its client's with this therapist that somebody still has to answer."""
    return db.scalar(
        select(Consultation.reference)
        .where(
            Consultation.client_id == consultation.client_id,
            Consultation.therapist_id == consultation.therapist_id,
            Consultation.id != consultation.id,
            stands_as(IS_OPEN),
        )
        .order_by(Consultation.id.desc())
        .limit(1)
    )


def open_instead_of(db: Session, consultation: Consultation) -> Sequence[Consultation]:
    """What somebody still has to answer, and would replace this one."""
    return db.scalars(
        select(Consultation).where(
            Consultation.client_id == consultation.client_id,
            Consultation.replaces_id == consultation.id,
            stands_as(IS_OPEN),
        )
    ).all()


def have_met(db: Session, client: Client, *, now: datetime) -> bool:
    """Whether the client and their therapist have met, or a confirmed time of theirs has come."""
    met = select(Consultation.id).where(
        Consultation.client_id == client.id,
        Consultation.therapist_id == client.therapist_id,
        or_(
            Consultation.status == Status.MET,
            and_(Consultation.status == Status.CONFIRMED, Consultation.starts_at <= now),
        ),
    )
    return db.scalar(met.limit(1)) is not None


def own_entry_called(db: Session, therapist: Therapist, reference: str) -> HeldWindow:
    """Time that this therapist keeps for themselves. Raises NotFound, for another's too."""
    found = db.scalar(
        select(HeldWindow).where(
            HeldWindow.reference == reference,
            HeldWindow.therapist_id == therapist.id,
            HeldWindow.consultation_id.is_(None),
        )
    )
    if found is None:
        raise NotFound
    return found


def phrases_of(db: Session, therapist: Therapist) -> Sequence[Phrase]:
    """The therapist's own kind words, in the order in which they were kept."""
    return db.scalars(select(Phrase).where(Phrase.therapist_id == therapist.id).order_by(Phrase.id)).all()


def phrase_called(db: Session, therapist: Therapist, reference: str) -> Phrase:
    """Raises NotFound, for another's too."""
    found = db.scalar(
        select(Phrase).where(Phrase.reference == reference, Phrase.therapist_id == therapist.id)
    )
    if found is None:
        raise NotFound
    return found


def _held(owned: Sequence[Sequence[Any]]) -> Held:
    place = len(WINDOW)
    windows = sorted((row[place], row[1], row[2]) for row in owned if row[place] is not None)
    times = [(starts_at, ends_at) for _, starts_at, ends_at in windows]
    return Held._make([*owned[0][place + 1 :], times])
