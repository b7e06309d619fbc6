"""Reading what intake has stored. What is sealed is opened here, for the person it is looked up for."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Client
from portal.entities import Whole
from portal.errors import NotFound, Refused
from portal.intake.models import Answer, EarlierAnswer, GivenVersion, Intake, QuestionnaireVersion
from portal.intake.path import Path, passed_by, progress
from portal.intake.path import Progress as Progress
from portal.intake.questionnaire import (
    Addition,
    Item,
    Question,
    Questionnaire,
    Section,
    parsed,
    with_addition,
)
from portal.intake.replies import AnswerState, Reply, unpacked
from portal.statements import Prepared, rows
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import unseal


class NotBegun(Refused):
    """The client has not begun to answer."""


class AlreadySent(Refused):
    """The client's answers were sent, and stay as they are."""


@dataclass(frozen=True, kw_only=True)
class Answering:
    """A client's intake as it stands: its questions, and what was said so far."""

    intake: Intake
    # The version's number and hash.
    number: int
    definition_hash: str
    # The version that somebody who begins today is given; None where nobody is given any.
    given_id: int | None
    path: Path
    answers: Mapping[str, Answer]

    @property
    def asked_on(self) -> str:
        """What a page says of the version that it was drawn from."""
        return self.definition_hash[:16]

    @property
    def parts(self) -> dict[str, AnswerState]:
        """The sections that were passed by as a whole, each with the way round it."""
        return parts_in(self.intake.passed_parts)

    def question(self, link_id: str) -> Question:
        """Raises NotFound, for what nobody can answer too."""
        item = self.item(link_id)
        if item.kind == "note" or item.read_only:
            raise NotFound
        return item

    def item(self, link_id: str) -> Item:
        """Raises NotFound, for what has no page too."""
        stop = self.stop(link_id)
        if isinstance(stop, Section):
            raise NotFound
        return stop

    def stop(self, link_id: str) -> Item | Section:
        """What has this address: an item, or a section all on one page. Raises NotFound."""
        questionnaire = self.path.questionnaire
        part = questionnaire.by_link_id.get(link_id)
        if part is None or link_id in questionnaire.out_of_sight:
            raise NotFound
        if isinstance(part, Section) and questionnaire.page_of.get(link_id) != link_id:
            raise NotFound
        return part

    def leads_to(self, stop: Item | Section) -> bool:
        """Whether a client comes there by what they have said so far."""
        if isinstance(stop, Section):
            return bool(self.path.within(stop))
        return stop.link_id in self.path or isinstance(stop, Addition)

    @property
    def parts_passed_by(self) -> list[tuple[Section, AnswerState]]:
        """The open sections that were passed by as a whole, in their order.

        One of which every question was answered after all is passed by no more.
        """
        return [
            (part, self.parts[part.link_id])
            for part in self.path.parts
            if isinstance(part, Section) and part.link_id in self.parts and self._has_gaps(part)
        ]

    def _has_gaps(self, section: Section) -> bool:
        replies = self.path.replies
        asked = self.path.asked_in(section)
        return any((reply := replies.get(each.link_id)) is None or reply.given is None for each in asked)

    def part(self, link_id: str) -> Section:
        """A section that a note stands before, and that can be passed by as a whole. Raises NotFound."""
        part = self.path.questionnaire.by_link_id.get(link_id)
        if not isinstance(part, Section) or link_id not in self.path.questionnaire.announced:
            raise NotFound
        return part


@dataclass(frozen=True, kw_only=True)
class Newer:
    """A version that is newer than the one a client answers."""

    version_id: int
    definition_hash: str
    questionnaire: Questionnaire


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How much is asked of who chooses this."""

    more: bool
    questions: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What a client is told before and between: which questions these are, and how far they have come."""

    # None where they have begun none, and none is given.
    questionnaire: Questionnaire | None
    path: Path | None
    progress: Progress
    # Whether what was sent is being corrected, and the correction is not sent yet.
    is_amending: bool = False
    # Whether there is a newer version of the questions than the one they began.
    has_newer: bool = False

    @property
    def minutes(self) -> int:
        """About how long the client's choice takes."""
        if self.questionnaire is None or self.path is None:
            return 0
        return self.questionnaire.minutes_for(more=self.path.more)

    @property
    def depths(self) -> list[Depth]:
        """What there is to choose from before beginning: the short form, and more."""
        if self.questionnaire is None or self.path is None:
            return []
        return [
            Depth(
                more=more,
                questions=Path(self.questionnaire, self.path.replies, more).total,
                minutes=self.questionnaire.minutes_for(more=more),
            )
            for more in (False, True)
        ]


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What a client said to a question as an older version asked it."""

    link_id: str
    text: str
    shown: list[str]
    # As it would be typed.
    typed: list[str]


_Given, _Own = aliased(QuestionnaireVersion), aliased(QuestionnaireVersion)
_Any, _Amended = aliased(Intake), aliased(Intake)
_GIVEN = select(GivenVersion.version_id).order_by(GivenVersion.id.desc()).limit(1)
_GIVEN_ID = _GIVEN.scalar_subquery()
_INTAKE, _ANSWER = Whole(Intake), Whole(Answer)
_NEWEST = (
    select(*_INTAKE.columns, QuestionnaireVersion.number, QuestionnaireVersion.definition_hash, _GIVEN_ID)
    .join(QuestionnaireVersion, QuestionnaireVersion.id == Intake.version_id)
    .where(Intake.client_id == bindparam("client_id"), Intake.dropped_at.is_(None))
    .order_by(Intake.id.desc())
    .limit(1)
)
_LATEST_TO_CHANGE = Prepared(_NEWEST.with_for_update(of=Intake))
_LATEST = Prepared(_NEWEST)
# By itself and not joined to the intake: PostgreSQL, having waited for the intake's lock, would bring the
# answers as they were before it.
_ANSWERS = Prepared(select(*_ANSWER.columns).where(Answer.intake_id == bindparam("intake_id")))

_LATEST_ID = (
    select(func.max(_Any.id))
    .where(_Any.client_id == bindparam("client_id"), _Any.dropped_at.is_(None))
    .scalar_subquery()
)
_GIVEN_ONE = select(_Given.id, _Given.definition_hash).where(_Given.id == _GIVEN_ID)
_OVERVIEW = Prepared(
    select(
        _Given.id,
        _Given.definition_hash,
        _Own.id,
        _Own.definition_hash,
        Intake.reference,
        Intake.says_more,
        Intake.passed_parts,
        Intake.saved_at,
        Intake.sent_at,
        _Amended.sent_at,
        Answer.link_id,
        Answer.state,
        Answer.sealed_value,
    )
    .select_from(Client)
    .outerjoin(_Given, _Given.id == _GIVEN_ID)
    .outerjoin(Intake, Intake.id == _LATEST_ID)
    .outerjoin(_Own, _Own.id == Intake.version_id)
    .outerjoin(_Amended, _Amended.id == Intake.amends_id)
    .outerjoin(Answer, Answer.intake_id == Intake.id)
    .where(Client.id == bindparam("client_id"))
)

# By their hash, without and with room for own words: what is in here can never be another's or out of date.
_MOST_DEFINITIONS = 32
_definitions: dict[tuple[str, bool], Questionnaire] = {}
# By which object they are of: to compare two whole questionnaires would cost more than it spares.
_untouched_paths: dict[int, Path] = {}


def answering_of(db: Session, client: Client, *, to_change: bool = False) -> Answering:
    """The client's intake, open for answering; in two queries. Raises NotBegun, AlreadySent.

    `to_change` keeps others from changing it until the transaction ends.
    """
    answering = latest_of(db, client, to_change=to_change)
    if answering.intake.sent_at is not None:
        raise AlreadySent
    return answering


def latest_of(db: Session, client: Client, *, to_change: bool = False) -> Answering:
    """The client's intake, sent or not. Raises NotBegun."""
    # Whoever has just begun may not be written down yet.
    db.flush()
    found = (_LATEST_TO_CHANGE if to_change else _LATEST).rows(db, {"client_id": client.id})
    if not found:
        raise NotBegun
    *values, number, definition_hash, given_id = found[0]
    intake = _INTAKE.of(db, values, anew=to_change)
    assert intake is not None
    every = (_ANSWER.of(db, row, anew=True) for row in _ANSWERS.rows(db, {"intake_id": intake.id}))
    answers = {each.link_id: each for each in every if each is not None}
    replies = {
        link_id: _opened(db, client, intake.reference, link_id, each.state, each.sealed_value)
        for link_id, each in answers.items()
    }
    questionnaire = definition_of(
        db, intake.version_id, definition_hash, with_room=intake.amends_id is not None
    )
    whole = passed_by(questionnaire, replies, parts_in(intake.passed_parts))
    return Answering(
        intake=intake,
        number=number,
        definition_hash=definition_hash,
        given_id=given_id,
        path=Path(questionnaire, whole, intake.says_more),
        answers=answers,
    )


def overview_of(db: Session, client: Client) -> Overview:
    """Which questions, and how far the client has come; in one query."""
    found = _OVERVIEW.rows(db, {"client_id": client.id})
    given_id, given_hash, own_id, own_hash, reference = found[0][:5]
    says_more, parts, saved_at, sent_at, amended_at = found[0][5:10]
    begun = own_id is not None
    if not begun and given_id is None:
        return Overview(questionnaire=None, path=None, progress=Progress())
    questionnaire = definition_of(db, *((own_id, own_hash) if begun else (given_id, given_hash)))
    replies: dict[str, Reply] = {}
    for *_, link_id, state, sealed in found:
        if link_id is not None:
            # A value that decides nothing stays closed.
            wanted = sealed if link_id in questionnaire.decisive else None
            with contextlib.suppress(CannotBeOpened):
                replies[link_id] = _opened(db, client, reference, link_id, state, wanted)
    if replies or parts or says_more:
        path = Path(questionnaire, passed_by(questionnaire, replies, parts_in(parts)), bool(says_more))
    else:
        path = _untouched(questionnaire)
    newer = begun and given_id is not None and given_id > own_id
    return Overview(
        questionnaire=questionnaire,
        path=path,
        progress=progress(path, begun=begun, saved_at=saved_at, sent_at=sent_at or amended_at),
        is_amending=amended_at is not None and sent_at is None,
        has_newer=newer and definition_of(db, given_id, given_hash).name == questionnaire.name,
    )


def given_questionnaire(db: Session) -> Questionnaire | None:
    """What somebody who begins today is asked; None where nobody is asked anything."""
    row = next(iter(rows(db, _GIVEN_ONE, {})), None)
    return None if row is None else definition_of(db, *row)


def given_version_id(db: Session) -> int | None:
    """The version that somebody who begins today is given."""
    return db.scalar(_GIVEN)


def newer_version(db: Session, answering: Answering) -> Newer | None:
    """The version of these questions that is given now, if newer than the client's own; mostly no query."""
    if answering.given_id is None or answering.given_id <= answering.intake.version_id:
        return None
    version = db.get_one(QuestionnaireVersion, answering.given_id)
    if version.name != answering.path.questionnaire.name:
        return None
    amending = answering.intake.amends_id is not None
    return Newer(
        version_id=version.id,
        definition_hash=version.definition_hash,
        questionnaire=definition_of(db, version.id, version.definition_hash, with_room=amending),
    )


def earlier_answers(db: Session, client: Client, intake: Intake) -> list[Earlier]:
    """What was said to questions of older versions and did not come along, by their names.

    Nothing is asked of the database for who never moved to a newer version.
    """
    if intake.moved_at is None:
        return []
    found = db.scalars(
        select(EarlierAnswer)
        .where(EarlierAnswer.intake_id == intake.id)
        .order_by(EarlierAnswer.link_id, EarlierAnswer.version_id.desc())
    )
    return [
        Earlier(link_id=each.link_id, **json.loads(earlier_words(db, client, intake, each))) for each in found
    ]


def earlier_words(db: Session, client: Client, intake: Intake, answer: EarlierAnswer) -> str:
    """Wording and answer of one of them, as JSON."""
    place = earlier_place(intake.reference, answer.link_id, answer.version_id)
    return unseal(db, client.data_key, answer.sealed_words, of=place)


def version_called(db: Session, name: str, number: int | None) -> QuestionnaireVersion:
    """A version as it was published; without a number the latest of its name. Raises NotFound."""
    chosen = select(QuestionnaireVersion).where(QuestionnaireVersion.name == name)
    if number is not None:
        chosen = chosen.where(QuestionnaireVersion.number == number)
    version = db.scalar(chosen.order_by(QuestionnaireVersion.number.desc()).limit(1))
    if version is None:
        raise NotFound
    return version


def definition_of(
    db: Session, version_id: int, definition_hash: str, *, with_room: bool = False
) -> Questionnaire:
    """The questions of a version; with room for the client's own words, where they amend what they sent.

    Asks the database once in a process's life.
    """
    found = _definitions.get((definition_hash, with_room))
    if found is None:
        definition = db.get_one(QuestionnaireVersion, version_id).definition
        found = _remembered(definition_hash, definition, with_room=with_room)
    return found


def _untouched(questionnaire: Questionnaire) -> Path:
    """The way of everybody who has not said anything yet."""
    path = _untouched_paths.get(id(questionnaire))
    if path is None or path.questionnaire is not questionnaire:
        if len(_untouched_paths) >= _MOST_DEFINITIONS:
            _untouched_paths.clear()
        path = _untouched_paths[id(questionnaire)] = Path(questionnaire, {})
    return path


def _remembered(definition_hash: str, definition: str, *, with_room: bool = False) -> Questionnaire:
    known = definition_hash, with_room
    if known not in _definitions:
        if len(_definitions) >= _MOST_DEFINITIONS:
            _definitions.clear()
        _definitions[known] = with_addition(parsed(definition)) if with_room else parsed(definition)
    return _definitions[known]


def definitions_called(db: Session, name: str) -> dict[int, Questionnaire]:
    """All versions of this name by their numbers, the oldest first; in one query."""
    found = db.execute(
        select(
            QuestionnaireVersion.number, QuestionnaireVersion.definition_hash, QuestionnaireVersion.definition
        )
        .where(QuestionnaireVersion.name == name)
        .order_by(QuestionnaireVersion.number)
    )
    return {number: _remembered(known, definition) for number, known, definition in found}


def answer_place(intake_reference: str, link_id: str) -> str:
    """What the vault calls the place where an answer's value lies."""
    return f"answer.value:{intake_reference}:{link_id}"


def earlier_place(intake_reference: str, link_id: str, version_id: int) -> str:
    """What the vault calls the place where an answer to an older question lies."""
    return f"earlier_answer.words:{intake_reference}:{link_id}:{version_id}"


def parts_in(passed_parts: str | None) -> dict[str, AnswerState]:
    """The sections in this column, each with the state of what was not touched in it."""
    if not passed_parts:
        return {}
    return {section: AnswerState(state) for section, state in json.loads(passed_parts).items()}


def _opened(
    db: Session, client: Client, intake_reference: str, link_id: str, state: AnswerState, sealed: bytes | None
) -> Reply:
    value = None
    if sealed is not None:
        value = unpacked(unseal(db, client.data_key, sealed, of=answer_place(intake_reference, link_id)))
    return Reply(state, value)
