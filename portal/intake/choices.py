"""What a client chooses for their questions as a whole: how deep, past which parts, and on which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.errors import Refused
from portal.intake.lamps import follow_version
from portal.intake.models import EarlierAnswer
from portal.intake.moving import Fate, moving
from portal.intake.path import Path, passed_by
from portal.intake.queries import Answering, answering_of, earlier_place, newer_version
from portal.intake.questionnaire import Question
from portal.intake.replies import AnswerState, Reply, in_words, typed_as
from portal.intake.saving import set_depth, touch
from portal.vault.words import seal


class NoSuchVersion(Refused):
    """There is no newer version, or it is not the one that the client was shown."""


def choose_depth(db: Session, client: Client, *, more: bool, now: datetime) -> Path:
    """Ask of the client the short form, or more; what was said to more stays, and returns if they do (W4).

    The path that is open then. Raises NotBegun, AlreadySent.
    """
    answering = answering_of(db, client, to_change=True)
    set_depth(answering.intake, more=more, now=now)
    return Path(answering.path.questionnaire, answering.path.replies, more)


def pass_part(db: Session, client: Client, section: str, state: AnswerState, *, now: datetime) -> Path:
    """Pass by a section as a whole: what is untouched in it counts as `state`, what was said there stays.

    The path that is open then. Raises NotBegun, AlreadySent, NotFound for what cannot be passed by.
    """
    answering = answering_of(db, client, to_change=True)
    link_id = answering.part(section).link_id
    return _with_parts(answering, answering.parts | {link_id: state}, now)


def take_up_part(db: Session, client: Client, section: str, *, now: datetime) -> Path:
    """Ask again what was passed by as a whole. Raises as `pass_part`."""
    answering = answering_of(db, client, to_change=True)
    link_id = answering.part(section).link_id
    return _with_parts(
        answering, {part: state for part, state in answering.parts.items() if part != link_id}, now
    )


def move_to_newer(db: Session, client: Client, *, seen: str, now: datetime) -> None:
    """Ask the client by the newest version from now on, and take along what it still takes.

    What does not come along is kept with the words in which it was asked. `seen` is the hash of the version
    whose changes they were shown. Raises NotBegun, AlreadySent, NoSuchVersion.
    """
    answering = answering_of(db, client, to_change=True)
    newer = newer_version(db, answering)
    if newer is None or newer.definition_hash != seen:
        raise NoSuchVersion
    said = {link_id: answering.path.replies[link_id] for link_id in answering.answers}
    fates = moving(answering.path.questionnaire, newer.questionnaire, said).fates
    for link_id, fate in fates.items():
        if fate is not Fate.ALONG:
            _keep_apart(db, client, answering, link_id, said.pop(link_id))
    answering.intake.version_id, answering.intake.moved_at = newer.version_id, now
    announced = newer.questionnaire.announced
    answering.intake.passed_parts = _packed(
        {part: state for part, state in answering.parts.items() if part in announced}
    )
    touch(answering.intake, now=now)
    follow_version(db, client, answering, newer.questionnaire, said, now=now)


def _with_parts(answering: Answering, parts: Mapping[str, AnswerState], now: datetime) -> Path:
    path = answering.path
    if parts != answering.parts:
        answering.intake.passed_parts = _packed(parts)
        touch(answering.intake, now=now)
    said = {link_id: path.replies[link_id] for link_id in answering.answers}
    return Path(path.questionnaire, passed_by(path.questionnaire, said, parts), path.more)


def _packed(parts: Mapping[str, AnswerState]) -> str | None:
    return json.dumps({part: state.value for part, state in parts.items()}) if parts else None


def _keep_apart(db: Session, client: Client, answering: Answering, link_id: str, reply: Reply) -> None:
    """Out of the way of what is asked now, and not lost."""
    question = answering.path.questionnaire.by_link_id[link_id]
    if reply.value is not None and isinstance(question, Question):
        kept = EarlierAnswer(
            intake_id=answering.intake.id, link_id=link_id, version_id=answering.intake.version_id
        )
        words = {
            "text": question.wording,
            "shown": in_words(question, reply.value),
            "typed": typed_as(question, reply.value),
        }
        place = earlier_place(answering.intake.reference, kept.link_id, kept.version_id)
        kept.sealed_words = seal(db, client.data_key, json.dumps(words, ensure_ascii=False), of=place)
        db.add(kept)
    db.delete(answering.answers[link_id])
