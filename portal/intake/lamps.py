"""What happens to lamps: answers light them, the portal tells of them until somebody has seen them, and then?

Each function does one thing; its caller commits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.database import new_reference
from portal.intake import emails
from portal.intake.lamp_lifecycle import LampMove, LampParty, LampStatus
from portal.intake.lamp_queries import lamp_to_change, note_place, therapists_told
from portal.intake.lamp_rules import LOOKS_AGAIN_AFTER, lights, lit_by, told_again_at, told_at
from portal.intake.models import Intake, Lamp
from portal.intake.path import Path
from portal.intake.queries import Answering
from portal.intake.questionnaire import LampRule, Question, Questionnaire
from portal.intake.replies import Reply
from portal.jobs.queue import enqueue
from portal.journal import noting
from portal.journal.lines import What
from portal.practice.answering import Answering as AnsweringHours
from portal.practice.facts import current_practice
from portal.vault.words import seal

# Tell of the lamp of this reference, unless somebody has seen it by then.
TELLING = "tell-of-lamp"
_OVERDUE = timedelta(hours=1)
# What the journal calls the therapist's moves.
_LINES: Mapping[LampMove, What] = {
    LampMove.SEE: What.LAMPS_SEEN,
    LampMove.CLOSE: What.LAMP_CLOSED,
    LampMove.REOPEN: What.LAMP_REOPENED,
}


def follow_answer(
    db: Session,
    client: Client,
    answering: Answering,
    question: Question,
    reply: Reply,
    *,
    now: datetime,
) -> None:
    """Light the question's lamp if this new reply does (W5); note it if one that had lit it is changed back.

    `answering` is how the intake stood before. An answer that neither lights nor had lit costs nothing here.
    """
    rule = answering.path.questionnaire.lamp_on(question.link_id)
    earlier = answering.path.replies.get(question.link_id)
    if rule is None:
        return
    if lights(rule, question, reply):
        _light(db, client, answering.intake, question, rule, changed=True, now=now)
    elif lights(rule, question, earlier):
        _note_change(db, answering.intake, question, now=now)


def follow_version(
    db: Session,
    client: Client,
    answering: Answering,
    newer: Questionnaire,
    said: Mapping[str, Reply],
    *,
    now: datetime,
) -> None:
    """Light what the rules of a newer version light and those of the one before did not (W5).

    `said` is what has come along to it; `answering` is how the intake stood before.
    """
    before = answering.path.questionnaire
    for question in Path(newer, said, answering.intake.says_more).questions:
        reply, asked = said.get(question.link_id), before.by_link_id.get(question.link_id)
        rule = lit_by(newer, question, reply)
        if rule and not (isinstance(asked, Question) and lit_by(before, asked, reply)):
            _light(db, client, answering.intake, question, rule, changed=False, now=now)


def tell_when_due(db: Session, reference: str, *, now: datetime) -> None:
    """Tell of the lamp of this reference once more, if that is due and nobody has seen it."""
    lamp = db.scalar(
        select(Lamp)
        .where(Lamp.reference == reference)
        .options(joinedload(Lamp.client, innerjoin=True))
        .with_for_update(of=Lamp)
        .execution_options(populate_existing=True)
    )
    # Of several jobs for one lamp only that counts whose time this is: it was lit anew, or told already.
    if lamp and lamp.status is LampStatus.LIT and lamp.tell_at and lamp.tell_at <= now:
        _tell(db, lamp, lamp.client, now=now)


def tell_of_forgotten(db: Session, *, now: datetime) -> None:
    """Have those told of whose time passed long ago: whatever befell the job, nobody has seen them yet."""
    overdue = Lamp.tell_at < now - _OVERDUE
    for reference in db.scalars(select(Lamp.reference).where(Lamp.status == LampStatus.LIT, overdue)):
        enqueue(db, TELLING, subject=reference, due_at=now)


def see_lamp(db: Session, lamp: Lamp, *, by: Therapist, now: datetime) -> None:
    """Somebody of the practice has seen it, and nobody is told again. Raises LampMoveNotAllowed."""
    _make(db, lamp, LampMove.SEE, by, now)


def note_on_lamp(db: Session, lamp: Lamp, *, by: Therapist, note: str, now: datetime) -> None:
    """Keep what somebody did about it, sealed with the client's key."""
    lamp = lamp_to_change(db, lamp)
    line = lamp.make(LampMove.NOTE, by=LampParty.THERAPIST, at=now, whom=by)
    line.sealed_note = seal(db, lamp.client.data_key, note, of=note_place(line.reference))
    lamp.tell_at = None
    db.add(line)
    noting.note(db, What.LAMP_NOTED, by=by, about=lamp.client.reference, subject=lamp.reference)


def close_lamp(db: Session, lamp: Lamp, *, by: Therapist, now: datetime) -> None:
    """It is over, and leaves the desk; its history stays. Raises LampMoveNotAllowed if nobody has seen it."""
    _make(db, lamp, LampMove.CLOSE, by, now)


def reopen_lamp(db: Session, lamp: Lamp, *, by: Therapist, now: datetime) -> None:
    """It was closed too soon. Raises LampMoveNotAllowed."""
    _make(db, lamp, LampMove.REOPEN, by, now)


def _make(db: Session, lamp: Lamp, move: LampMove, by: Therapist, now: datetime) -> None:
    lamp = lamp_to_change(db, lamp)
    db.add(lamp.make(move, by=LampParty.THERAPIST, at=now, whom=by))
    lamp.tell_at = None
    noting.note(db, _LINES[move], by=by, about=lamp.client.reference, subject=lamp.reference)


def _light(
    db: Session,
    client: Client,
    intake: Intake,
    question: Question,
    rule: LampRule,
    *,
    changed: bool,
    now: datetime,
) -> None:
    """Once for a question, until somebody has seen it; another answer after that lights it anew."""
    lamp = _lamp_of(db, intake, question)
    if lamp is None:
        lamp = _new_lamp(db, client, intake, question, rule, now)
    elif lamp.status is LampStatus.LIT:
        _light_again(db, lamp, now)
        return
    elif not changed:
        return
    db.add(lamp.make(LampMove.LIGHT, by=LampParty.CLIENT, at=now))
    lamp.lit_at, lamp.seen_at, lamp.changed_at, lamp.times_told = now, None, None, 0
    _tell_in_time(db, lamp, client, rule, now=now)


def _new_lamp(
    db: Session, client: Client, intake: Intake, question: Question, rule: LampRule, now: datetime
) -> Lamp:
    lamp = Lamp(
        reference=new_reference(),
        client_id=client.id,
        intake_id=intake.id,
        link_id=question.link_id,
        question=question.wording,
        tells_stand_in=rule.tells_stand_in,
        status=LampStatus.LIT,
        lit_at=now,
    )
    db.add(lamp)
    return lamp


def _light_again(db: Session, lamp: Lamp, now: datetime) -> None:
    """It is lit, and told of already; an answer that was changed back has come back."""
    if lamp.changed_at is not None:
        lamp.changed_at = None
        db.add(lamp.make(LampMove.LIGHT, by=LampParty.CLIENT, at=now))


def _note_change(db: Session, intake: Intake, question: Question, *, now: datetime) -> None:
    """A lamp that was lit stays: the therapist sees that the answer was changed, and looks all the same."""
    lamp = _lamp_of(db, intake, question)
    if lamp is not None and lamp.changed_at is None:
        db.add(lamp.make(LampMove.CHANGE, by=LampParty.CLIENT, at=now))
        lamp.changed_at = now


def _lamp_of(db: Session, intake: Intake, question: Question) -> Lamp | None:
    return db.scalar(
        select(Lamp)
        .where(Lamp.intake_id == intake.id, Lamp.link_id == question.link_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _tell_in_time(db: Session, lamp: Lamp, client: Client, rule: LampRule, *, now: datetime) -> None:
    lamp.tell_at = told_at(rule, lit_at=now, answering=_hours(rule))
    if lamp.tell_at <= now:
        # At once means with the answer itself: both are stored, or neither is.
        _tell(db, lamp, client, now=now)
    else:
        enqueue(db, TELLING, subject=lamp.reference, due_at=lamp.tell_at)


def _hours(rule: LampRule) -> AnsweringHours:
    """When somebody reads: whoever stands in does while the practice is away."""
    practice = current_practice()
    stands_in = rule.tells_stand_in and practice.away and practice.away.stand_in_email
    return replace(practice.answering, absences=()) if stands_in else practice.answering


def _tell(db: Session, lamp: Lamp, client: Client, *, now: datetime) -> None:
    """Tell whoever is to be told, and set the next time; where there is nobody yet, look again later."""
    whom = therapists_told(db, client, stand_in=lamp.tells_stand_in)
    for therapist in whom:
        message = emails.tell_of_lamp(db, client, therapist, again=lamp.times_told > 0, now=now)
        db.add(lamp.make(LampMove.TELL, by=LampParty.PORTAL, at=now, whom=therapist, message=message))
    if whom:
        lamp.times_told += 1
        zone = current_practice().zone
        lamp.tell_at = told_again_at(now, times=lamp.times_told, zone=zone)
    else:
        lamp.tell_at = now + LOOKS_AGAIN_AFTER
    enqueue(db, TELLING, subject=lamp.reference, due_at=lamp.tell_at)
