"""As many clients as somebody wants, with a past, to see how the portal stands a long life.

Each has an intake and about three consultations, in states and orders that the lifecycle allows, and their
words sealed with a key of their own. What lies in the past is written in plain statements, five hundred
people at a time; what is to come goes through the services that real people's clicks call.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Executable, func, insert, select
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Stage, Therapist
from portal.accounts.queries import name_row
from portal.clients.beginnings import search_secret, tokens_of
from portal.clients.following import write_down
from portal.clients.models import Beginning
from portal.database import new_reference
from portal.intake.models import Answer, Intake, QuestionnaireVersion
from portal.intake.path import Path
from portal.intake.queries import answer_place
from portal.intake.questionnaire import Value, parsed
from portal.intake.replies import AnswerState, Reply, packed
from portal.intake.sent import copy_place
from portal.intake.sent_copy import frozen
from portal.scheduling.lifecycle import Move, Party, Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.statements import carry_out, rows
from portal.vault.models import DataKey
from portal.vault.words import make_data_key, seal

AT_ONCE = 500
# Of a hundred who come, so many are still answering, and so many have sent their answers and no more.
_ANSWERING, _SENT = 4, 2
# So many of the others asked once more than twice, which makes three hundred for a hundred people.
_ONCE_MORE = 18
# The hours of a day at which people met, in UTC: one after the other, since nobody is booked twice (T1).
_FIRST_HOUR, _HOURS_A_DAY = 7, 15
_LENGTH = timedelta(minutes=50)
_FIRST_NAMES = (
    "Alex Bo Cleo Dara Eli Fern Gus Ines Jun Kai Lena Milo Nora Otis Pia Quin Remy Saša Tove Uma Vito"
    " Wren Yara Zoë Jürgen Łucja Noé Åse Bram Cora Dov Esme Finn Gaia Hal Ida Jo Kit Lou Mae"
)
_LAST_NAMES = (
    "Finch Hart Voss Quinn Stone Abbot Lind Roy Müller Reed Lowe Marsh Okoro Silva Novak Haas Brandt"
    " Costa Duarte Ekström Farkas Grün Holm Iversen Jansen Kaya Larsen Moreau Nagy Oduya Peric Quist"
    " Rossi Sørensen Toth Ueda Varga Weiß Yilmaz Zorn"
)
_SHORTLY = timedelta(hours=3)
_COMES_TO_NOTHING = (
    (Status.CANCELLED, Move.CANCEL, Party.CLIENT),
    (Status.DECLINED, Move.DECLINE, Party.THERAPIST),
    (Status.EXPIRED, Move.EXPIRE, Party.PORTAL),
)
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What everybody answers, frozen once: only the name and the moment are each one's own."""

    version_id: int
    replies: dict[str, Reply]
    copy: str

    @classmethod
    def of(cls, version: QuestionnaireVersion, said: dict[str, Value]) -> Sample:
        replies = {link_id: Reply(AnswerState.ANSWERED, value) for link_id, value in said.items()}
        copy = frozen(
            Path(parsed(version.definition), {**replies, "name": Reply(AnswerState.ANSWERED, "@name@")}),
            name=version.name,
            number=version.number,
            definition_hash=version.definition_hash,
            sent_at=_ANY_TIME,
        )
        return cls(version_id=version.id, replies=replies, copy=copy)

    def sent_by(self, name: str, sent_at: datetime) -> str:
        own_name = json.dumps(name, ensure_ascii=False)[1:-1]
        return self.copy.replace("@name@", own_name).replace(_ANY_TIME.isoformat(), sent_at.isoformat())


_ANY_TIME = datetime.fromisoformat("2001-02-03T04:05:06+00:00")


@dataclass(frozen=True, kw_only=True)
class Comer:
    """One of the crowd; `place` counts all who ever came this way, `met_at` is when their turn was."""

    place: int
    number: int
    met_at: datetime

    @cached_property
    def name(self) -> str:
        firsts, lasts = _FIRST_NAMES.split(), _LAST_NAMES.split()
        return f"{firsts[self.place % len(firsts)]} {lasts[self.place // len(firsts) % len(lasts)]}"

    @property
    def email(self) -> str:
        return f"client-{self.number}@foyer.example"

    @property
    def joined_at(self) -> datetime:
        return self.met_at - timedelta(days=21)

    @property
    def sent_at(self) -> datetime | None:
        return None if self.place % 100 < _ANSWERING else self.met_at - timedelta(days=18)

    @cached_property
    def consultations(self) -> list[tuple[Status, datetime]]:
        """In which state each ended, and when it was or would have been."""
        share = self.place % 100 - _ANSWERING - _SENT
        if share < 0:
            return []
        in_vain = [
            (_COMES_TO_NOTHING[(self.place + each) % 3][0], self.met_at - timedelta(days=2 + each))
            for each in range(3 if share < _ONCE_MORE else 2)
        ]
        return [*in_vain, (Status.MET, self.met_at)]


def add_crowd(
    db: Session, therapist: Therapist, sample: Sample, comers: Sequence[Comer], password_hash: str
) -> None:
    """Store these people with all that they did."""
    keys = _stored_keys(db, comers)
    clients = [
        _client_row(db, each, key, therapist, password_hash) for each, key in zip(comers, keys, strict=True)
    ]
    ids = _ids(db, insert(Client).returning(Client.id, sort_by_parameter_order=True), clients)
    _add_intakes(db, sample, comers, keys, ids)
    _add_consultations(db, therapist, comers, ids)
    secret = search_secret(db, now=comers[0].joined_at)
    kept = [
        {"token": token, "client_id": client_id}
        for each, client_id in zip(comers, ids, strict=True)
        for token in tokens_of(each.name, each.email, secret)
    ]
    carry_out(db, insert(Beginning), sorted(kept, key=lambda row: row["token"]))
    write_down(db, set(ids))
    # The keys are not needed again, and there may be a hundred thousand.
    db.info.pop("opened_keys", None)


def comers_after(before: int, number: int, *, numbered_from: int, now: datetime) -> Iterator[Sequence[Comer]]:
    """So many people beside those who came before, the first of them the longest ago, some at a time."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

    def met_at(turn: int) -> datetime:
        days, hour = divmod(turn, _HOURS_A_DAY)
        return midnight - timedelta(days=2 + days) + timedelta(hours=_FIRST_HOUR + hour)

    for done in range(0, number, AT_ONCE):
        places = range(done, min(done + AT_ONCE, number))
        yield [
            Comer(
                place=before + place, number=numbered_from + place, met_at=met_at(before + number - 1 - place)
            )
            for place in places
        ]


def have_come(db: Session, therapist: Therapist) -> int:
    """How many turns of the past are taken already."""
    met = select(func.count()).where(
        Consultation.therapist_id == therapist.id, Consultation.status == Status.MET
    )
    return (db.scalar(met) or 0) * 100 // (100 - _ANSWERING - _SENT) + 1


def _stored_keys(db: Session, comers: Sequence[Comer]) -> list[DataKey]:
    made = [make_data_key(db, now=each.joined_at) for each in comers]
    for key in made:
        db.expunge(key)
    stored = [
        {"reference": key.reference, "sealed_key": key.sealed_key, "made_at": key.made_at} for key in made
    ]
    ids = _ids(db, insert(DataKey).returning(DataKey.id, sort_by_parameter_order=True), stored)
    for key, number in zip(made, ids, strict=True):
        key.id = number
    return made


def _client_row(db: Session, comer: Comer, key: DataKey, therapist: Therapist, password_hash: str) -> Row:
    client = Client(reference=new_reference())
    return {
        "reference": client.reference,
        "email": comer.email,
        "password_hash": password_hash,
        "proved_at": comer.joined_at,
        "sealed_name": seal(db, key, comer.name, of=name_row(client)),
        "time_zone": therapist.time_zone,
        "therapist_id": therapist.id,
        "data_key_id": key.id,
        "joined_at": comer.joined_at,
        "reminders": "1440",
        "stage": Stage.JOINED,
        "moved_at": comer.joined_at,
    }


def _add_intakes(
    db: Session, sample: Sample, comers: Sequence[Comer], keys: Sequence[DataKey], ids: Sequence[int]
) -> None:
    intakes = [
        _intake_row(db, sample, each, key, client_id)
        for each, key, client_id in zip(comers, keys, ids, strict=True)
    ]
    stored = _ids(db, insert(Intake).returning(Intake.id, sort_by_parameter_order=True), intakes)
    answers = [
        row
        for each, key, intake, intake_id in zip(comers, keys, intakes, stored, strict=True)
        for row in _answer_rows(db, sample, each, key, intake, intake_id)
    ]
    carry_out(db, insert(Answer), answers)


def _intake_row(db: Session, sample: Sample, comer: Comer, key: DataKey, client_id: int) -> Row:
    intake = Intake(reference=new_reference())
    sent_at, copy = comer.sent_at, None
    if sent_at is not None:
        copy = seal(db, key, sample.sent_by(comer.name, sent_at), of=copy_place(intake))
    return {
        "reference": intake.reference,
        "client_id": client_id,
        "version_id": sample.version_id,
        "says_more": False,
        "begun_at": comer.joined_at,
        "saved_at": sent_at or comer.joined_at,
        "sent_at": sent_at,
        "sealed_copy": copy,
        "version": 1,
    }


def _answer_rows(
    db: Session, sample: Sample, comer: Comer, key: DataKey, intake: Row, intake_id: int
) -> Iterator[Row]:
    said = {**sample.replies, "name": Reply(AnswerState.ANSWERED, comer.name)}
    for link_id, reply in said.items():
        yield {
            "intake_id": intake_id,
            "link_id": link_id,
            "state": reply.state,
            "sealed_value": seal(
                db, key, packed(reply.value) or "", of=answer_place(intake["reference"], link_id)
            ),
            "saved_at": intake["saved_at"],
            "revision": 1,
            "page": "",
            "turn": 0,
        }


def _add_consultations(
    db: Session, therapist: Therapist, comers: Sequence[Comer], ids: Sequence[int]
) -> None:
    consultations = [
        _consultation_row(therapist, client_id, status, starts_at)
        for each, client_id in zip(comers, ids, strict=True)
        for status, starts_at in each.consultations
    ]
    if not consultations:
        return
    stored = _ids(
        db,
        insert(Consultation).returning(Consultation.id, sort_by_parameter_order=True),
        consultations,
    )
    lines = [
        line
        for row, consultation_id in zip(consultations, stored, strict=True)
        for line in _lines(row, consultation_id)
    ]
    carry_out(db, insert(ConsultationEvent), lines)


def _ids(db: Session, statement: Executable, stored: Sequence[Row]) -> list[int]:
    return [each for (each,) in rows(db, statement, stored)]


def _consultation_row(therapist: Therapist, client_id: int, status: Status, starts_at: datetime) -> Row:
    asked_at = starts_at - timedelta(days=14)
    return {
        "reference": new_reference(),
        "client_id": client_id,
        "therapist_id": therapist.id,
        "begun_by": Party.CLIENT,
        "starts_at": starts_at,
        "ends_at": starts_at + _LENGTH,
        "status": status,
        "asked_at": asked_at,
        "answer_by": asked_at + timedelta(days=2),
        "settled_at": asked_at + _SHORTLY if status is Status.MET else None,
        "kept_outside_hours": False,
        "calendar_uid": str(uuid.uuid4()),
        "calendar_sequence": 2 if status is Status.MET else 1,
        "version": 3 if status is Status.MET else 2,
    }


def _lines(row: Row, consultation_id: int) -> Iterator[Row]:
    """What happened to it, in order."""
    held = [[row["starts_at"].isoformat(), row["ends_at"].isoformat()]]
    if row["status"] is Status.MET:
        yield _line(consultation_id, Move.CONFIRM, Party.THERAPIST, row["settled_at"], Status.REQUESTED, held)
        met_at = row["ends_at"] + _SHORTLY
        yield _line(consultation_id, Move.MEET, Party.THERAPIST, met_at, Status.CONFIRMED, [])
        return
    move, by = next((move, by) for status, move, by in _COMES_TO_NOTHING if status is row["status"])
    ended_at = row["answer_by"] if move is Move.EXPIRE else row["asked_at"] + _SHORTLY
    yield _line(consultation_id, move, by, ended_at, Status.REQUESTED, held)


def _line(number: int, move: Move, by: Party, at: datetime, before: Status, held: list[list[str]]) -> Row:
    return {
        "consultation_id": number,
        "move": move,
        "party": by,
        "happened_at": at,
        "status_before": before,
        "released": held,
    }
