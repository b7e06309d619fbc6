"""Reading the journal: from one line on, about one client, or of all that is a therapist's to see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.journal.lines import EMPTY, Line, Stand, What
from portal.journal.models import ONLY_ROW, JournalHead, JournalLine
from portal.journal.noting import standing_sealed
from portal.statements import rows

_AT_ONCE = 5_000
_COLUMNS = (
    JournalLine.number,
    JournalLine.at,
    JournalLine.what,
    JournalLine.hand,
    JournalLine.person,
    JournalLine.about,
    JournalLine.subject,
    JournalLine.hash,
)
_FROM = (
    select(*_COLUMNS)
    .where(JournalLine.number > bindparam("after"))
    .order_by(JournalLine.number)
    .limit(_AT_ONCE)
)
_LATELY = (
    select(JournalLine.number)
    .where(
        JournalLine.about == bindparam("about"),
        JournalLine.person == bindparam("person"),
        JournalLine.what == bindparam("what"),
        JournalLine.subject.is_not_distinct_from(bindparam("subject")),
        JournalLine.at > bindparam("since"),
    )
    .order_by(JournalLine.number.desc())
    .limit(1)
)


class Head(NamedTuple):
    """Where the journal ends, and whether the seal of its end says the same."""

    stand: Stand
    # None if the seal does not hold.
    sealed: Stand | None


def head_of(db: Session) -> Head:
    head = db.get(JournalHead, ONLY_ROW, populate_existing=True)
    if head is None:
        return Head(EMPTY, None)
    stand = Stand(head.number, head.hash)
    if stand == EMPTY and not head.seal:
        return Head(EMPTY, EMPTY)
    return Head(stand, standing_sealed(db, head.seal))


def lines_from_the_first(db: Session) -> Iterator[list[Line]]:
    """All of it, some thousand lines at a time, in their order."""
    after = 0
    while some := [Line(*row) for row in rows(db, _FROM, {"after": after})]:
        yield some
        after = some[-1].number


def is_noted_since(
    db: Session, what: What, *, person: str, about: str, since: datetime, subject: str | None = None
) -> bool:
    """Whether this person's doing or opening the same stands there already, later than `since`."""
    asked = {"what": what, "person": person, "about": about, "since": since, "subject": subject}
    return bool(rows(db, _LATELY, asked))


def newest_about(*, most: int) -> Select[*tuple[Any, ...]]:
    """The newest lines about the client `reference`, for who asks for names of people together with them."""
    lines = select(*_COLUMNS).where(JournalLine.about == bindparam("reference"))
    return lines.order_by(JournalLine.number.desc()).limit(most)


def opened_since(about: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether it stands there that somebody opened a page of this client's, for who asks that with the page.

    Asks for `person`, `what` and `since`, as `is_noted_since` does.
    """
    return (
        exists()
        .where(
            JournalLine.about == about,
            JournalLine.person == bindparam("person"),
            JournalLine.what == bindparam("what"),
            JournalLine.subject.is_(None),
            JournalLine.at > bindparam("since"),
        )
        .label("opened")
    )


def last_noted(db: Session, what: What) -> datetime | None:
    """When this was done last, whoever did it."""
    return db.scalar(select(func.max(JournalLine.at)).where(JournalLine.what == what))


def newest_lines(
    db: Session, condition: ColumnElement[bool], *, most: int, before: int | None = None
) -> Sequence[Line]:
    """The newest lines for which the condition holds, newest first; with `before`, those before that one."""
    found = select(*_COLUMNS).where(condition).order_by(JournalLine.number.desc()).limit(most)
    if before is not None:
        found = found.where(JournalLine.number < before)
    return [Line._make(row) for row in db.execute(found)]
