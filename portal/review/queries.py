"""What waits on a therapist's desk, what stands in their diary, and one person whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.accounts.models import IS_LISTED, Client, Stage, Therapist
from portal.accounts.queries import client_of, initials_of, name_of
from portal.calendars.queries import busy_elsewhere
from portal.consent.queries import DocumentShown, documents_for
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.lamp_queries import LampShown, lamps_of, lamps_open_for, person_of
from portal.intake.models import Intake, Lamp
from portal.intake.sent import SentBefore, SentIntake, all_sent_by, sent_intake_of
from portal.messages.queries import Conversation, conversation_with
from portal.notes.queries import Written, notes_about
from portal.reaching.queries import wish_shown
from portal.reaching.wishes import Wish
from portal.reading.queries import Kept, Met, readings_met_by, shared_passages_of
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, ConsultationEvent, HeldWindow
from portal.scheduling.queries import history_with, last_event_of
from portal.scheduling.words import note_of, offer_of, reply_of, words_of

_MOST_NEW_INTAKES = 20
_MOST_TO_CHOOSE = 100
# Nothing that stands in a diary is longer: what began earlier is over.
_LONGEST = timedelta(days=1)
# Whoever has not said within so long whether the two have met is not asked for ever.
_ASKED_FOR = timedelta(days=60)
_READ_FOR = timedelta(days=7)
# So many of the messages stand on a person's page; the others are a press away.
_LAST_MESSAGES = 3
_MATTERS = [Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.DECLINED]


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

    @property
    def is_busy(self) -> bool:
        """Whether anything at all is on it."""
        return bool(self.queue or self.lamps or self.proposed or self.todays or self.over)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A consultation as the desk shows it: with the words that went with it, and those that came back."""

    consultation: Consultation
    words: str | None
    reply: str | None
    offer: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that a therapist sees of one client."""

    client: Client
    name: str
    # Readings that they said they have read, or that were suggested to them.
    met: Sequence[Met]
    shared: Sequence[Kept]
    messages: Conversation
    intake: SentIntake | None
    # All that they sent, the newest first.
    sent: Sequence[SentBefore]
    lamps: Sequence[LampShown]
    agreements: Sequence[DocumentShown]
    consultations: Sequence[Request]
    # None if they have said nothing of being reached.
    wish: Wish | None
    # The therapist's own.
    notes: Sequence[Written]

    @property
    def read(self) -> list[Met]:
        return [each for each in self.met if each.said_at]

    @property
    def unread(self) -> list[SentBefore]:
        """The corrections that the therapist has not read, the newest first."""
        return [each for each in self.sent if each.is_amendment and each.read_at is None]

    @property
    def lamps_open(self) -> list[LampShown]:
        """Unseen, or seen and not closed."""
        return [each for each in self.lamps if each.lamp.status is not LampStatus.CLOSED]

    @property
    def lamps_closed(self) -> list[LampShown]:
        return [each for each in self.lamps if each.lamp.status is LampStatus.CLOSED]

    @property
    def waiting(self) -> list[Request]:
        return [each for each in self.consultations if each.consultation.status is Status.REQUESTED]


def desk_of(db: Session, therapist: Therapist, *, now: datetime, day: tuple[datetime, datetime]) -> Desk:
    """The desk, in three queries; `day` is the first instant of today and the first after it."""
    people: dict[int, Waiting] = {}

    def person(client: Client) -> Waiting:
        if client.id not in people:
            people[client.id] = Waiting(client=client, name=name_of(db, client))
        return people[client.id]

    lamps = lamps_open_for(db, therapist)
    for lamp in lamps:
        # Of somebody else's client, for whom this therapist stands in, there is only the lamp.
        if lamp.status is LampStatus.LIT and lamp.client.therapist_id == therapist.id:
            person(lamp.client).lamps.append(lamp)
    standing = _standing(db, therapist, now, until=day[1])
    _take_up(standing, person, now)
    for intake in _new_intakes(db, therapist):
        each = person(intake.client)
        if intake.amends_id is None:
            each.intake_sent_at = intake.sent_at
        else:
            each.amended_at = max(filter(None, (each.amended_at, intake.sent_at)))
    named = [(each, name_of(db, each.client)) for each in standing]
    return Desk(
        queue=list(people.values()),
        lamps=[(lamp, person_of(db, lamp)) for lamp in lamps],
        proposed=[each for each in named if each[0].status is Status.PROPOSED],
        todays=[each for each in named if _is_within(each[0], *day)],
        over=[each for each in named if _is_over(each[0], now)],
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


def person_whole(db: Session, therapist: Therapist, reference: str) -> Person:
    """One of the therapist's clients. Raises NotFound."""
    client = client_of(db, therapist, reference)
    return Person(
        client=client,
        name=name_of(db, client),
        met=readings_met_by(db, client),
        shared=shared_passages_of(db, therapist, client),
        messages=conversation_with(db, client, therapist, most=_LAST_MESSAGES),
        intake=sent_intake_of(db, client),
        sent=all_sent_by(db, client),
        lamps=lamps_of(db, client),
        agreements=documents_for(db, client),
        consultations=[_request(db, each) for each in history_with(db, therapist, client)],
        wish=wish_shown(db, client),
        notes=notes_about(db, therapist, client),
    )


def request_shown(db: Session, consultation: Consultation) -> tuple[Request, ConsultationEvent | None]:
    """The consultation with its windows and words, and what happened to it last; its client is loaded."""
    windows = db.scalars(
        select(HeldWindow).where(HeldWindow.consultation_id == consultation.id).order_by(HeldWindow.place)
    )
    set_committed_value(consultation, "windows", list(windows))
    return _request(db, consultation), last_event_of(db, consultation)


def _standing(db: Session, therapist: Therapist, now: datetime, *, until: datetime) -> Sequence[Consultation]:
    """Requests and proposals, and what is confirmed until then, or was written about: by when they matter."""
    confirmed = and_(
        Consultation.status == Status.CONFIRMED,
        or_(
            and_(Consultation.starts_at > now - _ASKED_FOR, Consultation.starts_at < until),
            and_(Consultation.starts_at > now, Consultation.sealed_note.is_not(None)),
        ),
    )
    # They said why none of the times fits; that is worth reading for a while.
    none_fits = and_(
        Consultation.status == Status.DECLINED,
        Consultation.sealed_note.is_not(None),
        Consultation.answer_by > now - _READ_FOR,
    )
    found = db.scalars(
        select(Consultation)
        .where(
            Consultation.therapist_id == therapist.id,
            # An answer is due before the time that it is about, so whatever matters lies behind this.
            Consultation.starts_at > now - _ASKED_FOR,
            Consultation.status.in_(_MATTERS),
            or_(Consultation.status.in_([Status.REQUESTED, Status.PROPOSED]), confirmed, none_fits),
        )
        .options(
            joinedload(Consultation.client).joinedload(Client.data_key),
            joinedload(Consultation.replaces),
            joinedload(Consultation.windows),
        )
    )
    return sorted(found.unique(), key=_matters_at)


def _matters_at(consultation: Consultation) -> tuple[datetime, int]:
    settled = consultation.status is Status.CONFIRMED
    return consultation.starts_at if settled else consultation.answer_by, consultation.id


def _take_up(standing: Iterable[Consultation], person: Callable[[Client], Waiting], now: datetime) -> None:
    for each in standing:
        if each.status is Status.REQUESTED:
            person(each.client).requests.append(each)
        elif each.status is Status.DECLINED or (each.sealed_note and now < each.starts_at):
            person(each.client).notes.append(each)


def _is_over(consultation: Consultation, now: datetime) -> bool:
    return consultation.status is Status.CONFIRMED and consultation.ends_at <= now


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


def _request(db: Session, consultation: Consultation) -> Request:
    return Request(
        consultation=consultation,
        words=words_of(db, consultation),
        reply=reply_of(db, consultation),
        offer=offer_of(db, consultation),
        note=note_of(db, consultation),
    )


def _new_intakes(db: Session, therapist: Therapist) -> Sequence[Intake]:
    """What was sent by who has no time, and corrections that are not read: that they are there is news."""
    holds_a_time = exists().where(
        Consultation.client_id == Intake.client_id, Consultation.status.in_(HOLDS_ITS_TIME)
    )
    first_sent = (
        select(Intake.id)
        .join(Client, Client.id == Intake.client_id)
        .where(
            Client.therapist_id == therapist.id,
            Client.stage == Stage.SENT,
            Intake.sent_at.is_not(None),
            Intake.amends_id.is_(None),
            ~holds_a_time,
        )
        .order_by(Client.moved_at.desc(), Client.id.desc())
        .limit(_MOST_NEW_INTAKES)
    )
    corrected = (
        select(Intake.id)
        .join(Client, Client.id == Intake.client_id)
        .where(
            # What is not read leads, not all of the therapist's clients: the sum hides that index.
            Client.therapist_id + 0 == therapist.id,
            IS_LISTED,
            Intake.sent_at.is_not(None),
            Intake.amends_id.is_not(None),
            Intake.read_at.is_(None),
        )
        .order_by(Intake.sent_at)
        .limit(_MOST_NEW_INTAKES)
    )
    return db.scalars(
        select(Intake)
        .join(Client, Client.id == Intake.client_id)
        .where(or_(Intake.id.in_(first_sent), Intake.id.in_(corrected)))
        # A correction waits until somebody has read it, so it is never crowded out.
        .order_by(Intake.amends_id.is_(None), Intake.sent_at.desc())
        .limit(_MOST_NEW_INTAKES)
        .options(contains_eager(Intake.client).options(joinedload(Client.data_key)))
    ).all()
