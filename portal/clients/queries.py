"""The list of a therapist's clients, fifty at a time, behind an index however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.models import IS_LISTED, Client, Stage, Therapist
from portal.accounts.queries import name_of
from portal.clients.beginnings import tokens_for
from portal.clients.models import Beginning
from portal.clients.wanted import Order, Wanted
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.statements import rows

PAGE = 50
# Beyond this a number says only that there are more: counting has an end.
MOST_COUNTED = 1000
_IN_WORK = (Stage.SENT, Stage.ASKED, Stage.CONFIRMED)
_SORTED_BY = {
    Order.MOVED: (Client.moved_at, Client.id),
    Order.JOINED: (Client.id,),
    Order.ADDRESS: (Client.email,),
}
_TIMES = (
    select(Consultation.client_id, Consultation.status, Consultation.starts_at, Consultation.answer_by)
    .where(
        Consultation.client_id.in_(bindparam("ids", expanding=True)),
        # These clients lead, not all that the therapist ever had: the sum hides that index.
        Consultation.therapist_id + 0 == bindparam("therapist_id"),
        Consultation.status.in_([Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED]),
    )
    .order_by(Consultation.starts_at)
)


def _counted(of: Any, *conditions: ColumnElement[bool]) -> Any:
    """How many rows there are of each therapist's for which this holds."""
    some = select(of.id).where(of.therapist_id == Therapist.id, *conditions).limit(MOST_COUNTED)
    return select(func.count()).select_from(some.correlate(Therapist).subquery()).scalar_subquery()


_WORK = select(
    Therapist.id,
    _counted(Client, Client.stage.in_(_IN_WORK)),
    _counted(Consultation, Consultation.status == Status.REQUESTED),
    _counted(
        Consultation,
        Consultation.status == Status.CONFIRMED,
        Consultation.starts_at > bindparam("now", type_=Consultation.starts_at.type),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One client on the list."""

    client: Client
    name: str
    # By when what they asked for is answered, and by when they choose among what they were offered; the next
    # that is confirmed.
    answer_by: datetime | None = None
    chooses_by: datetime | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """Fifty of them at most, and whether there are more behind the last."""

    listed: Sequence[Listed]
    goes_on: bool


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one therapist has before them, in numbers that end at `MOST_COUNTED`; nobody is in it."""

    therapist: Therapist
    in_work: int
    to_answer: int
    to_come: int


def page_of(
    db: Session,
    therapist: Therapist,
    wanted: Wanted,
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> Page:
    """What the therapist wants to see, in three queries; `since` and `until` are its days as moments."""
    sought = tokens_for(db, wanted.typed) if wanted.typed else []
    if wanted.typed and not sought:
        return Page(listed=[], goes_on=False)
    shape = (
        wanted.sorted_by,
        wanted.reversed,
        bool(wanted.stage),
        tuple(len(word) == 1 for word in sought),
        _behind_what(wanted),
        since is not None,
        until is not None,
    )
    values = {
        "therapist_id": therapist.id,
        "stage": wanted.stage,
        "since": since,
        "until": until,
        **_cursor(wanted),
        **{f"word_{place}": word[0] if len(word) == 1 else word for place, word in enumerate(sought)},
    }
    statement = _statement(*shape)
    asked = {name: values[name] for name in statement.compile().params if name in values}
    found = db.scalars(statement, asked).all()
    return Page(listed=_listed(db, therapist, found[:PAGE], now), goes_on=len(found) > PAGE)


def work_of(db: Session, therapists: Sequence[Therapist], *, now: datetime) -> Sequence[Work]:
    """How the work is spread, in one query; each number stops counting in good time."""
    found = {row.id: row[1:] for row in db.execute(_WORK, {"now": now})}
    return [
        Work(therapist=each, in_work=in_work, to_answer=to_answer, to_come=to_come)
        for each in therapists
        for in_work, to_answer, to_come in [found.get(each.id, (0, 0, 0))]
    ]


def holds_time_with(db: Session, client: Client) -> bool:
    """Whether something of this client's holds a therapist's time, to come or past."""
    held = select(Consultation.id).where(
        Consultation.client_id == client.id, Consultation.status.in_(HOLDS_ITS_TIME)
    )
    return db.scalar(held.limit(1)) is not None


def moved_since(db: Session, client: Client, moment: datetime) -> bool:
    """Whether something has happened to a consultation of this client's since then."""
    line = (
        select(ConsultationEvent.id)
        .join(Consultation, Consultation.id == ConsultationEvent.consultation_id)
        .where(Consultation.client_id == client.id, ConsultationEvent.happened_at > moment)
    )
    return db.scalar(line.limit(1)) is not None


def _behind_what(wanted: Wanted) -> str:
    if wanted.after is None:
        return ""
    return "moment" if wanted.after.moved_at and wanted.sorted_by is Order.MOVED else "person"


def _cursor(wanted: Wanted) -> Mapping[str, Any]:
    if wanted.after is None:
        return {}
    return {"after": wanted.after.reference, "after_moved_at": wanted.after.moved_at}


@cache
def _statement(
    order: Order,
    backwards: bool,
    of_stage: bool,
    words: tuple[bool, ...],
    behind: str,
    since: bool,
    until: bool,
) -> Select[Client]:
    """One prepared statement for each shape that a list can have."""
    columns: Sequence[Any] = _SORTED_BY[order]
    # Times run from the newest; addresses from A.
    falls = backwards if order is Order.ADDRESS else not backwards
    statement = (
        select(Client)
        .join(Client.data_key)
        .options(contains_eager(Client.data_key))
        .where(Client.therapist_id == bindparam("therapist_id"))
        .where(Client.stage == bindparam("stage") if of_stage else IS_LISTED)
        .limit(PAGE + 1)
    )
    if since:
        statement = statement.where(Client.moved_at >= bindparam("since"))
    if until:
        statement = statement.where(Client.moved_at < bindparam("until"))
    if behind:
        statement = statement.where(_is_behind(columns, falls, by_moment=behind == "moment"))
    statement, columns = _sought(statement, words, columns)
    return statement.order_by(*(column.desc() if falls else column.asc() for column in columns))


def _is_behind(columns: Sequence[Any], falls: bool, *, by_moment: bool) -> ColumnElement[bool]:
    stands = [
        bindparam("after_moved_at", type_=Client.moved_at.type)
        if by_moment and column is Client.moved_at
        else _of_the_last(column)
        for column in columns
    ]
    here, there = (tuple_(*columns), tuple_(*stands)) if len(columns) > 1 else (columns[0], stands[0])
    return here < there if falls else here > there


def _of_the_last(column: Any) -> Any:
    last = Client.__table__.alias("last")
    theirs = last.c.reference == bindparam("after"), last.c.therapist_id == bindparam("therapist_id")
    return select(last.c[column.key]).where(*theirs).scalar_subquery()


def _sought(
    statement: Select[Client], words: tuple[bool, ...], columns: Sequence[Any]
) -> tuple[Select[Client], Sequence[Any]]:
    """The first word that is spelt in one way leads, in the order in which clients joined."""
    leads = words.index(True) if True in words else None
    for place, _ in enumerate(words):
        of_word = Beginning.__table__.alias(f"word_{place}")
        if place == leads:
            statement = statement.join(of_word, of_word.c.client_id == Client.id)
            statement = statement.where(of_word.c.token == bindparam(f"word_{place}"))
            columns = (of_word.c.client_id,)
            continue
        asked: BindParameter[Any] = bindparam(f"word_{place}", expanding=not words[place])
        is_one = of_word.c.token == asked if words[place] else of_word.c.token.in_(asked)
        found = select(of_word.c.client_id).where(is_one)
        if leads is None and place == 0:
            statement = statement.where(Client.id.in_(found))
        else:
            statement = statement.where(found.where(of_word.c.client_id == Client.id).exists())
    return statement, columns


def _listed(db: Session, therapist: Therapist, clients: Sequence[Client], now: datetime) -> Sequence[Listed]:
    answers: dict[int, datetime] = {}
    choices: dict[int, datetime] = {}
    starts: dict[int, datetime] = {}
    if clients:
        asked = {"ids": [client.id for client in clients], "therapist_id": therapist.id}
        for client_id, status, starts_at, answer_by in rows(db, _TIMES, asked):
            if status is not Status.CONFIRMED:
                (answers if status is Status.REQUESTED else choices).setdefault(client_id, answer_by)
            elif starts_at > now:
                starts.setdefault(client_id, starts_at)
    return [
        Listed(
            client=client,
            name=name_of(db, client),
            answer_by=answers.get(client.id),
            chooses_by=choices.get(client.id),
            starts_at=starts.get(client.id),
        )
        for client in clients
    ]
