"""Numbers made fit to be shown, and the bars that stand for them. Pure.

A number of people or of their requests is cut down to a multiple of five before anything else is done with
it, so that none under five is seen, and none comes out by taking one number from another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

FEWEST = 5
# In per cent of the picture; the rest is for the number behind the bar.
_LONGEST = 78
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = 3
TO_ANSWER = (
    ("Within a day", timedelta(days=1)),
    ("Within two days", timedelta(days=2)),
    ("Within three days", timedelta(days=3)),
    ("Within a week", timedelta(days=7)),
    ("Later", timedelta.max),
)
UNANSWERED = "Not answered in time"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar; `rest` is what stands behind it in another manner, of hours only."""

    label: str
    # In per cent of the picture.
    length: float
    number: str
    rest: float = 0
    rest_number: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, without anything that says whose: when it was asked, and when it was answered."""

    asked_at: datetime
    answered_at: datetime | None


def cut(count: int) -> int:
    """The number as it is shown: 0 to 4 are 0, 5 to 9 are 5."""
    return count - count % FEWEST


def bars(counts: Mapping[str, int]) -> Sequence[Bar]:
    """A bar for each, in order; none if there is nothing that may be shown."""
    shown = {label: cut(count) for label, count in counts.items()}
    most = max(shown.values(), default=0)
    if not most:
        return []
    return [
        Bar(label=label, length=_LONGEST * count / most, number=_in_words(count))
        for label, count in shown.items()
    ]


def bars_of_hours(weeks: Sequence[tuple[str, timedelta, timedelta]]) -> Sequence[Bar]:
    """For each week its held and its free hours, one behind the other; hours are nobody's."""
    most = max((held + free for _, held, free in weeks), default=timedelta())
    if not most:
        return []
    return [
        Bar(
            label=label,
            length=_LONGEST * (held / most),
            number=_hours(held),
            rest=_LONGEST * (free / most),
            rest_number=_hours(free),
        )
        for label, held, free in weeks
    ]


def by_weekday(asked: Iterable[Asked], zone: ZoneInfo) -> Mapping[str, int]:
    found = Counter(each.asked_at.astimezone(zone).weekday() for each in asked)
    return {name: found[place] for place, name in enumerate(WEEKDAYS)}


def by_hour(asked: Iterable[Asked], zone: ZoneInfo) -> Mapping[str, int]:
    """By the three hours of the day in which they were asked."""
    found = Counter(each.asked_at.astimezone(zone).hour // _HOURS for each in asked)
    return {f"{part * _HOURS:02}:00–{(part + 1) * _HOURS:02}:00": found[part] for part in range(24 // _HOURS)}


def by_time_to_answer(asked: Iterable[Asked]) -> Mapping[str, int]:
    found = Counter(map(_answered, asked))
    return {label: found[label] for label in (*(label for label, _ in TO_ANSWER), UNANSWERED)}


def _answered(asked: Asked) -> str:
    if asked.answered_at is None:
        return UNANSWERED
    took = asked.answered_at - asked.asked_at
    return next(label for label, longest in TO_ANSWER if took <= longest)


def _in_words(count: int) -> str:
    return str(count) if count else "fewer than 5"


def _hours(stretch: timedelta) -> str:
    hours = round(stretch / timedelta(hours=1) * 2) / 2
    return f"{hours:g}"
