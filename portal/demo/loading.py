"""The demonstration practice: Ada, the therapist; Sam, who has just joined; Kit, who has an appointment.

Everything is done through the services that real people's clicks call, at times that lie behind `now`.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.passwords import Cost, hash_password
from portal.accounts.services import add_client, add_therapist
from portal.accounts.whereabouts import has_moved
from portal.consent.models import ConsentDocument
from portal.consent.queries import documents_for
from portal.consent.services import agree, import_documents, publish_draft, save_draft, shipped_documents
from portal.consent.wording import unmarked
from portal.database import current_db, transaction
from portal.demo.crowd import Sample, add_crowd, comers_after, have_come
from portal.diary.clocks import minute_of, moment_of
from portal.diary.services import set_hours
from portal.founding.standing import has_hours
from portal.intake.models import QuestionnaireVersion
from portal.intake.questionnaire import Value
from portal.intake.replies import Posted
from portal.intake.services import begin_intake, publish_shipped_questionnaire, save_answer, send_intake
from portal.journal.lines import Hand
from portal.practice.facts import current_practice
from portal.practice.models import Practice
from portal.practice.services import describe_practice
from portal.reading.queries import published_readings
from portal.reading.services import import_shipped_readings, mark_reading
from portal.scheduling.answers import confirm_consultation
from portal.scheduling.offers import offer_to
from portal.scheduling.queries import consultation_called
from portal.scheduling.services import request_consultation

PASSWORD = "a-quiet-place-to-begin"
ADA, SAM, KIT = "ada@foyer.example", "sam@foyer.example", "kit@foyer.example"

_ZONE = "Europe/London"
_MONDAY_TO_THURSDAY = (1, 2, 3, 4)
# In minutes of the wall clock.
_MORNING, _AFTERNOON = (9 * 60, 12 * 60), (13 * 60, 17 * 60)
_ANSWERS = {
    "name": ["Kit Lowe"],
    "what-brings-you": [
        "Since we moved I am tired in a way that sleep does not mend, and small things set me off."
        " I would like to understand it before it becomes how I am."
    ],
    "since-when": ["months"],
    "sleep": ["mixed"],
    "support": ["partner", "friends", "doing"],
    "earlier": ["yes"],
    "what-helped": ["Being asked slowly. Homework did not help: I did it to please."],
    "right-now": ["safe"],
    "anything-else": ["I find the first ten minutes of anything hardest."],
}
# What a crowd answers beside their names.
_SAID: dict[str, Value] = {
    "what-brings-you": "I sleep badly and get cross with people whom I like.",
    "since-when": "months",
    "sleep": "mixed",
    "right-now": "safe",
}
_MOST_SEATED = 40
_NEWEST_VERSION = select(QuestionnaireVersion).order_by(QuestionnaireVersion.id.desc()).limit(1)


def is_empty(db: Session) -> bool:
    """Whether nobody real has come yet; also after a loading that was interrupted."""
    strangers = select(Therapist.id).where(Therapist.email != ADA).limit(1)
    return db.scalar(select(Client.id).limit(1)) is None and db.scalar(strangers) is None


def sign_ins(db: Session) -> list[str]:
    """What to tell somebody who wants to look around; nothing if the practice is another."""
    if _client(db, SAM) is None:
        return []
    return [
        f"Sign in with the password {PASSWORD} as",
        f"  {ADA}, the therapist",
        f"  {SAM}, a client who has just joined",
        f"  {KIT}, a client who has an appointment",
    ]


def load(app: Flask, *, now: datetime) -> None:
    """Make whatever of the demonstration is not there yet; what is there stays as it is."""
    # In a context of its own, whatever the caller's is, so that no database session is left over.
    contextvars.Context().run(_load, app, now)


def is_ours(db: Session) -> bool:
    """Whether nobody is here but the people of the demonstration."""
    strangers = select(Client.id).where(Client.email.not_like("%@foyer.example")).limit(1)
    therapists = select(Therapist.id).where(Therapist.email != ADA).limit(1)
    return db.scalar(strangers) is None and db.scalar(therapists) is None


def load_more_clients(app: Flask, number: int, *, now: datetime) -> Iterator[int]:
    """Make so many clients beside Sam and Kit, with a past; yields how many were made at a time."""
    password_hash = _password_hash(app)
    with app.app_context():
        db = current_db()
        ada, version = _therapist(db), db.scalars(_NEWEST_VERSION).one()
        assert ada is not None
        sample = Sample.of(version, _SAID)
        before, numbered_from = have_come(db, ada), (db.scalar(select(func.max(Client.id))) or 0) + 1
    for some in comers_after(before, number, numbered_from=numbered_from, now=now):
        with app.app_context(), transaction() as db:
            add_crowd(db, ada, sample, some, password_hash)
        yield len(some)
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        _seat_some(min(_MOST_SEATED, number // 5), now=now)
    with app.app_context(), transaction() as db:
        if db.get_bind().dialect.name == "postgresql":
            # What was written at once is not what it has learnt about its tables so far.
            db.execute(text("ANALYZE"))


def _load(app: Flask, now: datetime) -> None:
    password_hash = _password_hash(app)
    # Links in messages begin with the portal's address.
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        with transaction() as db:
            _found_practice(db, password_hash, now - timedelta(days=30))
        # The messages that follow bear the practice's name.
        app.extensions["practice"].forget()
        with transaction() as db:
            _welcome_sam(db, password_hash, now)
            _accompany_kit(db, password_hash, now)


def _found_practice(db: Session, password_hash: str, now: datetime) -> None:
    if db.scalar(select(Practice.id)) is None:
        describe_practice(
            db,
            name="Willow Street Practice",
            country="GB",
            time_zone=_ZONE,
            answering_days=_MONDAY_TO_THURSDAY,
            answers_within_days=2,
            answers_by_hour=18,
        )
    import_shipped_readings(db, now=now)
    publish_shipped_questionnaire(db, now=now)
    _publish_agreements(db, now)
    ada = _therapist(db)
    if ada is None:
        ada = add_therapist(
            db, name="Ada Marsh", email=ADA, password_hash=password_hash, time_zone=_ZONE, now=now
        )
    if not has_hours(db, ada):
        set_hours(
            db,
            ada,
            [(weekday, *times, 0) for weekday in _MONDAY_TO_THURSDAY for times in (_MORNING, _AFTERNOON)],
            now=now,
        )


def _publish_agreements(db: Session, now: datetime) -> None:
    """So that they can be seen: a real practice adapts them first, and has them checked."""
    if db.scalar(select(ConsentDocument.id).limit(1)) is not None:
        return
    for draft in import_documents(db, shipped_documents(), now=now):
        text = unmarked(draft.markdown)
        save_draft(db, draft.document, title=draft.title, markdown=text, seen=draft.version, now=now)
        db.flush()
        publish_draft(db, draft.document, seen=draft.version, tell=False, by=Hand.OPERATOR, now=now)


def _welcome_sam(db: Session, password_hash: str, now: datetime) -> None:
    if _client(db, SAM) is None:
        add_client(db, email=SAM, password_hash=password_hash, now=now, proved=True)


def _accompany_kit(db: Session, password_hash: str, now: datetime) -> None:
    """Joined three days ago, read and answered two days ago, asked yesterday, and was answered since."""
    if _client(db, KIT) is not None:
        return
    joined, answered, asked = (now - timedelta(days=days) for days in (3, 2, 1))
    add_client(db, email=KIT, password_hash=password_hash, now=joined, proved=True, time_zone=_ZONE)
    kit = _client(db, KIT)
    therapist = _therapist(db)
    if kit is None or therapist is None:
        raise LookupError
    kit.therapist = therapist
    for reading in published_readings(db)[:1]:
        mark_reading(db, kit, reading, now=answered)
    intake = begin_intake(db, kit, now=answered)
    for link_id, typed in _ANSWERS.items():
        save_answer(db, kit, link_id, Posted(typed), now=answered)
    # What is sent is what the page before it showed: every answer, stored.
    db.flush()
    send_intake(db, kit, seen=intake.version, now=answered)
    for document in documents_for(db, kit)[:2]:
        agree(db, kit, document.versions[0], name=_ANSWERS["name"][0], now=answered)
    _meet(db, kit, therapist, asked=asked, not_before=now + timedelta(days=4))


def _meet(db: Session, kit: Client, therapist: Therapist, *, asked: datetime, not_before: datetime) -> None:
    offer = offer_to(db, kit, therapist, now=asked, since=minute_of(not_before))
    if not offer.starts:
        # A therapist who was here before may have no time that is free.
        return
    reference = request_consultation(
        db,
        client=kit,
        therapist=therapist,
        starts=[moment_of(offer.starts[0])],
        now=asked,
        answer_by=current_practice().answering.answer_by(asked),
    )
    confirm_consultation(db, consultation_called(db, reference), now=asked + timedelta(hours=3))


def _seat_some(number: int, *, now: datetime) -> None:
    """So many of those who came last ask for times that are free, and three of four are answered."""
    with transaction() as db:
        newest = select(Client).order_by(Client.id.desc()).limit(number)
        clients = db.scalars(newest.options(joinedload(Client.data_key), joinedload(Client.therapist))).all()
        ada = _therapist(db)
        assert ada is not None
        for place, client in enumerate(clients):
            offer = offer_to(db, client, ada, now=now)
            if not offer.starts:
                return
            reference = request_consultation(
                db,
                client=client,
                therapist=ada,
                # Not the first that there is: the next weeks have room for others too.
                starts=[moment_of(offer.starts[min(3 * place, len(offer.starts) - 1)])],
                now=now,
                answer_by=current_practice().answering.answer_by(now),
            )
            if place % 4:
                confirm_consultation(db, consultation_called(db, reference), now=now)
            else:
                # Their place in the list is not left to a worker here, who may never come.
                has_moved(db, client.id)


def _client(db: Session, email: str) -> Client | None:
    return db.scalar(
        select(Client)
        .where(Client.email == email)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
        .execution_options(populate_existing=True)
    )


def _therapist(db: Session) -> Therapist | None:
    return db.scalar(select(Therapist).where(Therapist.email == ADA))


def _password_hash(app: Flask) -> str:
    """One for all of them: it costs what it costs, and they share the password anyway."""
    return hash_password(PASSWORD, cost=Cost(*app.config["ARGON2"]))
