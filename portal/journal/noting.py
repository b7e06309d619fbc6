"""Noting what is done: gathered while a transaction goes on, appended to the journal as the last of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from portal import clock
from portal.database import carry_out, rows
from portal.journal.lines import EMPTY, By, Hand, Line, Stand, What, chained
from portal.journal.models import ONLY_ROW, JournalHead, JournalLine
from portal.vault.keyring import CannotBeOpened, Keyring

_log = logging.getLogger(__name__)
_PLACE = f"journal_head.seal:{ONLY_ROW}"
_HEAD = (
    select(JournalHead.number, JournalHead.hash, JournalHead.seal)
    .where(JournalHead.id == ONLY_ROW)
    .with_for_update()
)
_INSERT = insert(JournalLine)
_MOVE_ON = (
    update(JournalHead)
    .where(JournalHead.id == ONLY_ROW)
    .values(number=bindparam("last"), hash=bindparam("last_hash"), seal=bindparam("new_seal"))
    .execution_options(synchronize_session=False)
)


class Somebody(Protocol):
    """A client or a therapist."""

    __tablename__: str
    reference: str


class _Noted(NamedTuple):
    what: What
    by: By
    about: str | None
    subject: str | None


def note(
    db: Session,
    what: What,
    *,
    by: Somebody | Hand | By,
    about: str | None = None,
    subject: str | None = None,
) -> None:
    """Write a line once all that this transaction changes is certain; if it comes to nothing, no line either.

    `by` is the person, or the hand of nobody's; `about` is the reference of the client whom it concerns, and
    `subject` that of the thing. The moment is that of the writing.
    """
    whose = By(Hand.OPERATOR, None) if "operated" in db.info else _whose(by)
    noted, pending = _Noted(what, whose, about, subject), _pending(db)
    # What takes several steps of a transaction is done once.
    if noted not in pending:
        pending.append(noted)


def by_the_operator(db: Session) -> None:
    """What this session notes is done at a terminal, whoever it is done for."""
    db.info["operated"] = True


def append_what_was_noted(db: Session) -> None:
    """Before a commit: the head is taken last, when everything else is locked that will be (no deadlock)."""
    if db.in_nested_transaction():
        return
    # What is flushed now may have something to note, too.
    db.flush()
    noted = db.info.pop("noted", None)
    if not noted:
        return
    (head,) = rows(db, _HEAD, {})
    stand, now = Stand(head.number, head.hash), clock.now()
    whole = standing_sealed(db, head.seal) == stand or (stand == EMPTY and not head.seal)
    lines = list(chained((_line(each, now) for each in noted), after=stand))
    carry_out(db, _INSERT, [line._asdict() for line in lines])
    _move_head(db, lines, whole=whole)


def forget_what_was_noted(db: Session, transaction: SessionTransaction) -> None:
    """After a rollback, but not that of a savepoint: what goes on beside it is noted still."""
    if transaction.parent is None:
        db.info.pop("noted", None)


def seal_standing(db: Session, stand: Stand) -> bytes:
    keyring: Keyring = db.info["journal_keyring"]
    return keyring.seal(f"{stand.number}:{stand.hash}".encode(), of=_PLACE)


def standing_sealed(db: Session, seal: bytes) -> Stand | None:
    """What the seal of the head says; None if it is empty, altered, or of another key."""
    keyring: Keyring = db.info["journal_keyring"]
    try:
        number, _, last = keyring.open(seal, of=_PLACE).decode().partition(":")
    except CannotBeOpened:
        return None
    return Stand(int(number), last)


def _whose(by: Somebody | Hand | By) -> By:
    if isinstance(by, By):
        return by
    return By(by, None) if isinstance(by, Hand) else By(Hand(by.__tablename__), by.reference)


def _line(noted: _Noted, now: datetime) -> Line:
    return Line(0, now, noted.what, *noted.by, noted.about, noted.subject, "")


def _move_head(db: Session, lines: Sequence[Line], *, whole: bool) -> None:
    """An end that was tampered with is never sealed again by the portal itself: `journal verify` finds it."""
    stand = Stand(lines[-1].number, lines[-1].hash)
    if not whole:
        _log.error("the end of the journal is not the one that was sealed: look with `journal verify`")
    seal = seal_standing(db, stand) if whole else b""
    carry_out(db, _MOVE_ON, {"last": stand.number, "last_hash": stand.hash, "new_seal": seal})


def _pending(db: Session) -> list[_Noted]:
    pending: list[_Noted] = db.info.setdefault("noted", [])
    return pending
