"""Keeping what was posted for one question: the only place where an answer of a client's is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from portal.accounts.models import Client
from portal.accounts.services import keep_name
from portal.errors import Overtaken, Refused
from portal.intake.lamps import follow_answer
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
    packed,
    reply_after,
)
from portal.statements import Prepared, insert_all
from portal.vault.words import seal

_NEW = insert(Answer)
_CHANGED = Prepared(
    update(Answer)
    .where(Answer.intake_id == bindparam("of_intake"), Answer.link_id == bindparam("of_question"))
    .values(
        {name: bindparam(name) for name in ("revision", "state", "sealed_value", "saved_at", "page", "turn")}
    )
)
_TOUCHED = Prepared(
    update(Intake)
    .where(Intake.id == bindparam("of_intake"), Intake.version == bindparam("seen"))
    .values(version=Intake.version + 1, saved_at=bindparam("saved_at"))
)


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


@dataclass
class Writing:
    """What has come of a page, to be written at once: past the session, which would take thrice as long."""

    db: Session
    client: Client
    # Open for changes.
    answering: Answering
    now: datetime
    _new: list[dict[str, Any]] = field(default_factory=list)
    _changed: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, link_id: str, posted: Posted) -> Reply | None:
        """Take in what was posted for a question; its lamp follows a changed answer (W5).

        The reply that stands then: none, if there was nothing to save. Raises NotFound for no such question,
        Unreadable, AnsweredElsewhere, AskedOtherwise.
        """
        answering = self.answering
        question = answering.question(link_id)
        if posted.asked_on and posted.asked_on != answering.asked_on:
            raise AskedOtherwise
        earlier = answering.path.replies.get(link_id)
        reply = _reply(question, posted, answering.answers.get(link_id), earlier)
        if reply is None or reply == earlier:
            return reply
        self._take(link_id, reply, posted)
        _keep_name(self.db, self.client, question, reply)
        follow_answer(self.db, self.client, answering, question, reply, now=self.now)
        return reply

    def write(self) -> None:
        """Raises Overtaken, if somebody else has changed the intake all the same."""
        if not (self._new or self._changed):
            return
        if self._new:
            insert_all(self.db, _NEW, self._new)
        if self._changed:
            _CHANGED.carry_out(self.db, self._changed)
        intake = self.answering.intake
        seen = {"of_intake": intake.id, "seen": intake.version, "saved_at": self.now}
        if _TOUCHED.carry_out(self.db, [seen]) != 1:
            raise Overtaken
        set_committed_value(intake, "version", intake.version + 1)
        set_committed_value(intake, "saved_at", self.now)

    def _take(self, link_id: str, reply: Reply, posted: Posted) -> None:
        intake, answer = self.answering.intake, self.answering.answers.get(link_id)
        value, place = packed(reply.value), answer_place(intake.reference, link_id)
        said = {
            # A new one begins above whatever an answer had that moving to a newer version took away.
            "revision": answer.revision + 1 if answer else intake.version,
            "state": reply.state,
            "sealed_value": value and seal(self.db, self.client.data_key, value, of=place),
            "saved_at": self.now,
            "page": posted.page,
            "turn": posted.turn,
        }
        if answer is None:
            self._new.append({"intake_id": intake.id, "link_id": link_id} | said)
        else:
            self._changed.append({"of_intake": intake.id, "of_question": link_id} | said)


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


def _keep_name(db: Session, client: Client, question: Question, reply: Reply) -> None:
    if isinstance(question, ShortText) and question.name_to_use and isinstance(reply.given, str):
        keep_name(db, client, reply.given)
