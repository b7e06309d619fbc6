"""What tests of the times on offer say in words: dull facts, instants, consultations, limits, and clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.diary.clocks import minute_of, moment_of
from portal.scheduling.slots import Busy, open_starts

DAY = 24 * 60
MONDAY = minute_of(datetime(2027, 3, 1, 9, 0, tzinfo=UTC))
TUESDAY_MORNING = (2, 600, 780, 0)


def offered(**facts) -> list[int]:
    """The starts under the dullest facts: Tuesday mornings in London, seven days ahead, nothing busy."""
    dull = {
        "hours": [TUESDAY_MORNING],
        "dates": {},
        "zone": "Europe/London",
        "length": 50,
        "before": 10,
        "after": 10,
        "notice": 0,
        "horizon": 7 * DAY,
        "busy": [],
        "now": MONDAY,
        "since": MONDAY,
        "until": MONDAY + 400 * DAY,
    }
    return open_starts(**(dull | facts))


def clock(starts, zone="Europe/London") -> list[str]:
    return [f"{moment_of(start).astimezone(ZoneInfo(zone)):%H:%M}" for start in starts]


def days(starts, zone="Europe/London") -> list[str]:
    return list(dict.fromkeys(f"{moment_of(start).astimezone(ZoneInfo(zone)):%a %d %b}" for start in starts))


def at(text: str) -> int:
    return minute_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


def consultation(begins: str, **facts) -> Busy:
    """Fifty minutes on the Tuesday, or on the day that is named, which stamina counts."""
    starts = at(begins if "T" in begins else f"2027-03-02T{begins}")
    return Busy(starts, starts + 50, **({"counts": True} | facts))


def stamina(*, a_day=None, a_week=None, first_a_day=None, in_a_row=None, rest=30) -> tuple:
    return a_day, a_week, first_a_day, in_a_row, rest
