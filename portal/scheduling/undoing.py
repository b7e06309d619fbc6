"""Taking back what was just done to a consultation, by whoever did it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from portal.diary.queries import rules_of
from portal.errors import Refused
from portal.scheduling import emails
from portal.scheduling.calendar_file import entry_of
from portal.scheduling.holding import as_it_stands, await_again, hold_again
from portal.scheduling.lifecycle import (
    IS_OPEN,
    Beside,
    Move,
    Party,
    Status,
    TooLateToUndo,
    can_be_undone,
    is_settled_beside,
)
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.queries import Held, consultations_of, last_event_of


class AskedMeanwhile(Refused):
    """The client has as many open requests by now as their therapist allows."""


class SettledMeanwhile(Refused):
    """Of this one and the one that was asked for instead of it, the other is confirmed by now."""


def undo(db: Session, consultation: Consultation, *, by: Party, now: datetime) -> None:
    """Take back what this party has just done: confirmed, declined or cancelled it, within ten minutes.

    It is as it was, and holds the times that it held; so is one that a confirmation had replaced. Nobody gets
    by it what they did not mean: two times where one was to be instead of the other, or more open requests
    than the therapist allows. Raises TooLateToUndo, SettledMeanwhile, AskedMeanwhile; SlotNotOffered if
    somebody else has one of the times by now, and Begun if they have all come.
    """
    consultation = as_it_stands(db, consultation)
    line = last_event_of(db, consultation)
    if line is None or line.status_before is None or not _is_fresh(line, by, now):
        raise TooLateToUndo
    _refuse_beside_others(db, consultation, line.status_before, now)
    consultation.go_back(line, by=by, at=now)
    hold_again(db, consultation, line.times_before, now=now)
    earlier = _brought_back(db, consultation, line, now)
    for each in filter(None, (consultation, earlier)):
        await_again(db, each, now=now)
    calendar = entry_of(earlier or consultation, changed_at=now)
    emails.tell_of_undoing(db, consultation, by=by, calendar=calendar, now=now)


def _is_fresh(line: ConsultationEvent, by: Party, now: datetime) -> bool:
    return can_be_undone(line.move, by=by, made_by=line.party, made_at=line.happened_at, now=now)


def _refuse_beside_others(db: Session, consultation: Consultation, back: Status, now: datetime) -> None:
    """What has happened to the client's others meanwhile decides as well."""
    waiting = 0
    for other, beside in _others(db, consultation, now):
        if is_settled_beside(back, other.status, beside=beside):
            raise SettledMeanwhile
        waiting += beside is Beside.APART and other.status in IS_OPEN
    if back in IS_OPEN and waiting >= rules_of(db, consultation.therapist_id).most_open_requests:
        raise AskedMeanwhile


def _others(db: Session, consultation: Consultation, now: datetime) -> Iterator[tuple[Held, Beside]]:
    """What else the client holds, and how it stands to this one."""
    for held in consultations_of(db, consultation.client, since=now):
        if held.replaces_id == consultation.id:
            yield held, Beside.INSTEAD_OF_IT
        elif held.id == consultation.replaces_id:
            yield held, Beside.TO_BE_REPLACED
        else:
            yield held, Beside.APART


def _brought_back(
    db: Session, consultation: Consultation, line: ConsultationEvent, now: datetime
) -> Consultation | None:
    """The one that this very confirmation had replaced, if there was one, with its time and its entry."""
    earlier = consultation.replaces
    left = None if earlier is None else last_event_of(db, earlier)
    if earlier is None or left is None or left.move is not Move.REPLACE:
        return None
    if line.move is not Move.CONFIRM or left.happened_at != line.happened_at:
        return None
    earlier.go_back(left, by=Party.PORTAL, at=now)
    hold_again(db, earlier, left.times_before, now=now)
    consultation.gives_back_to(earlier)
    return earlier
