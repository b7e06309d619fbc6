"""What can be done with questionnaires and intakes. Each function does one thing; its caller commits it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Client
from portal.accounts.services import keep_name
from portal.errors import Refused
from portal.intake import emails
from portal.intake.models import Answer, Intake, Lamp, QuestionnaireVersion
from portal.intake.path import Path, needed
from portal.intake.queries import (
    Answering,
    NotBegun,
    answer_place,
    answering_of,
    copy_place,
    latest_of,
)
from portal.intake.questionnaire import Question, Questionnaire, ShortText, Value, canonical, digest, parsed
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
from portal.intake.sent_copy import frozen
from portal.jobs.queue import enqueue
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.vault.words import seal

# What is to be done elsewhere once a client has sent their answers; about the client's reference.
INTAKE_SENT = "intake-sent"

_SHIPPED = FilePath(__file__).parent / "content" / "first-questions.json"


class NothingPublished(Refused):
    """There is no questionnaire to answer."""


class AnsweredElsewhere(Refused):
    """The answer has been changed since the page was drawn, and differs from what the page sends."""

    def __init__(
        self, question: Question, answer: Answer, stored: Reply, value: Value, problem: str | None = None
    ) -> None:
        super().__init__(question.link_id)
        self.question, self.answer, self.stored, self.value = question, answer, stored, value
        # Why they cannot be joined, if that was tried; for the client.
        self.problem = problem


class AnswerMissing(Refused):
    """Nothing can be sent without an answer to this question."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.link_id)
        self.question = question


class ChangedSinceSeen(Refused):
    """What would be sent is not what the client was shown."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The intake once an answer was saved, and that answer: none if there was nothing to save."""

    intake: Intake
    path: Path
    question: Question
    answer: Answer | None

    @property
    def reply(self) -> Reply | None:
        return self.path.replies.get(self.question.link_id)


def publish(db: Session, questionnaire: Questionnaire, *, now: datetime) -> QuestionnaireVersion:
    """Freeze this definition as the next version of its name. A definition is never published twice.

    New intakes get whichever version was published last.
    """
    definition = canonical(questionnaire)
    definition_hash = digest(definition)
    for _ in range(2):
        known = _version(db, questionnaire.name, definition_hash)
        if known is not None:
            return known
        try:
            with db.begin_nested():
                version = _publish(db, questionnaire.name, definition, definition_hash, now)
        except IntegrityError:
            # Another process took the number; look again at what it published.
            continue
        note(db, What.QUESTIONNAIRE_PUBLISHED, by=Hand.OPERATOR, subject=f"{version.name}/{version.number}")
        return version
    raise Refused


def publish_shipped_questionnaire(db: Session, *, now: datetime) -> QuestionnaireVersion | None:
    """Give a practice without questions those that come with the portal; any other keeps its own."""
    if db.scalar(select(QuestionnaireVersion.id).limit(1)) is not None:
        return None
    return publish(db, shipped_questionnaire(), now=now)


def shipped_questionnaire() -> Questionnaire:
    """The questions that come with the portal, as a definition that nobody has published yet."""
    return parsed(_SHIPPED.read_bytes())


def begin_intake(db: Session, client: Client, *, now: datetime) -> Intake:
    """The intake that the client has, else a new one on the newest version. Raises NothingPublished."""
    # Two tabs that begin at once wait here for one another, and the second finds the first one's intake.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    try:
        return latest_of(db, client).intake
    except NotBegun:
        pass
    version_id = db.scalar(select(func.max(QuestionnaireVersion.id)))
    if version_id is None:
        raise NothingPublished
    intake = Intake(client_id=client.id, version_id=version_id, begun_at=now, saved_at=now)
    db.add(intake)
    db.flush()
    return intake


def save_answer(db: Session, client: Client, link_id: str, posted: Posted, *, now: datetime) -> Saved:
    """Keep what was posted, sealed; light the lamp if the answer does.

    Raises NotBegun, AlreadySent, NotFound for no such question, Unreadable, AnsweredElsewhere. An answer to a
    question that is hidden meanwhile is kept as well: it returns if the question does (W4).
    """
    answering = answering_of(db, client, to_change=True)
    question = answering.question(link_id)
    answer, replies = answering.answers.get(link_id), dict(answering.path.replies)
    reply = _reply(question, posted, answer, replies.get(link_id))
    changed = reply is not None and reply != replies.get(link_id)
    if reply is not None and changed:
        answer = _keep(db, client, answering, link_id, reply, posted, now)
        replies[link_id] = reply
        _keep_name(db, client, question, reply)
    if lights(question, reply):
        _light(db, client, answering.intake, link_id, changed=changed, now=now)
    path = Path(answering.path.questionnaire, replies)
    return Saved(intake=answering.intake, path=path, question=question, answer=answer)


def send_intake(db: Session, client: Client, *, seen: int, now: datetime) -> Intake:
    """Freeze what the client was shown, and tell the therapist; sending again changes nothing (W2).

    `seen` is the version of the intake that the client looked at. Raises NotBegun, AnswerMissing,
    ChangedSinceSeen.
    """
    answering = latest_of(db, client, to_change=True)
    intake = answering.intake
    if intake.sent_at is not None:
        return intake
    if answering.path.missing is not None:
        raise AnswerMissing(answering.path.missing)
    if intake.version != seen:
        raise ChangedSinceSeen
    copy = frozen(
        answering.path,
        name=answering.path.questionnaire.name,
        number=answering.number,
        definition_hash=answering.definition_hash,
        sent_at=now,
    )
    intake.sealed_copy = seal(db, client.data_key, copy, of=copy_place(intake))
    intake.sent_at = now
    emails.tell_of_answers(db, client, now=now)
    enqueue(db, INTAKE_SENT, subject=client.reference, due_at=now)
    note(db, What.ANSWERS_SENT, by=client, about=client.reference, subject=intake.reference)
    return intake


def see_lamps(db: Session, client: Client, *, now: datetime) -> None:
    """The therapist has seen this client's lamps; one that was seen before keeps its time."""
    note(db, What.LAMPS_SEEN, by=client.therapist or Hand.THERAPIST, about=client.reference)
    db.execute(
        update(Lamp)
        .where(Lamp.client_id == client.id, Lamp.seen_at.is_(None))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def _version(db: Session, name: str, definition_hash: str) -> QuestionnaireVersion | None:
    return db.scalar(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.name == name, QuestionnaireVersion.definition_hash == definition_hash
        )
    )


def _publish(
    db: Session, name: str, definition: str, definition_hash: str, now: datetime
) -> QuestionnaireVersion:
    last = db.scalar(select(func.max(QuestionnaireVersion.number)).where(QuestionnaireVersion.name == name))
    version = QuestionnaireVersion(
        name=name,
        number=(last or 0) + 1,
        definition=definition,
        definition_hash=definition_hash,
        published_at=now,
    )
    db.add(version)
    db.flush()
    return version


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


def _keep(
    db: Session,
    client: Client,
    answering: Answering,
    link_id: str,
    reply: Reply,
    posted: Posted,
    now: datetime,
) -> Answer:
    intake, answer = answering.intake, answering.answers.get(link_id)
    if answer is None:
        answer = Answer(intake_id=intake.id, link_id=link_id, revision=0)
        db.add(answer)
    value = packed(reply.value)
    answer.state = reply.state
    answer.sealed_value = (
        None
        if value is None
        else seal(db, client.data_key, value, of=answer_place(intake.reference, link_id))
    )
    answer.saved_at, answer.page, answer.turn = now, posted.page, posted.turn
    answer.revision += 1
    intake.saved_at = now
    # Its version has to change, even within one tick of the clock: a page that shows it all is out of date.
    flag_modified(intake, "saved_at")
    return answer


def _keep_name(db: Session, client: Client, question: Question, reply: Reply) -> None:
    if isinstance(question, ShortText) and question.name_to_use and isinstance(reply.given, str):
        keep_name(db, client, reply.given)


def _light(
    db: Session, client: Client, intake: Intake, link_id: str, *, changed: bool, now: datetime
) -> None:
    """Once for a question, until the therapist has seen it; another answer after that lights it anew (W5)."""
    lamp = db.scalar(
        select(Lamp)
        .where(Lamp.intake_id == intake.id, Lamp.link_id == link_id)
        .execution_options(populate_existing=True)
    )
    if lamp is None:
        db.add(Lamp(client_id=client.id, intake_id=intake.id, link_id=link_id, lit_at=now))
    elif lamp.seen_at is not None and changed:
        lamp.lit_at, lamp.seen_at = now, None
    else:
        return
    emails.tell_of_lamp(db, client, now=now)
