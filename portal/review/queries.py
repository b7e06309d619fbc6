"""What waits on a therapist's desk, and what stands in their diary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.accounts.models import IS_LISTED, Client, Therapist
from portal.accounts.queries import initials_of, name_of
from portal.calendars.queries import busy_elsewhere
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.lamp_queries import lamps_open_for, person_of
from portal.intake.models import Lamp
from portal.messages.queries import Unread
from portal.review.news import news_for
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Move, Status
from portal.scheduling.models import Consultation, ConsultationEvent, HeldWindow
from portal.scheduling.queries import last_event_of
from portal.scheduling.words import note_of, offer_of, reply_of, words_of

_MOST_TO_CHOOSE = 100
# Nothing that stands in a diary is longer: what began earlier is over.
_LONGEST = timedelta(days=1)
# What is older is asked about a few at a time, whether the two have met.
_LATELY, _MOST_LONG_OVER = timedelta(days=60), 10
# So long a request that went unanswered stands on the desk.
_TOLD_FOR = timedelta(days=7)
_MATTERS = [Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.DECLINED, Status.EXPIRED]


class What(StrEnum):
    """What stands in a diary; of a consultation, what its state is."""

    KEPT = "kept"
    REQUESTED = "requested"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    MET = "met"
    NOT_MET = "not-met"
    # The therapist's own, here and elsewhere.
    OWN = "own"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing in a diary: initials only, since a diary lies open on a table."""

    what: What
    starts_at: datetime
    ends_at: datetime
    reference: str = ""
    initials: str = ""
    # Of several times that are held for one consultation, which this is; 0 if there is only one.
    choice: int = 0


@dataclass(kw_only=True)
class Waiting:
    """One person on the desk, with everything of theirs that waits."""

    client: Client
    name: str
    # The unseen ones.
    lamps: list[Lamp] = field(default_factory=list)
    requests: list[Consultation] = field(default_factory=list)
    # About which they wrote: when it was too late to change them, or because no time that was offered fits.
    notes: list[Consultation] = field(default_factory=list)
    intake_sent_at: datetime | None = None
    # When they corrected what they had sent, if the therapist has not read that.
    amended_at: datetime | None = None

    @property
    def waits_for_more(self) -> bool:
        """Whether there is something beside a lamp, which stands above everything."""
        return bool(self.requests or self.notes or self.intake_sent_at or self.amended_at)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What waits for the therapist, what waits for somebody else, and what the day holds."""

    queue: Sequence[Waiting]
    # What is to be looked at, and what was seen and is not closed yet, each with the name of its client.
    lamps: Sequence[tuple[Lamp, str]]
    # Each with the name of its client; proposals by the time until which clients choose.
    proposed: Sequence[tuple[Consultation, str]]
    todays: Sequence[tuple[Consultation, str]]
    # Over, and nobody has said yet whether the two have met.
    over: Sequence[tuple[Consultation, str]]

    # Nobody answered them in time, and their clients have asked for nothing since.
    unanswered: Sequence[tuple[Consultation, str]]

    # Who wrote what is not read yet, longest waiting first.
    unread: Sequence[Unread]
    # The next that is certain, with the name of its client.
    next_to_come: tuple[Consultation, str] | None
    # Whether more have sent their answers, and have no time, than the queue shows.
    more_have_sent: bool

    @property
    def is_busy(self) -> bool:
        """Whether anything at all is on it."""
        waits = self.queue or self.lamps or self.unread or self.unanswered
        return bool(waits or self.proposed or self.todays or self.over)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A consultation as the desk shows it: with the words that went with it, and those that came back."""

    consultation: Consultation
    words: str | None
    reply: str | None
    offer: str | None
    note: str | None


def desk_of(db: Session, therapist: Therapist, *, now: datetime, day: tuple[datetime, datetime]) -> Desk:
    """The desk, in three queries; `day` is the first instant of today and the first after it."""
    _, standing = consultations_on_desk(db, therapist, now, until=day[1])
    return laid_out(db, therapist, lamps_open_for(db, therapist), standing, now=now, day=day)


def laid_out(
    db: Session,
    therapist: Therapist,
    lamps: Sequence[Lamp],
    standing: Sequence[Consultation],
    *,
    now: datetime,
    day: tuple[datetime, datetime],
) -> Desk:
    """The desk of whom these lamps and consultations concern; what else is new is asked in one query."""
    people: dict[int, Waiting] = {}

    def person(client: Client) -> Waiting:
        if client.id not in people:
            people[client.id] = Waiting(client=client, name=name_of(db, client))
        return people[client.id]

    for lamp in lamps:
        # Of somebody else's client, for whom this therapist stands in, there is only the lamp.
        if lamp.status is LampStatus.LIT and lamp.client.therapist_id == therapist.id:
            person(lamp.client).lamps.append(lamp)
    _take_up(standing, person)
    news = news_for(db, therapist)
    for each in news.corrected:
        person(each.client).amended_at = each.at
    for each in news.sent:
        person(each.client).intake_sent_at = each.at
    named = [(each, name_of(db, each.client)) for each in standing]
    return Desk(
        queue=list(people.values()),
        lamps=[(lamp, person_of(db, lamp)) for lamp in lamps],
        proposed=[each for each in named if each[0].status is Status.PROPOSED],
        todays=[each for each in named if _is_within(each[0], *day)],
        over=[each for each in named if _is_over(each[0], now)],
        unanswered=[each for each in named if each[0].status is Status.EXPIRED],
        unread=news.unread,
        next_to_come=next((each for each in named if _is_to_come(each[0], now)), None),
        more_have_sent=news.more_have_sent,
    )


def diary_of(db: Session, therapist: Therapist, since: datetime, until: datetime) -> Sequence[Entry]:
    """All that stands in the diary between two moments, even in part, in three queries."""
    return [
        *_held(db, therapist, since, until),
        *_past(db, therapist, since, until),
        *(
            Entry(what=What.ELSEWHERE, starts_at=starts_at, ends_at=ends_at)
            for starts_at, ends_at in busy_elsewhere(db, therapist, since, until)
        ),
    ]


def to_come_with(db: Session, therapist: Therapist, *, now: datetime) -> Sequence[Consultation]:
    """What holds time that is still to come, soonest first, with windows, client and kind, in one query."""
    return (
        db.scalars(
            select(Consultation)
            .join(Consultation.windows)
            .where(
                Consultation.therapist_id == therapist.id,
                HeldWindow.starts_at > now,
                Consultation.status.in_(sorted(HOLDS_ITS_TIME)),
            )
            .order_by(Consultation.starts_at, Consultation.id, HeldWindow.place)
            .options(
                contains_eager(Consultation.windows),
                joinedload(Consultation.client).joinedload(Client.data_key),
                joinedload(Consultation.kind),
            )
        )
        .unique()
        .all()
    )


def clients_by_name(db: Session, therapist: Therapist, chosen: str | None = None) -> Mapping[str, str]:
    """References and names of those of this therapist's clients with whom something happened last, by name.

    There may be a hundred thousand: whoever else is meant is found on the list, and then is `chosen`.
    """
    lately = (
        select(Client.id)
        .where(Client.therapist_id == therapist.id, IS_LISTED)
        .order_by(Client.moved_at.desc(), Client.id.desc())
        .limit(_MOST_TO_CHOOSE)
    )
    clients = db.scalars(
        select(Client)
        .where(Client.therapist_id == therapist.id, or_(Client.id.in_(lately), Client.reference == chosen))
        .options(joinedload(Client.data_key))
    )
    named = [(name_of(db, client), client.reference) for client in clients]
    return {reference: name for name, reference in sorted(named, key=lambda each: each[0].casefold())}


def request_shown(db: Session, consultation: Consultation) -> tuple[Request, ConsultationEvent | None]:
    """The consultation with its windows and words, and what happened to it last; its client is loaded."""
    windows = db.scalars(
        select(HeldWindow).where(HeldWindow.consultation_id == consultation.id).order_by(HeldWindow.place)
    )
    set_committed_value(consultation, "windows", list(windows))
    return request_of(db, consultation), last_event_of(db, consultation)


def consultations_on_desk(
    db: Session, therapist: Therapist, now: datetime, *, until: datetime, beside: Client | None = None
) -> tuple[Sequence[Consultation], Sequence[Consultation]]:
    """All that the client `beside` ever asked this therapist for, the newest first; and what matters now.

    That is requests and proposals, what is confirmed until then, or was written about, the next that is
    confirmed, and requests that lately went unanswered, by when they matter. In one query.
    """
    mattering = select(Consultation.id, true().label("matters")).where(
        Consultation.therapist_id == therapist.id, *_matters(therapist, now, until)
    )
    theirs = select(Consultation.id, false().label("matters")).where(
        Consultation.therapist_id == therapist.id, Consultation.client_id == (beside.id if beside else None)
    )
    some = [mattering, _long_over(therapist, now).select()]
    found = union_all(*some, theirs).subquery() if beside else union_all(*some).subquery()
    rows = (
        db.execute(
            select(Consultation, found.c.matters)
            .join(found, found.c.id == Consultation.id)
            .order_by(Consultation.asked_at.desc(), Consultation.id.desc())
            .options(
                joinedload(Consultation.client).joinedload(Client.data_key),
                joinedload(Consultation.replaces),
                joinedload(Consultation.windows),
                joinedload(Consultation.kind),
            )
        )
        .unique()
        .all()
    )
    history = [each for each, matters in rows if not matters]
    return history, sorted((each for each, matters in rows if matters), key=_matters_at)


def _long_over(therapist: Therapist, now: datetime) -> Subquery:
    """The next few of long ago of which nobody has said whether the two have met."""
    return (
        select(Consultation.id, true().label("matters"))
        .where(
            Consultation.therapist_id == therapist.id,
            Consultation.status == Status.CONFIRMED,
            Consultation.starts_at <= now - _LATELY,
        )
        .order_by(Consultation.starts_at.desc())
        .limit(_MOST_LONG_OVER)
        .subquery()
    )


def _matters(therapist: Therapist, now: datetime, until: datetime) -> Sequence[ColumnElement[bool]]:
    next_confirmed = (
        select(Consultation.id)
        .where(
            Consultation.therapist_id == therapist.id,
            Consultation.status == Status.CONFIRMED,
            Consultation.starts_at > now,
        )
        .order_by(Consultation.starts_at)
        .limit(1)
        .scalar_subquery()
    )
    is_unread = and_(Consultation.sealed_note.is_not(None), Consultation.note_read_at.is_(None))
    confirmed = and_(
        Consultation.status == Status.CONFIRMED,
        or_(
            Consultation.starts_at < until,
            is_unread,
        ),
    )
    # They said why none of the times fits.
    none_fits = and_(Consultation.status == Status.DECLINED, is_unread)
    waits = Consultation.status.in_([Status.REQUESTED, Status.PROPOSED])
    unanswered = and_(
        Consultation.status == Status.EXPIRED,
        Consultation.answer_by > now - _TOLD_FOR,
        _went_unanswered(),
        ~_asked_since(),
    )
    return (
        # An answer is due before the time that it is about, so whatever matters lies behind this.
        Consultation.starts_at > now - _LATELY,
        Consultation.status.in_(_MATTERS),
        or_(waits, confirmed, none_fits, unanswered, Consultation.id == next_confirmed),
    )


def _went_unanswered() -> ColumnElement[bool]:
    """Whether it ended as a request: what was offered, or only kept, the therapist did not leave waiting."""
    return exists().where(
        ConsultationEvent.consultation_id == Consultation.id,
        ConsultationEvent.move == Move.EXPIRE,
        ConsultationEvent.status_before == Status.REQUESTED,
    )


def _asked_since() -> ColumnElement[bool]:
    """Whether something began with the same client after it was over."""
    later = aliased(Consultation)
    return exists().where(
        later.client_id == Consultation.client_id,
        later.asked_at >= Consultation.answer_by,
    )


def _matters_at(consultation: Consultation) -> tuple[datetime, int]:
    settled = consultation.status is Status.CONFIRMED
    return consultation.starts_at if settled else consultation.answer_by, consultation.id


def _take_up(standing: Iterable[Consultation], person: Callable[[Client], Waiting]) -> None:
    for each in standing:
        if each.status is Status.REQUESTED:
            person(each.client).requests.append(each)
        elif each.has_unread_note and each.status is not Status.PROPOSED:
            person(each.client).notes.append(each)


def _is_over(consultation: Consultation, now: datetime) -> bool:
    return consultation.status is Status.CONFIRMED and consultation.ends_at <= now


def _is_to_come(consultation: Consultation, now: datetime) -> bool:
    return consultation.status is Status.CONFIRMED and now < consultation.starts_at


def _is_within(consultation: Consultation, since: datetime, until: datetime) -> bool:
    return consultation.holds_its_time and consultation.starts_at < until and since < consultation.ends_at


def _held(db: Session, therapist: Therapist, since: datetime, until: datetime) -> Iterable[Entry]:
    beside = aliased(HeldWindow)
    how_many = (
        select(func.count())
        .where(beside.consultation_id == HeldWindow.consultation_id)
        .correlate(HeldWindow)
        .scalar_subquery()
    )
    found = db.execute(
        select(HeldWindow, Consultation, how_many)
        .outerjoin(Consultation, Consultation.id == HeldWindow.consultation_id)
        .where(
            HeldWindow.therapist_id == therapist.id,
            HeldWindow.starts_at > since - _LONGEST,
            HeldWindow.starts_at < until,
            HeldWindow.ends_at > since,
        )
        .options(joinedload(Consultation.client).joinedload(Client.data_key))
    )
    for window, consultation, number in found:
        yield Entry(
            what=What(consultation.status.value) if consultation else What.OWN,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            reference=consultation.reference if consultation else window.reference,
            initials=initials_of(name_of(db, consultation.client)) if consultation else "",
            choice=window.place if number > 1 else 0,
        )


def _past(db: Session, therapist: Therapist, since: datetime, until: datetime) -> Iterable[Entry]:
    """Those of which somebody has said whether the two have met: they hold no time any more."""
    found = db.scalars(
        select(Consultation)
        .where(
            Consultation.therapist_id == therapist.id,
            Consultation.status.in_([Status.MET, Status.NOT_MET]),
            Consultation.starts_at > since - _LONGEST,
            Consultation.starts_at < until,
            Consultation.ends_at > since,
        )
        .options(joinedload(Consultation.client).joinedload(Client.data_key))
    )
    for consultation in found:
        yield Entry(
            what=What(consultation.status.value),
            starts_at=consultation.starts_at,
            ends_at=consultation.ends_at,
            reference=consultation.reference,
            initials=initials_of(name_of(db, consultation.client)),
        )


def request_of(db: Session, consultation: Consultation) -> Request:
    """With what was written about it opened; its client is loaded, with their data key."""
    return Request(
        consultation=consultation,
        words=words_of(db, consultation),
        reply=reply_of(db, consultation),
        offer=offer_of(db, consultation),
        note=note_of(db, consultation),
    )
