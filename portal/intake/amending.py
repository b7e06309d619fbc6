"""Correcting what was sent: an amendment is begun with all that was said, and sent, or dropped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.services import keep_name
from portal.errors import Refused
from portal.intake.models import Answer, EarlierAnswer, Intake
from portal.intake.queries import (
    Answering,
    answer_place,
    answering_of,
    earlier_place,
    earlier_words,
    latest_of,
)
from portal.intake.questionnaire import names_its_client
from portal.intake.replies import packed
from portal.journal.lines import What
from portal.journal.noting import note
from portal.statements import carry_out
from portal.vault.words import seal


class NothingToAmend(Refused):
    """Nothing was sent yet: what is there can still be changed itself."""


class NothingToDrop(Refused):
    """There is no amendment that is begun and not sent."""


def begin_amendment(db: Session, client: Client, *, now: datetime) -> Intake:
    """The amendment that the client has begun, else a new one that says what they sent, on the same version.

    What was sent stays what it was (W2). Raises NotBegun, NothingToAmend.
    """
    # Two tabs that begin at once wait here for one another, and the second finds the first one's amendment.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    sent = latest_of(db, client, to_change=True)
    if sent.intake.sent_at is None:
        if sent.intake.amends_id is None:
            raise NothingToAmend
        return sent.intake
    amendment = Intake(
        client_id=client.id,
        version_id=sent.intake.version_id,
        amends_id=sent.intake.id,
        says_more=sent.intake.says_more,
        moved_at=sent.intake.moved_at,
        passed_parts=sent.intake.passed_parts,
        begun_at=now,
        saved_at=now,
    )
    db.add(amendment)
    db.flush()
    _take_over(db, client, sent, amendment)
    return amendment


def drop_amendment(db: Session, client: Client, *, now: datetime) -> None:
    """Throw away what an amendment says and was not sent. Raises NotBegun, NothingToDrop, AlreadySent.

    What it has lit stays lit: somebody has said so.
    """
    dropped = answering_of(db, client, to_change=True)
    if dropped.intake.amends_id is None:
        raise NothingToDrop
    dropped.intake.dropped_at = now
    for table in (Answer, EarlierAnswer):
        db.execute(
            delete(table)
            .where(table.intake_id == dropped.intake.id)
            .execution_options(synchronize_session=False)
        )
    db.flush()
    _call_as_before(db, client)


def see_amendments(db: Session, client: Client, *, upto: str, by: Therapist, now: datetime) -> None:
    """The therapist has read this client's amendments up to the one of this reference."""
    last = select(Intake.id).where(Intake.reference == upto, Intake.client_id == client.id).scalar_subquery()
    unread = (
        update(Intake)
        .where(Intake.client_id == client.id, Intake.sent_at.is_not(None), Intake.amends_id.is_not(None))
        .where(Intake.read_at.is_(None), Intake.id <= last)
    )
    if carry_out(db, unread.values(read_at=now), {}):
        note(db, What.AMENDMENT_READ, by=by, about=client.reference, subject=upto)


def _take_over(db: Session, client: Client, sent: Answering, amendment: Intake) -> None:
    """All that was said, what was kept back or hidden too, sealed for its new place."""
    for link_id, answer in sent.answers.items():
        value = packed(sent.path.replies[link_id].value)
        place = answer_place(amendment.reference, link_id)
        db.add(
            Answer(
                intake_id=amendment.id,
                link_id=link_id,
                state=answer.state,
                sealed_value=None if value is None else seal(db, client.data_key, value, of=place),
                saved_at=answer.saved_at,
                revision=1,
                page="",
                turn=0,
            )
        )
    for each in db.scalars(select(EarlierAnswer).where(EarlierAnswer.intake_id == sent.intake.id)).all():
        copied = EarlierAnswer(intake_id=amendment.id, link_id=each.link_id, version_id=each.version_id)
        place = earlier_place(amendment.reference, each.link_id, each.version_id)
        words = earlier_words(db, client, sent.intake, each)
        copied.sealed_words = seal(db, client.data_key, words, of=place)
        db.add(copied)


def _call_as_before(db: Session, client: Client) -> None:
    """The name that was sent is the name again."""
    sent = latest_of(db, client)
    for question in filter(names_its_client, sent.path.questions):
        reply = sent.path.replies.get(question.link_id)
        if reply is not None and isinstance(reply.given, str):
            keep_name(db, client, reply.given)
