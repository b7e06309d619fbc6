"""The journal as people read it: for a client what concerns them, for a therapist what is theirs to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of, names_of_therapists
from portal.journal.lines import FOR_THE_DESK_ALONE, GROUPS, Hand, Line, What
from portal.journal.models import JournalLine
from portal.journal.queries import newest_lines

_A_PAGE = 50
# What was done to somebody's account is for them to read, a colleague's is not.
_OF_ONE_THERAPIST = (What.SIGN_IN_FAILED, What.SECOND_STEP_RESET, What.PUT_OUT)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some lines, newest first, and the names of whom they speak of, by reference."""

    lines: Sequence[Line]
    names: Mapping[str, str]
    # Before which line the next page goes on; None if there is no more.
    earlier: int | None


def record_of(db: Session, client: Client, *, before: int | None = None) -> Page:
    """What concerns this client, in two queries."""
    theirs = and_(JournalLine.about == client.reference, JournalLine.what.not_in(FOR_THE_DESK_ALONE))
    lines, earlier = _some(db, theirs, before)
    return Page(lines=lines, names=names_of_therapists(db), earlier=earlier)


def journal_for(
    db: Session,
    therapist: Therapist,
    *,
    about: str | None = None,
    group: str | None = None,
    before: int | None = None,
) -> Page:
    """What a therapist may see of the practice's journal, in three queries.

    What concerns their own clients, what they did, and what was done to the practice by the portal or at a
    terminal. `about` is a client's reference and `group` a name of lines.GROUPS, to see only those.
    """
    conditions = [_is_theirs_to_see(therapist)]
    if about:
        conditions.append(JournalLine.about == about)
    if group:
        conditions.append(JournalLine.what.in_(GROUPS[group]))
    lines, earlier = _some(db, and_(*conditions), before)
    names = {**names_of_therapists(db), **_names_of_clients(db, therapist, lines)}
    return Page(lines=lines, names=names, earlier=earlier)


def _is_theirs_to_see(therapist: Therapist) -> ColumnElement[bool]:
    own = select(Client.reference).where(Client.therapist_id == therapist.id)
    nobodys = and_(
        JournalLine.about.is_(None),
        JournalLine.hand.in_([Hand.PORTAL, Hand.OPERATOR]),
        or_(
            JournalLine.what.not_in(_OF_ONE_THERAPIST),
            JournalLine.subject == therapist.reference,
            # Everybody was put out.
            and_(JournalLine.what == What.PUT_OUT, JournalLine.subject.is_(None)),
        ),
    )
    return or_(JournalLine.about.in_(own), JournalLine.person == therapist.reference, nobodys)


def _some(
    db: Session, condition: ColumnElement[bool], before: int | None
) -> tuple[Sequence[Line], int | None]:
    lines = newest_lines(db, condition, most=_A_PAGE + 1, before=before)
    return lines[:_A_PAGE], lines[_A_PAGE - 1].number if len(lines) > _A_PAGE else None


def _names_of_clients(db: Session, therapist: Therapist, lines: Sequence[Line]) -> Mapping[str, str]:
    clients = db.scalars(
        select(Client)
        .where(Client.reference.in_({line.about for line in lines}), Client.therapist_id == therapist.id)
        .options(joinedload(Client.data_key))
    )
    return {client.reference: name_of(db, client) for client in clients}
