"""Makes the things tests speak of. Anything a test does not mention gets a dull, valid value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.passwords import Cost, hash_password
from portal.calendars.models import BusyTime, CalendarSource, SourceKind
from portal.consent.lifecycle import TextStatus
from portal.consent.models import ConsentDocument, ConsentVersion
from portal.consent.wording import text_hash
from portal.diary.kinds import Manner
from portal.diary.models import ConsultationKind, WorkingHours
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.models import Answer, GivenVersion, Intake, Lamp, QuestionnaireVersion
from portal.intake.path import Path
from portal.intake.queries import answer_place
from portal.intake.questionnaire import Questionnaire, Value, canonical, digest, parsed
from portal.intake.replies import AnswerState, Reply, packed
from portal.intake.sent import copy_place
from portal.intake.sent_copy import frozen
from portal.intake.services import shipped_questionnaire
from portal.messages.models import Message, Writer
from portal.messages.queries import words_row
from portal.practice.models import Practice
from portal.reading.models import KeptPassage, Reading, ReadingRevision
from portal.reading.queries import line_row, passage_row
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, HeldTime, HeldWindow, steps_of
from portal.vault.words import make_data_key, seal

Thing = TypeVar("Thing")
_number = count(1)
_LONG_AGO = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
# Of the words "a-quiet-place-to-begin", under the cheap settings of tests. Signing in by a form needs it.
PASSWORD = "a-quiet-place-to-begin"
_PASSWORD_HASH = hash_password(PASSWORD, cost=Cost(passes=1, memory_kib=8))


def therapist(db: Session, *, name: str = "Ada Marsh", time_zone: str = "Europe/London") -> Therapist:
    return _stored(
        db,
        Therapist(
            name=name,
            email=f"person-{next(_number)}@example.org",
            password_hash=_PASSWORD_HASH,
            time_zone=time_zone,
            added_at=_LONG_AGO,
        ),
    )


def client(
    db: Session,
    *,
    name: str | None = "Sam Reed",
    therapist: Therapist | None = None,
    time_zone: str | None = None,
    proved_at: datetime | None = _LONG_AGO,
) -> Client:
    key = make_data_key(db, now=_LONG_AGO)
    number = next(_number)
    reference = f"c{number:017}"
    made = Client(
        reference=reference,
        email=f"client-{number}@example.org",
        password_hash=_PASSWORD_HASH,
        proved_at=proved_at,
        sealed_name=seal(db, key, name, of=f"client.name:{reference}") if name else None,
        time_zone=time_zone,
        therapist=therapist,
        data_key=key,
        joined_at=_LONG_AGO,
    )
    return _stored(db, made)


def working_hours(
    db: Session, therapist: Therapist, *, weekday: int = 2, starts: str = "10:00", ends: str = "13:00"
) -> WorkingHours:
    """Tuesday mornings, if the test does not say otherwise."""
    return _stored(
        db,
        WorkingHours(
            therapist_id=therapist.id,
            weekday=weekday,
            starts_minute=_minutes(starts),
            ends_minute=_minutes(ends),
        ),
    )


def kind(db: Session, therapist: Therapist, **said: Any) -> ConsultationKind:
    """By video, fifty minutes with ten around, a day's notice, if the test does not say otherwise."""
    dull = {
        "name": "First consultation",
        "is_first": True,
        "manner": Manner.VIDEO,
        "length": 50,
        "gap_before": 10,
        "gap_after": 10,
        "notice": 24 * 60,
        "horizon": 60 * 24 * 60,
        "changes_until": 24 * 60,
        "position": 1,
    }
    return _stored(db, ConsultationKind(therapist_id=therapist.id, **dull | said))


def consultation(
    db: Session,
    *,
    client: Client,
    therapist: Therapist,
    starts_at: datetime,
    status: Status = Status.REQUESTED,
    minutes: int = 50,
) -> Consultation:
    ends_at = starts_at + timedelta(minutes=minutes)
    times = [(starts_at, ends_at)] if status in HOLDS_ITS_TIME else []
    return _stored(
        db,
        Consultation(
            client=client,
            therapist=therapist,
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
            asked_at=_LONG_AGO,
            answer_by=starts_at - timedelta(hours=1),
            calendar_uid=f"consultation-{next(_number)}@foyer.example",
            windows=[held_window(therapist, *each) for each in times],
        ),
    )


def held_window(therapist: Therapist, starts_at: datetime, ends_at: datetime) -> HeldWindow:
    """Ten minutes of gap around it, as the usual first consultation wants."""
    return HeldWindow(
        therapist_id=therapist.id,
        starts_at=starts_at,
        ends_at=ends_at,
        gap_before=10,
        gap_after=10,
        is_first=True,
        steps=[HeldTime(therapist_id=therapist.id, starts_at=step) for step in steps_of(starts_at, ends_at)],
    )


def busy_elsewhere(db: Session, therapist: Therapist, starts_at: datetime, ends_at: datetime) -> BusyTime:
    """A calendar elsewhere, and the one stretch in it."""
    key, reference = make_data_key(db, now=_LONG_AGO), f"s{next(_number):017}"
    source = _stored(
        db,
        CalendarSource(
            reference=reference,
            therapist_id=therapist.id,
            data_key=key,
            kind=SourceKind.ICS,
            sealed_label=seal(db, key, "Private diary", of=f"calendar_source.label:{reference}"),
            sealed_address=b"",
            added_at=_LONG_AGO,
            next_look_at=_LONG_AGO,
        ),
    )
    return _stored(
        db,
        BusyTime(source_id=source.id, therapist_id=therapist.id, starts_at=starts_at, ends_at=ends_at),
    )


def questionnaire_version(
    db: Session,
    definition: Questionnaire | None = None,
    *,
    number: int | None = None,
    given: bool = True,
    published_at: datetime = _LONG_AGO,
) -> QuestionnaireVersion:
    """The questions that come with the portal, given to who begins, if the test does not say otherwise."""
    definition = definition or shipped_questionnaire()
    text = canonical(definition)
    version = _stored(
        db,
        QuestionnaireVersion(
            name=definition.name,
            number=number or next(_number),
            definition=text,
            definition_hash=digest(text),
            published_at=published_at,
        ),
    )
    if given:
        _stored(db, GivenVersion(version_id=version.id, given_at=published_at))
    return version


def intake(
    db: Session,
    *,
    client: Client,
    version: QuestionnaireVersion | None = None,
    said: Mapping[str, Value | AnswerState] | None = None,
    sent_at: datetime | None = None,
) -> Intake:
    """What a client said so far, or sent: a value for each answer, a state for each way round."""
    version = version or questionnaire_version(db)
    begun = _stored(
        db,
        Intake(client_id=client.id, version_id=version.id, begun_at=_LONG_AGO, saved_at=sent_at or _LONG_AGO),
    )
    replies = {
        link_id: Reply(each, None) if isinstance(each, AnswerState) else Reply(AnswerState.ANSWERED, each)
        for link_id, each in (said or {}).items()
    }
    for link_id, reply in replies.items():
        place, value = answer_place(begun.reference, link_id), packed(reply.value)
        _stored(
            db,
            Answer(
                intake_id=begun.id,
                link_id=link_id,
                state=reply.state,
                sealed_value=seal(db, client.data_key, value, of=place) if value else None,
                saved_at=_LONG_AGO,
                revision=1,
                page="",
                turn=0,
            ),
        )
    if sent_at is not None:
        path = Path(parsed(version.definition), replies)
        copy = frozen(
            path,
            name=version.name,
            number=version.number,
            definition_hash=version.definition_hash,
            sent_at=sent_at,
        )
        begun.sealed_copy = seal(db, client.data_key, copy, of=copy_place(begun))
        begun.sent_at = sent_at
    return _stored(db, begun)


def lamp(
    db: Session,
    intake: Intake,
    *,
    lit_at: datetime = _LONG_AGO,
    link_id: str = "right-now",
    question: str = "Is there anything your therapist should know about your safety right now?",
    status: LampStatus = LampStatus.LIT,
) -> Lamp:
    return _stored(
        db,
        Lamp(
            client_id=intake.client_id,
            intake_id=intake.id,
            link_id=link_id,
            question=question,
            lit_at=lit_at,
            seen_at=None if status is LampStatus.LIT else lit_at,
            status=status,
        ),
    )


def agreement_text(
    db: Session,
    *,
    title: str = "What stays between us",
    markdown: str = "A few words.",
    status: TextStatus = TextStatus.PUBLISHED,
    document: ConsentDocument | None = None,
    number: int = 1,
) -> ConsentVersion:
    """A version of something to agree to, of its own document if the test does not say of which."""
    document = document or _stored(db, ConsentDocument(position=next(_number), added_at=_LONG_AGO))
    is_draft = status is TextStatus.DRAFT
    return _stored(
        db,
        ConsentVersion(
            document=document,
            status=status,
            number=None if is_draft else number,
            title=title,
            markdown=markdown,
            text_hash=None if is_draft else text_hash(title, markdown),
            saved_at=_LONG_AGO,
            published_at=None if is_draft else _LONG_AGO,
            ended_at=_LONG_AGO if status in {TextStatus.REPLACED, TextStatus.RETIRED} else None,
        ),
    )


def reading(
    db: Session,
    *,
    slug: str | None = None,
    title: str = "A short reading",
    position: int = 1,
    markdown: str = "A few words.",
    published_at: datetime | None = _LONG_AGO,
) -> Reading:
    """Saved once, and published as it is if the test does not say otherwise."""
    version = 1 if published_at else None
    made = _stored(
        db,
        Reading(
            slug=slug or f"reading-{next(_number)}",
            title=title,
            summary="",
            position=position,
            minutes=1,
            markdown=markdown,
            version=version or 0,
            published_at=published_at,
            imported_at=_LONG_AGO,
        ),
    )
    _stored(
        db,
        ReadingRevision(
            reading_id=made.id,
            number=1,
            title=title,
            summary="",
            markdown=markdown,
            front_matter="",
            saved_at=_LONG_AGO,
            version=version,
            published_at=published_at,
        ),
    )
    return made


def message(
    db: Session,
    *,
    client: Client,
    therapist: Therapist,
    words: str = "A few words.",
    by: Writer = Writer.CLIENT,
    sent_at: datetime = _LONG_AGO,
    read_at: datetime | None = None,
) -> Message:
    reference = f"m{next(_number):017}"
    return _stored(
        db,
        Message(
            reference=reference,
            client_id=client.id,
            therapist_id=therapist.id,
            written_by=by,
            form_key=reference,
            sealed_words=seal(db, client.data_key, words, of=words_row(reference)),
            sent_at=sent_at,
            read_at=read_at,
        ),
    )


def kept_passage(
    db: Session,
    *,
    client: Client,
    reading: Reading,
    words: str = "A few words.",
    line: str | None = None,
    block: int = 1,
    shared_with: Therapist | None = None,
) -> KeptPassage:
    reference = f"k{next(_number):017}"
    passage = {"title": reading.title, "reading": reading.reference, "block": block, "words": words}
    return _stored(
        db,
        KeptPassage(
            reference=reference,
            client_id=client.id,
            sealed_passage=seal(db, client.data_key, json.dumps(passage), of=passage_row(reference)),
            sealed_line=seal(db, client.data_key, line, of=line_row(reference)) if line else None,
            revision=1 if line else 0,
            kept_at=_LONG_AGO,
            shared_with_id=shared_with.id if shared_with else None,
            shared_at=_LONG_AGO if shared_with else None,
        ),
    )


def practice(
    db: Session,
    *,
    name: str = "Willow Street Practice",
    country: str = "GB",
    time_zone: str = "Europe/London",
    answering_days: str = "1,2,3,4,5",
) -> Practice:
    """It is remembered for some seconds by an application that was asked before it was made."""
    return _stored(
        db,
        Practice(
            name=name,
            country=country,
            time_zone=time_zone,
            answering_days=answering_days,
            answers_within_days=2,
            answers_by_hour=18,
        ),
    )


def _minutes(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


def _stored(db: Session, thing: Thing) -> Thing:
    db.add(thing)
    db.flush()
    return thing
