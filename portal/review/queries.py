"""What waits on a therapist's desk, and one person whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import client_of, name_of
from portal.intake.models import Intake, Lamp
from portal.intake.queries import SentIntake, lamps_lit_for, lamps_of, sent_intake_of, what_lit
from portal.reading.models import Reading
from portal.reading.queries import readings_marked_by
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation
from portal.scheduling.queries import history_with, reply_of, waiting_for, words_of

_MOST_NEW_INTAKES = 20


@dataclass(kw_only=True)
class Waiting:
    """One person on the desk, with everything of theirs that waits."""

    client: Client
    name: str
    lamps: list[Lamp] = field(default_factory=list)
    requests: list[Consultation] = field(default_factory=list)
    intake_sent_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """A consultation as the desk shows it: with the words that went with it, and those that came back."""

    consultation: Consultation
    words: str | None
    reply: str | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that a therapist sees of one client."""

    client: Client
    name: str
    read: Sequence[Reading]
    intake: SentIntake | None
    # What the therapist has not seen yet, and the questions whose answers lit it.
    lamps: Sequence[Lamp]
    lit_by: Sequence[str]
    consultations: Sequence[Request]

    @property
    def waiting(self) -> list[Request]:
        return [each for each in self.consultations if each.consultation.status is Status.REQUESTED]


def desk_of(db: Session, therapist: Therapist) -> list[Waiting]:
    """Who waits for what, in three queries: lamps, then requests by answer-by time, then new intakes."""
    people: dict[int, Waiting] = {}

    def person(client: Client) -> Waiting:
        if client.id not in people:
            people[client.id] = Waiting(client=client, name=name_of(db, client))
        return people[client.id]

    for lamp, client in lamps_lit_for(db, therapist):
        person(client).lamps.append(lamp)
    for consultation in waiting_for(db, therapist):
        person(consultation.client).requests.append(consultation)
    for intake in _intakes_without_a_time(db, therapist):
        person(intake.client).intake_sent_at = intake.sent_at
    return list(people.values())


def person_whole(db: Session, therapist: Therapist, reference: str) -> Person:
    """One of the therapist's clients. Raises NotFound."""
    client = client_of(db, therapist, reference)
    unseen = [lamp for lamp in lamps_of(db, client) if lamp.seen_at is None]
    return Person(
        client=client,
        name=name_of(db, client),
        read=readings_marked_by(db, client),
        intake=sent_intake_of(db, client),
        lamps=unseen,
        lit_by=what_lit(db, unseen),
        consultations=[_request(db, each) for each in history_with(db, therapist, client)],
    )


def request_shown(db: Session, consultation: Consultation) -> Request:
    """The consultation with its words unsealed; its client and their key have to be loaded."""
    return _request(db, consultation)


def _request(db: Session, consultation: Consultation) -> Request:
    return Request(
        consultation=consultation, words=words_of(db, consultation), reply=reply_of(db, consultation)
    )


def _intakes_without_a_time(db: Session, therapist: Therapist) -> Sequence[Intake]:
    """Sent, and its client holds no time: the therapist may want to know that it is there."""
    holds_a_time = exists().where(
        Consultation.client_id == Intake.client_id, Consultation.status.in_(HOLDS_ITS_TIME)
    )
    return db.scalars(
        select(Intake)
        .join(Client, Client.id == Intake.client_id)
        .where(Client.therapist_id == therapist.id, Intake.sent_at.is_not(None), ~holds_a_time)
        .order_by(Intake.sent_at.desc())
        .limit(_MOST_NEW_INTAKES)
        .options(contains_eager(Intake.client).options(joinedload(Client.data_key)))
    ).all()
