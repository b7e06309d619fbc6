"""Keeping what was posted for one question: the only place where an answer of a client's is written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Client
from portal.accounts.services import keep_name
from portal.errors import Refused
from portal.intake.lighting import light
from portal.intake.models import Answer, Intake
from portal.intake.path import needed
from portal.intake.queries import Answering, answer_place
from portal.intake.questionnaire import Question, ShortText, Value
from portal.intake.replies import (
    ROUND,
    Posted,
    Reply,
    Unreadable,
    Way,
    field_value,
    is_stale,
    joined,
    lights,
    packed,
    reply_after,
)
from portal.vault.words import seal


class AnsweredElsewhere(Refused):
    """The answer has been changed since the page was drawn, and differs from what the page sends."""

    def __init__(
        self, question: Question, answer: Answer, stored: Reply, value: Value, problem: str | None = None
    ) -> None:
        super().__init__(question.link_id)
        self.question, self.answer, self.stored, self.value = question, answer, stored, value
        # Why they cannot be joined, if that was tried; for the client.
        self.problem = problem


class AskedOtherwise(Refused):
    """The client has moved to another version since the page was drawn, and it asks in other words."""


def keep(
    db: Session, client: Client, answering: Answering, link_id: str, posted: Posted, *, now: datetime
) -> tuple[Answer | None, Reply | None]:
    """Keep what was posted, sealed; light the lamp if the answer does. `answering` is open for changes.

    What stands then: nothing, if there was nothing to save. Raises NotFound for no such question, Unreadable,
    AnsweredElsewhere, AskedOtherwise.
    """
    question = answering.question(link_id)
    if posted.asked_on and posted.asked_on != answering.asked_on:
        raise AskedOtherwise
    answer, earlier = answering.answers.get(link_id), answering.path.replies.get(link_id)
    reply = _reply(question, posted, answer, earlier)
    if reply is None or reply == earlier:
        return answer, reply
    answer = _written(db, client, answering, link_id, reply, posted, now)
    _keep_name(db, client, question, reply)
    if lights(question, reply):
        light(db, client, answering.intake, link_id, changed=True, now=now)
    return answer, reply


def touch(intake: Intake, *, now: datetime) -> None:
    """Something that would be sent has changed."""
    intake.saved_at = now
    # Its version has to change, even within one tick of the clock: a page that shows it all is out of date.
    flag_modified(intake, "saved_at")


def set_depth(intake: Intake, *, more: bool, now: datetime) -> None:
    if intake.says_more is not more:
        intake.says_more = more
        touch(intake, now=now)


def _reply(question: Question, posted: Posted, stored: Answer | None, earlier: Reply | None) -> Reply | None:
    """What is to stand now. Raises Unreadable, AnsweredElsewhere."""
    value = field_value(question, posted)
    if stored is not None and earlier is not None:
        value = _reconciled(question, posted, stored, earlier, value)
    held_to = needed(question) and posted.way in ROUND
    return reply_after(earlier, Way.CONTINUE if held_to else posted.way, value)


def _reconciled(
    question: Question, posted: Posted, stored: Answer, earlier: Reply, value: Value | None
) -> Value | None:
    """The value, once it is certain that nothing newer is overwritten by it (W1)."""
    if posted.page and posted.page == stored.page:
        # What this page sent earlier, and arrives later, counts no more.
        return value if posted.turn >= stored.turn else earlier.value
    if posted.based_on != stored.revision:
        if value is not None and is_stale(earlier, value):
            raise AnsweredElsewhere(question, stored, earlier, value)
        # An old page with nothing in its field has nothing to say against what is there.
        return earlier.value if value is None else value
    if not posted.join or value is None:
        return value
    try:
        return joined(question, earlier.value, value)
    except Unreadable as problem:
        raise AnsweredElsewhere(question, stored, earlier, value, str(problem)) from problem


def _written(
    db: Session,
    client: Client,
    answering: Answering,
    link_id: str,
    reply: Reply,
    posted: Posted,
    now: datetime,
) -> Answer:
    intake, answer = answering.intake, answering.answers.get(link_id)
    value = packed(reply.value)
    place = answer_place(intake.reference, link_id)
    sealed = None if value is None else seal(db, client.data_key, value, of=place)
    if answer is None:
        # Above whatever an answer to this question had that moving to a newer version has taken away.
        answer = Answer(intake_id=intake.id, link_id=link_id, revision=intake.version)
        db.add(answer)
    else:
        answer.revision += 1
    answer.state, answer.sealed_value = reply.state, sealed
    answer.saved_at, answer.page, answer.turn = now, posted.page, posted.turn
    touch(intake, now=now)
    return answer


def _keep_name(db: Session, client: Client, question: Question, reply: Reply) -> None:
    if isinstance(question, ShortText) and question.name_to_use and isinstance(reply.given, str):
        keep_name(db, client, reply.given)
