"""Noting what is done: gathered while a transaction goes on, appended to the journal as the last of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from portal import clock
from portal.journal.lines import EMPTY, By, Hand, Line, Stand, What, chained
from portal.journal.models import ONLY_ROW, JournalHead, JournalLine
from portal.statements import carry_out, insert_all, rows
from portal.vault.keyring import CannotBeOpened, Keyring

_log = logging.getLogger(__name__)
_PLACE = f"journal_head.seal:{ONLY_ROW}"
# Where the journal ends, for who asks that together with more (`goes_on_from`).
END = select(JournalHead.number, JournalHead.hash, JournalHead.seal).where(JournalHead.id == ONLY_ROW)
_HELD_END = END.with_for_update()
_INSERT = insert(JournalLine)
_MOVE_ON = (
    update(JournalHead)
    .where(
        JournalHead.id == ONLY_ROW,
        JournalHead.number == bindparam("was"),
        JournalHead.hash == bindparam("was_hash"),
    )
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
    read = db.info.pop("journal_end", None)
    if read is None or not _append(db, noted, *read):
        (held,) = rows(db, _HELD_END, {})
        appended = _append(db, noted, *held)
        assert appended, "nobody moves the head of the journal while it is held"


def goes_on_from(db: Session, number: int, last_hash: str, seal: bytes) -> None:
    """What `END` found: the next lines are written from there, unless somebody else has written meanwhile."""
    db.info["journal_end"] = number, last_hash, seal


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


def _append(db: Session, noted: Sequence[_Noted], number: int, last_hash: str, seal: bytes) -> bool:
    """Whether the journal still ended there, and so these are its lines now.

    Whoever moves the head holds it until the commit. An end that was tampered with is never sealed again by
    the portal itself: `journal verify` finds it.
    """
    stand, now = Stand(number, last_hash), clock.now()
    lines = list(chained((_line(each, now) for each in noted), after=stand))
    end = Stand(lines[-1].number, lines[-1].hash)
    whole = standing_sealed(db, seal) == stand or (stand == EMPTY and not seal)
    move = {
        "was": stand.number,
        "was_hash": stand.hash,
        "last": end.number,
        "last_hash": end.hash,
        "new_seal": seal_standing(db, end) if whole else b"",
    }
    if not carry_out(db, _MOVE_ON, move):
        return False
    if not whole:
        _log.error("the end of the journal is not the one that was sealed: look with `journal verify`")
    insert_all(db, _INSERT, [line._asdict() for line in lines])
    return True


def _pending(db: Session) -> list[_Noted]:
    pending: list[_Noted] = db.info.setdefault("noted", [])
    return pending
