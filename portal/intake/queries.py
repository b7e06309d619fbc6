"""Reading what intake has stored. What is sealed is opened here, for the person it is looked up for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from portal.accounts.models import Client, Therapist
from portal.database import rows
from portal.errors import NotFound, Refused
from portal.intake.models import Answer, Intake, Lamp, QuestionnaireVersion
from portal.intake.path import Path, progress
from portal.intake.path import Progress as Progress
from portal.intake.questionnaire import Item, Question, Questionnaire, parsed
from portal.intake.replies import AnswerState, Reply, unpacked
from portal.intake.scoring import Score
from portal.intake.sent_copy import Row, scores_in, thawed
from portal.vault.keyring import CannotBeOpened
from portal.vault.models import DataKey
from portal.vault.words import CANNOT_BE_OPENED, unseal


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
    path: Path
    answers: Mapping[str, Answer]

    def question(self, link_id: str) -> Question:
        """Raises NotFound, for what nobody can answer too."""
        item = self.item(link_id)
        if item.kind == "note" or item.read_only:
            raise NotFound
        return item

    def item(self, link_id: str) -> Item:
        """Raises NotFound, for what has no page too."""
        item = self.path.questionnaire.by_link_id.get(link_id)
        if item is None or item.kind == "section" or link_id in self.path.questionnaire.out_of_sight:
            raise NotFound
        return item


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What a client is told before and between: which questions these are, and how far they have come."""

    # None where nothing was published yet.
    questionnaire: Questionnaire | None
    path: Path | None
    progress: Progress


@dataclass(frozen=True, kw_only=True)
class SentIntake:
    """What was sent, as it was sent, for both sides to read."""

    reference: str
    sent_at: datetime
    rows: list[Row]
    # For the therapist alone, unless they release it (W6).
    scores: list[Score]


@dataclass(frozen=True, kw_only=True)
class SentAnswers:
    """What was sent with all that is needed to take it elsewhere."""

    reference: str
    client: Client
    # The sealed copy, opened: JSON.
    copy: str
    questionnaire: Questionnaire


_LATEST = (
    select(Intake, QuestionnaireVersion.number, QuestionnaireVersion.definition_hash)
    .join(QuestionnaireVersion, QuestionnaireVersion.id == Intake.version_id)
    .where(Intake.client_id == bindparam("client_id"))
    .order_by(Intake.id.desc())
    .limit(1)
)
_LATEST_TO_CHANGE = _LATEST.with_for_update(of=Intake).execution_options(populate_existing=True)
# By itself and not joined to the intake: PostgreSQL, having waited for the intake's lock, would bring the
# answers as they were before it.
_ANSWERS = (
    select(Answer).where(Answer.intake_id == bindparam("intake_id")).execution_options(populate_existing=True)
)

_Newest, _Own, _Any = aliased(QuestionnaireVersion), aliased(QuestionnaireVersion), aliased(Intake)
_NEWEST_ID = select(func.max(QuestionnaireVersion.id)).scalar_subquery()
_LATEST_ID = select(func.max(_Any.id)).where(_Any.client_id == bindparam("client_id")).scalar_subquery()
_NEWEST = select(_Newest.id, _Newest.definition_hash).where(_Newest.id == _NEWEST_ID)
_OVERVIEW = (
    select(
        _Newest.id,
        _Newest.definition_hash,
        Intake.reference,
        Intake.saved_at,
        Intake.sent_at,
        _Own.id,
        _Own.definition_hash,
        Answer.link_id,
        Answer.state,
        Answer.sealed_value,
    )
    .select_from(_Newest)
    .outerjoin(Intake, Intake.id == _LATEST_ID)
    .outerjoin(_Own, _Own.id == Intake.version_id)
    .outerjoin(Answer, Answer.intake_id == Intake.id)
    .where(_Newest.id == _NEWEST_ID)
)

# In place of what was sent, where it is sealed under a key that is not here.
_LOCKED = Row(link_id="", text="What was sent", state="locked", shown=[CANNOT_BE_OPENED])
# Definitions by their hash: what is in here can never be another's or out of date.
_MOST_DEFINITIONS = 32
_definitions: dict[str, Questionnaire] = {}


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
    row = db.execute(_LATEST_TO_CHANGE if to_change else _LATEST, {"client_id": client.id}).first()
    if row is None:
        raise NotBegun
    intake, number, definition_hash = row
    answers = {each.link_id: each for each in db.scalars(_ANSWERS, {"intake_id": intake.id})}
    replies = {
        link_id: _opened(db, client, intake.reference, link_id, each.state, each.sealed_value)
        for link_id, each in answers.items()
    }
    return Answering(
        intake=intake,
        number=number,
        definition_hash=definition_hash,
        path=Path(definition_of(db, intake.version_id, definition_hash), replies),
        answers=answers,
    )


def overview_of(db: Session, client: Client) -> Overview:
    """Which questions, and how far the client has come; in one query."""
    found = rows(db, _OVERVIEW, {"client_id": client.id}).all()
    if not found:
        return Overview(questionnaire=None, path=None, progress=Progress())
    newest_id, newest_hash, reference, saved_at, sent_at, own_id, own_hash = found[0][:7]
    begun = own_id is not None
    questionnaire = definition_of(db, *((own_id, own_hash) if begun else (newest_id, newest_hash)))
    replies: dict[str, Reply] = {}
    for *_, link_id, state, sealed in found:
        if link_id is not None:
            # A value that decides nothing stays closed.
            wanted = sealed if link_id in questionnaire.decisive else None
            with contextlib.suppress(CannotBeOpened):
                replies[link_id] = _opened(db, client, reference, link_id, state, wanted)
    path = Path(questionnaire, replies)
    return Overview(
        questionnaire=questionnaire,
        path=path,
        progress=progress(path, begun=begun, saved_at=saved_at, sent_at=sent_at),
    )


def newest_questionnaire(db: Session) -> Questionnaire | None:
    """What somebody who begins today is asked; None where nothing was published yet."""
    row = rows(db, _NEWEST, {}).first()
    return None if row is None else definition_of(db, *row)


def sent_intake_of(db: Session, client: Client) -> SentIntake | None:
    """What the client sent last, from its own row alone; their data key has to be loaded."""
    intake = db.scalar(
        select(Intake)
        .where(Intake.client_id == client.id, Intake.sent_at.is_not(None))
        .order_by(Intake.id.desc())
        .limit(1)
    )
    if intake is None or intake.sent_at is None or intake.sealed_copy is None:
        return None
    try:
        copy = unseal(db, client.data_key, intake.sealed_copy, of=copy_place(intake))
    except CannotBeOpened:
        return SentIntake(reference=intake.reference, sent_at=intake.sent_at, rows=[_LOCKED], scores=[])
    return SentIntake(
        reference=intake.reference, sent_at=intake.sent_at, rows=thawed(copy), scores=scores_in(copy)
    )


def sent_answers(db: Session, reference: str) -> SentAnswers:
    """What was sent last under this reference, the intake's or its client's. Raises NotFound.

    For the operator, who is nobody's therapist: who may ask is settled by who may open a terminal.
    """
    row = db.execute(
        select(Intake, Client, QuestionnaireVersion)
        .join(Client, Client.id == Intake.client_id)
        .join(DataKey, DataKey.id == Client.data_key_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Intake.version_id)
        .where(or_(Intake.reference == reference, Client.reference == reference))
        .where(Intake.sealed_copy.is_not(None))
        .order_by(Intake.id.desc())
        .limit(1)
        .options(contains_eager(Client.data_key))
    ).first()
    if row is None or row[0].sealed_copy is None:
        raise NotFound
    intake, client, version = row
    sealed: bytes = row[0].sealed_copy
    return SentAnswers(
        reference=intake.reference,
        client=client,
        copy=unseal(db, client.data_key, sealed, of=copy_place(intake)),
        questionnaire=parsed(version.definition),
    )


def version_called(db: Session, name: str, number: int | None) -> Questionnaire:
    """A version as it was published; without a number the latest of its name. Raises NotFound."""
    chosen = select(QuestionnaireVersion).where(QuestionnaireVersion.name == name)
    if number is not None:
        chosen = chosen.where(QuestionnaireVersion.number == number)
    version = db.scalar(chosen.order_by(QuestionnaireVersion.number.desc()).limit(1))
    if version is None:
        raise NotFound
    return parsed(version.definition)


def lamps_of(db: Session, client: Client) -> Sequence[Lamp]:
    """The client's lamps, seen and unseen, the latest first."""
    return db.scalars(
        select(Lamp).where(Lamp.client_id == client.id).order_by(Lamp.lit_at.desc(), Lamp.id.desc())
    ).all()


def lamps_lit_for(db: Session, therapist: Therapist) -> Sequence[tuple[Lamp, Client]]:
    """The unseen lamps of this therapist's clients, the oldest first, each client with their data key."""
    lit = db.execute(
        select(Lamp, Client)
        .join(Client, Client.id == Lamp.client_id)
        .join(DataKey, DataKey.id == Client.data_key_id)
        .where(Client.therapist_id == therapist.id, Lamp.seen_at.is_(None))
        .order_by(Lamp.lit_at, Lamp.id)
        .options(contains_eager(Client.data_key))
    )
    return [(lamp, client) for lamp, client in lit]


def what_lit(db: Session, lamps: Iterable[Lamp]) -> list[str]:
    """The questions, in their own words, whose answers lit these lamps; one query, or none without a lamp."""
    lit = {(lamp.intake_id, lamp.link_id): None for lamp in lamps}
    if not lit:
        return []
    versions = db.execute(
        select(Intake.id, QuestionnaireVersion.id, QuestionnaireVersion.definition_hash)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Intake.version_id)
        .where(Intake.id.in_({intake_id for intake_id, _ in lit}))
    )
    asked = {
        intake_id: definition_of(db, version_id, definition_hash).by_link_id
        for intake_id, version_id, definition_hash in versions
    }
    return [asked[intake_id][link_id].text for intake_id, link_id in lit]


def definition_of(db: Session, version_id: int, definition_hash: str) -> Questionnaire:
    """The questions of a version. Asks the database once in a process's life."""
    found = _definitions.get(definition_hash)
    if found is None:
        if len(_definitions) >= _MOST_DEFINITIONS:
            _definitions.clear()
        version = db.get_one(QuestionnaireVersion, version_id)
        found = _definitions[definition_hash] = parsed(version.definition)
    return found


def answer_place(intake_reference: str, link_id: str) -> str:
    """What the vault calls the place where an answer's value lies."""
    return f"answer.value:{intake_reference}:{link_id}"


def copy_place(intake: Intake) -> str:
    """What the vault calls the place where a sent copy lies."""
    return f"intake.copy:{intake.reference}"


def _opened(
    db: Session, client: Client, intake_reference: str, link_id: str, state: AnswerState, sealed: bytes | None
) -> Reply:
    value = None
    if sealed is not None:
        value = unpacked(unseal(db, client.data_key, sealed, of=answer_place(intake_reference, link_id)))
    return Reply(state, value)
