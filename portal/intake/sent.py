"""Reading what was sent: each from its own row, opened for the person it is looked up for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.models import Client
from portal.errors import NotFound
from portal.intake.models import Intake, QuestionnaireVersion
from portal.intake.questionnaire import Questionnaire, parsed
from portal.intake.scoring import Score
from portal.intake.sent_copy import Row, SentCopy, thawed
from portal.statements import Prepared, rows
from portal.vault.keyring import CannotBeOpened
from portal.vault.models import DataKey
from portal.vault.words import CANNOT_BE_OPENED, unseal


@dataclass(frozen=True, kw_only=True)
class SentIntake:
    """What was sent, as it was sent, for both sides to read."""

    reference: str
    sent_at: datetime
    copy: SentCopy
    # Of an amendment: when the therapist said that they have read it.
    read_at: datetime | None

    @property
    def rows(self) -> list[Row]:
        return self.copy.rows

    @property
    def scores(self) -> list[Score]:
        """For the therapist alone, unless they release it (W6)."""
        return self.copy.scores


_SENT = Intake.client_id == bindparam("client_id"), Intake.sent_at.is_not(None)
_LAST_SENT = select(func.max(Intake.id)).where(*_SENT).scalar_subquery()
# Of all that was sent the columns of a SentBefore, and of the last the copy.
_EVERY = (
    select(Intake.reference, Intake.sent_at, Intake.amends_id.is_not(None), Intake.read_at)
    .where(*_SENT)
    .order_by(Intake.id.desc())
)
# What `last_and_all_sent_by` asks, for who asks it together with more.
EVERY_AND_LAST = (
    select(
        Intake.id,
        Intake.reference,
        Intake.sent_at,
        Intake.amends_id.is_not(None),
        Intake.read_at,
        case((Intake.id == _LAST_SENT, Intake.sealed_copy)),
    )
    .where(*_SENT)
    .order_by(Intake.id.desc())
)
_LAST_AND_ALL = Prepared(EVERY_AND_LAST)
_BEGUN_AMENDMENT = Prepared(
    select(Intake.id)
    .where(
        Intake.client_id == bindparam("client_id"),
        Intake.amends_id.is_not(None),
        Intake.sent_at.is_(None),
        Intake.dropped_at.is_(None),
    )
    .limit(1)
)
# In place of what was sent, where it is sealed under a key that is not here.
_LOCKED = Row(link_id="", text="What was sent", state="locked", shown=[CANNOT_BE_OPENED])


@dataclass(frozen=True, kw_only=True)
class SentBefore:
    """That something was sent, and when; not what."""

    reference: str
    sent_at: datetime
    is_amendment: bool
    read_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SentAnswers:
    """What was sent with all that is needed to take it elsewhere."""

    reference: str
    client: Client
    # The sealed copy, opened: JSON.
    copy: str
    questionnaire: Questionnaire


def sent_intake_of(db: Session, client: Client, reference: str | None = None) -> SentIntake | None:
    """What the client sent last, or under this reference, from its own row alone; their key is loaded."""
    sent = select(Intake).where(Intake.client_id == client.id, Intake.sent_at.is_not(None))
    if reference is not None:
        sent = sent.where(Intake.reference == reference)
    intake = db.scalar(sent.order_by(Intake.id.desc()).limit(1))
    if intake is None or intake.sent_at is None or intake.sealed_copy is None:
        return None
    return _opened(db, client, intake.reference, intake.sent_at, intake.read_at, intake.sealed_copy)


def last_and_all_sent_by(db: Session, client: Client) -> tuple[SentIntake | None, list[SentBefore]]:
    """What `sent_intake_of` and `all_sent_by` find, in one query."""
    return last_and_all_in(db, client, _LAST_AND_ALL.rows(db, {"client_id": client.id}))


def last_and_all_in(
    db: Session, client: Client, found: Sequence[Sequence[Any]]
) -> tuple[SentIntake | None, list[SentBefore]]:
    """What `EVERY_AND_LAST` found, with the last of it opened."""
    every = [
        SentBefore(reference=reference, sent_at=sent_at, is_amendment=is_amendment, read_at=read_at)
        for _, reference, sent_at, is_amendment, read_at, _ in found
    ]
    if not found or found[0][-1] is None:
        return None, every
    last = every[0]
    return _opened(db, client, last.reference, last.sent_at, last.read_at, found[0][-1]), every


def _opened(
    db: Session, client: Client, reference: str, sent_at: datetime, read_at: datetime | None, sealed: bytes
) -> SentIntake:
    """With a line in the place of what was sent if it is sealed under a key that is not here."""
    try:
        copy = thawed(unseal(db, client.data_key, sealed, of=_place_called(reference)))
    except CannotBeOpened:
        copy = SentCopy(sent_at=sent_at, rows=[_LOCKED], scores=[], amends_sent_at=None, left_out=[])
    return SentIntake(reference=reference, sent_at=sent_at, copy=copy, read_at=read_at)


def all_sent_by(db: Session, client: Client) -> list[SentBefore]:
    """What the client has sent and how often they have amended it, the newest first."""
    found = rows(db, _EVERY, {"client_id": client.id})
    return [
        SentBefore(reference=reference, sent_at=sent_at, is_amendment=is_amendment, read_at=read_at)
        for reference, sent_at, is_amendment, read_at in found
    ]


def has_begun_amendment(db: Session, client: Client) -> bool:
    """Whether there is an amendment that is begun, and neither sent nor dropped."""
    return bool(_BEGUN_AMENDMENT.rows(db, {"client_id": client.id}))


def amended_copy(db: Session, client: Client, intake: Intake) -> SentCopy | None:
    """What this amendment amends, as it was sent; None of what is no amendment, without asking."""
    if intake.amends_id is None:
        return None
    before = db.get_one(Intake, intake.amends_id)
    assert before.sealed_copy is not None
    return thawed(unseal(db, client.data_key, before.sealed_copy, of=copy_place(before)))


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


def copy_place(intake: Intake) -> str:
    """What the vault calls the place where a sent copy lies."""
    return _place_called(intake.reference)


def _place_called(reference: str) -> str:
    return f"intake.copy:{reference}"
