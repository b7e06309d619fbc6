"""What speaks against a time that a therapist names: told as a warning, since they may do so all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.diary.clocks import minute_of, moment_of
from portal.diary.hours import hours_between
from portal.diary.kinds import Kind
from portal.diary.queries import Rules
from portal.errors import Refused
from portal.scheduling.offers import Taken, taken_between
from portal.scheduling.slots import STEP, open_starts

_DAY = 24 * 60
# No change of clocks within a consultation is larger.
_CLOCKS = 3 * 60


class Objection(StrEnum):
    """One rule of the diary that a time would break."""

    OUTSIDE_HOURS = "outside-hours"
    BUSY_ELSEWHERE = "busy-elsewhere"
    # Less free time before or after than one of the two wants.
    TOO_CLOSE = "too-close"
    # More in a day, in a week or in a row than the therapist wants.
    TOO_MANY = "too-many"


class TimeTaken(Refused):
    """Something here holds these minutes already: no warning would help. Says which time."""

    def __init__(self, starts_at: datetime) -> None:
        super().__init__(starts_at.isoformat())
        self.starts_at = starts_at


class AgainstTheRules(Refused):
    """The therapist has not been told yet, or not of all of it: what speaks against each time."""

    def __init__(self, objections: Mapping[datetime, Collection[Objection]]) -> None:
        super().__init__()
        self.objections = objections


class OffTheSteps(Refused):
    """Time is held in steps of five minutes, and this begins or ends between two of them."""


def refuse_unless_free(
    db: Session,
    rules: Rules,
    kind: Kind,
    starts: Sequence[datetime],
    *,
    therapist_id: int,
    despite: Collection[Objection],
    moving: Collection[int] = (),
) -> None:
    """Raises AgainstTheRules for what the therapist has not been warned of, TimeTaken, OffTheSteps.

    `despite` are the rules of which they have been told that they would be broken; `moving` the ids of
    consultations that give up what they hold. One query, whatever the times.
    """
    found: dict[datetime, Collection[Objection]] = {}
    minutes = [_on_the_steps(starts_at) for starts_at in starts]
    taken = taken_between(db, therapist_id, min(minutes), max(minutes) + kind.length, moving=moving)
    for starts_at, minute in zip(starts, minutes, strict=True):
        if _is_taken(minute, kind, taken):
            raise TimeTaken(starts_at)
        if new := objections(rules, kind, taken, minute) - frozenset(despite):
            found[starts_at] = new
    if found:
        raise AgainstTheRules(found)


def objections(rules: Rules, kind: Kind, taken: Sequence[Taken], start: int) -> frozenset[Objection]:
    """Which rules a consultation of this kind would break if it began at this minute.

    `taken` is what `taken_between` tells of the minute and around it. The grid is no rule for the therapist,
    nor is how long before a time it is asked for.
    """
    broken = set()
    if outside_hours(hours_between(rules, kind, start, start + kind.length), start, start + kind.length):
        broken.add(Objection.OUTSIDE_HOURS)
    staying = [each for each in taken if not each.busy.moving]
    if any(each.elsewhere and _meets(each, start, kind.length) for each in staying):
        broken.add(Objection.BUSY_ELSEWHERE)
    if any(_is_too_close(each, start, kind) for each in staying):
        broken.add(Objection.TOO_CLOSE)
    if _is_one_too_many(rules, kind, taken, start):
        broken.add(Objection.TOO_MANY)
    return frozenset(broken)


def outside_hours(hours: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    """Whether any minute from `start` to `end` lies in none of the stretches, which are whole."""
    return not any(begins <= start and end <= ends for begins, ends in hours)


def _on_the_steps(starts_at: datetime) -> int:
    minute = minute_of(starts_at)
    if minute % STEP or moment_of(minute) != starts_at:
        raise OffTheSteps
    return minute


def _is_taken(start: int, kind: Kind, taken: Iterable[Taken]) -> bool:
    return any(
        not each.elsewhere and not each.busy.moving and _meets(each, start, kind.length) for each in taken
    )


def _meets(taken: Taken, start: int, length: int) -> bool:
    return taken.busy.starts < start + length and start < taken.busy.ends


def _is_too_close(taken: Taken, start: int, kind: Kind) -> bool:
    """Beside it, with less between them than the larger of the two wishes."""
    busy, end = taken.busy, start + kind.length
    if busy.starts >= end:
        return busy.starts - end < max(kind.gap_after, busy.before)
    return busy.ends <= start and start - busy.ends < max(kind.gap_before, busy.after)


def _is_one_too_many(rules: Rules, kind: Kind, taken: Sequence[Taken], start: int) -> bool:
    """Whether the engine leaves the start out because of its limits alone: everything else is open."""
    stamina = rules.stamina
    if not stamina.limits:
        return False
    local = moment_of(start).astimezone(ZoneInfo(rules.time_zone))
    minute = local.hour * 60 + local.minute
    # What counts keeps its place in the count, and no minute to itself.
    counting = [
        each.busy._replace(before=0, after=0) for each in taken if each.busy.counts and not each.busy.moving
    ]
    return not open_starts(
        hours=(),
        dates={local.date(): [(minute, minute + min(kind.length + _CLOCKS, _DAY))]},
        zone=rules.time_zone,
        length=kind.length,
        before=0,
        after=0,
        notice=0,
        horizon=1,
        first=kind.is_first,
        busy=counting,
        stamina=(
            stamina.most_a_day,
            stamina.most_a_week,
            stamina.most_first_a_day,
            stamina.most_in_a_row,
            stamina.rest,
        ),
        now=start,
        since=start,
        until=start + 1,
    )
