"""What can be done with questionnaires and intakes. Each function does one thing; its caller commits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.errors import Refused
from portal.intake import emails
from portal.intake.giving import give
from portal.intake.models import Intake, QuestionnaireVersion
from portal.intake.path import Path
from portal.intake.queries import NotBegun, answering_of, given_version_id, latest_of
from portal.intake.questionnaire import Question, Questionnaire, canonical, digest, parsed
from portal.intake.replies import Posted, Reply, Unreadable
from portal.intake.saving import AnsweredElsewhere as AnsweredElsewhere
from portal.intake.saving import Writing, set_depth
from portal.intake.sent import amended_copy, copy_place
from portal.intake.sent_copy import amended, frozen, rows_of
from portal.jobs.queue import enqueue
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.vault.words import seal

# What is to be done elsewhere once a client has sent their answers; about the client's reference.
INTAKE_SENT = "intake-sent"

_SHIPPED = FilePath(__file__).parent / "content" / "first-questions.json"


class NothingPublished(Refused):
    """Nobody is given a questionnaire to answer."""


class AnswerMissing(Refused):
    """Nothing can be sent without an answer to this question."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.link_id)
        self.question = question


class ChangedSinceSeen(Refused):
    """What would be sent is not what the client was shown."""


class NothingChanged(Refused):
    """An amendment that says nothing other than what was sent already."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The intake once an answer was saved."""

    intake: Intake
    path: Path
    question: Question

    @property
    def reply(self) -> Reply | None:
        return self.path.replies.get(self.question.link_id)


@dataclass(frozen=True, kw_only=True)
class SavedPage:
    """How the questions stand once what a page of several sent was kept, as far as it could be."""

    path: Path
    # What is wrong with what was typed, for the client, by question.
    unreadable: dict[str, str]
    clashes: list[AnsweredElsewhere]


def publish(
    db: Session,
    questionnaire: Questionnaire,
    *,
    now: datetime,
    given: bool = True,
    by: Therapist | None = None,
) -> QuestionnaireVersion:
    """Freeze this definition as the next version of its name. A definition is never published twice.

    `given`: who begins from now on answers this version; what was published before is not given anew. `by` is
    nobody at a terminal.
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
        if given:
            give(db, version, by=by, now=now)
        subject = f"{version.name}/{version.number}"
        note(db, What.QUESTIONNAIRE_PUBLISHED, by=by or Hand.OPERATOR, subject=subject)
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


def begin_intake(db: Session, client: Client, *, now: datetime, more: bool = False) -> Intake:
    """The intake that the client has, else one on the version that is given now. Raises NothingPublished.

    `more` asks of a new one more than the short form.
    """
    # Two tabs that begin at once wait here for one another, and the second finds the first one's intake.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    try:
        return latest_of(db, client).intake
    except NotBegun:
        pass
    version_id = given_version_id(db)
    if version_id is None:
        raise NothingPublished
    intake = Intake(client_id=client.id, version_id=version_id, says_more=more, begun_at=now, saved_at=now)
    db.add(intake)
    db.flush()
    return intake


def save_answer(
    db: Session, client: Client, link_id: str, posted: Posted, *, now: datetime, more: bool | None = None
) -> Saved:
    """Keep what was posted for one question; with `more`, the depth too that was chosen on its page.

    Raises NotBegun, AlreadySent, and what Writing.keep does. An answer to a question that is hidden meanwhile
    is kept as well: it returns if the question does (W4).
    """
    answering = answering_of(db, client, to_change=True)
    writing = Writing(db, client, answering, now)
    reply = writing.keep(link_id, posted)
    writing.write()
    replies = dict(answering.path.replies) | ({link_id: reply} if reply is not None else {})
    if more is not None:
        set_depth(answering.intake, more=more, now=now)
    return Saved(
        intake=answering.intake,
        path=replace(answering.path, replies=replies, more=answering.intake.says_more),
        question=answering.question(link_id),
    )


def save_page(
    db: Session, client: Client, posted: Mapping[str, Posted], *, now: datetime, more: bool | None = None
) -> SavedPage:
    """Keep what was posted for each of these questions that can be kept; say of the others why not.

    With `more`, the depth too that was chosen on their page.
    Raises NotBegun, AlreadySent, AskedOtherwise, NotFound.
    """
    answering = answering_of(db, client, to_change=True)
    writing, replies = Writing(db, client, answering, now), dict(answering.path.replies)
    unreadable: dict[str, str] = {}
    clashes: list[AnsweredElsewhere] = []
    for link_id, each in posted.items():
        try:
            reply = writing.keep(link_id, each)
        except Unreadable as problem:
            unreadable[link_id] = str(problem)
        except AnsweredElsewhere as clash:
            clashes.append(clash)
        else:
            replies |= {link_id: reply} if reply is not None else {}
    writing.write()
    if more is not None:
        set_depth(answering.intake, more=more, now=now)
    path = replace(answering.path, replies=replies, more=answering.intake.says_more)
    return SavedPage(path=path, unreadable=unreadable, clashes=clashes)


def send_intake(db: Session, client: Client, *, seen: int, now: datetime) -> Intake:
    """Freeze what the client was shown, and tell the therapist; sending again changes nothing (W2).

    `seen` is the version of the intake that the client looked at. Raises NotBegun, AnswerMissing,
    ChangedSinceSeen, and NothingChanged for an amendment that does not amend.
    """
    answering = latest_of(db, client, to_change=True)
    intake = answering.intake
    if intake.sent_at is not None:
        return intake
    if answering.path.missing is not None:
        raise AnswerMissing(answering.path.missing)
    if intake.version != seen:
        raise ChangedSinceSeen
    before = amended_copy(db, client, intake)
    if before is not None and amended(rows_of(answering.path), before.rows).changes_nothing:
        raise NothingChanged
    copy = frozen(
        answering.path,
        name=answering.path.questionnaire.name,
        number=answering.number,
        definition_hash=answering.definition_hash,
        sent_at=now,
        before=before,
    )
    intake.sealed_copy = seal(db, client.data_key, copy, of=copy_place(intake))
    intake.sent_at = now
    emails.tell_of_answers(db, client, now=now)
    if before is None:
        enqueue(db, INTAKE_SENT, subject=client.reference, due_at=now)
    what = What.ANSWERS_SENT if before is None else What.ANSWERS_AMENDED
    note(db, what, by=client, about=client.reference, subject=intake.reference)
    return intake


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
