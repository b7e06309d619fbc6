"""Finding times on offer, and consultations: each for one person, with all that its caller touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import Person
from portal.database import rows
from portal.errors import NotFound
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, ConsultationEvent, WorkingHours
from portal.scheduling.slots import FIRST_CONSULTATION, Kind, minute_of, moment_of, open_starts
from portal.vault.words import unseal

# No consultation is longer: what began earlier is over, and the index need not be read further back.
_LONGEST = timedelta(days=1)
_HOLDS_ITS_TIME = Consultation.status.in_(sorted(HOLDS_ITS_TIME))

_HOURS = select(WorkingHours.weekday, WorkingHours.starts_minute, WorkingHours.ends_minute).where(
    WorkingHours.therapist_id == bindparam("therapist_id")
)
_ALL_HELD = (
    select(
        Consultation.id,
        Consultation.reference,
        Consultation.client_id,
        Consultation.therapist_id,
        Consultation.replaces_id,
        Consultation.status,
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.answer_by,
    )
    .where(_HOLDS_ITS_TIME)
    .order_by(Consultation.starts_at)
)
_HELD = _ALL_HELD.where(
    or_(
        and_(
            Consultation.therapist_id == bindparam("therapist_id"),
            Consultation.starts_at > bindparam("since"),
            Consultation.starts_at < bindparam("until"),
        ),
        Consultation.client_id == bindparam("client_id"),
    )
)
_OF_CLIENT = _ALL_HELD.where(Consultation.client_id == bindparam("client_id"))
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
    )
)
_CALLED = (
    select(Consultation)
    .where(Consultation.reference == bindparam("reference"))
    .options(
        joinedload(Consultation.client).joinedload(Client.data_key),
        joinedload(Consultation.therapist),
        joinedload(Consultation.replaces),
    )
)
_OF_CLIENT_CALLED = _CALLED.where(Consultation.client_id == bindparam("person_id"))
_OF_THERAPIST_CALLED = _CALLED.where(Consultation.therapist_id == bindparam("person_id"))
_TO_CHANGE = (
    select(Consultation)
    .where(Consultation.id == bindparam("id"))
    .options(
        joinedload(Consultation.client).joinedload(Client.data_key),
        joinedload(Consultation.therapist),
        selectinload(Consultation.held),
        joinedload(Consultation.replaces).selectinload(Consultation.held),
    )
    .execution_options(populate_existing=True)
)


class Held(NamedTuple):
    """What a consultation that holds its time takes from a calendar."""

    id: int
    reference: str
    client_id: int
    therapist_id: int
    replaces_id: int | None
    status: Status
    starts_at: datetime
    ends_at: datetime
    answer_by: datetime


@dataclass(frozen=True)
class Offer:
    """What a client can ask for, and what they hold already and is still to come, soonest first."""

    # In minutes, as `slots` counts them; ascending.
    starts: Sequence[int]
    own: Sequence[Held]

    def open_request(self) -> Held | None:
        """The latest one that waits for an answer; a request may stand beside the one it is to replace."""
        waiting = [held for held in self.own if held.status is Status.REQUESTED]
        return max(waiting, key=lambda held: held.id, default=None)

    def kept_beside(self, consultation_id: int | None) -> Held | None:
        """What stays while another time is asked for instead of this one.

        That is the one itself; of a request that is to replace another, it is the other.
        """
        own = {held.id: held for held in self.own}
        kept = own.get(consultation_id or 0)
        while kept and kept.status is Status.REQUESTED and kept.replaces_id in own:
            kept = own[kept.replaces_id]
        return kept

    def asked_instead_of(self, kept: Held | None) -> Held | None:
        """The open request that is to replace this one: there is one at most."""
        waiting = (held for held in self.own if held.status is Status.REQUESTED)
        return next((held for held in waiting if kept and held.replaces_id == kept.id), None)


def offer_to(
    db: Session,
    client: Client,
    therapist: Therapist,
    *,
    now: datetime,
    since: int | None = None,
    until: int | None = None,
    kind: Kind = FIRST_CONSULTATION,
) -> Offer:
    """The starts on offer in a range of minutes, by default in all that can be asked for.

    It makes the list, and asked for one minute it judges a choice (T2).
    """
    first, last = minute_of(now), minute_of(now) + kind.horizon
    begins = first if since is None else min(max(since, first), last)
    ends = last if until is None else min(max(until, first), last)
    held = _time_held(db, client, therapist, begins - kind.gap, ends + kind.length + kind.gap)
    starts = open_starts(
        hours=_hours(db, therapist),
        zone=therapist.time_zone,
        length=kind.length,
        gap=kind.gap,
        notice=kind.notice,
        horizon=kind.horizon,
        busy=[
            (minute_of(row.starts_at), minute_of(row.ends_at))
            for row in held
            if row.therapist_id == therapist.id
        ],
        now=first,
        since=begins,
        until=ends,
    )
    return Offer(starts, [row for row in held if row.client_id == client.id and now < row.starts_at])


def hours_of(db: Session, therapist: Therapist) -> Sequence[WorkingHours]:
    """The therapist's week, Monday first."""
    return db.scalars(
        select(WorkingHours)
        .where(WorkingHours.therapist_id == therapist.id)
        .order_by(WorkingHours.weekday, WorkingHours.starts_minute)
    ).all()


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
    held = [Held(*row) for row in rows(db, _OF_CLIENT, {"client_id": client.id})]
    return [each for each in held if since is None or each.ends_at > since]


def waiting_for(db: Session, therapist: Therapist) -> Sequence[Consultation]:
    """The requests that the therapist has not answered, most urgent first; with clients and `replaces`."""
    return db.scalars(_WAITING, {"therapist_id": therapist.id}).all()


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


def history_with(db: Session, therapist: Therapist, client: Client) -> Sequence[Consultation]:
    """All that this client ever asked this therapist for, the newest request first."""
    return db.scalars(
        select(Consultation)
        .where(Consultation.therapist_id == therapist.id, Consultation.client_id == client.id)
        .order_by(Consultation.asked_at.desc(), Consultation.id.desc())
        .options(joinedload(Consultation.replaces))
    ).all()


def last_event_of(db: Session, consultation: Consultation) -> ConsultationEvent | None:
    """The latest thing that happened to it; nothing has happened to a request that nobody answered yet."""
    return db.scalars(
        select(ConsultationEvent)
        .where(ConsultationEvent.consultation_id == consultation.id)
        .order_by(ConsultationEvent.id.desc())
        .limit(1)
    ).first()


def words_of(db: Session, consultation: Consultation) -> str | None:
    """What the client said with the request. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_words, words_row(consultation.reference))


def reply_of(db: Session, consultation: Consultation) -> str | None:
    """What the therapist said when declining. The consultation comes with its client and data key."""
    return _unsealed(db, consultation, consultation.sealed_reply, reply_row(consultation.reference))


def words_row(reference: str) -> str:
    """What the vault calls the place where the client's words lie."""
    return f"consultation.words:{reference}"


def reply_row(reference: str) -> str:
    """What the vault calls the place where the therapist's words lie."""
    return f"consultation.reply:{reference}"


def _time_held(db: Session, client: Client, therapist: Therapist, since: int, until: int) -> Sequence[Held]:
    """What holds the therapist's time between two minutes, also in part, and whatever the client holds."""
    stretch = {"since": moment_of(since) - _LONGEST, "until": moment_of(until)}
    asked = {"therapist_id": therapist.id, "client_id": client.id} | stretch
    return [Held(*row) for row in rows(db, _HELD, asked)]


def _hours(db: Session, therapist: Therapist) -> Sequence[tuple[int, int, int]]:
    return list(rows(db, _HOURS, {"therapist_id": therapist.id}))


def _unsealed(db: Session, consultation: Consultation, sealed: bytes | None, row: str) -> str | None:
    return None if sealed is None else unseal(db, consultation.client.data_key, sealed, of=row)
