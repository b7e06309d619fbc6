"""When a practice answers what it is asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Requests are answered within so many answering days, by this hour of the practice's zone."""

    zone: ZoneInfo
    # ISO weekdays, 1 is Monday; never empty.
    days: frozenset[int]
    within_days: int
    by_hour: int

    def answer_by(self, asked_at: datetime) -> datetime:
        """By when a request asked at this moment is answered: an instant in the practice's zone.

        The day of asking does not count: who asks on a Monday of a practice that answers within two days,
        Monday to Thursday, is answered by Wednesday.
        """
        day = asked_at.astimezone(self.zone).date()
        counted = 0
        while counted < self.within_days:
            day += timedelta(days=1)
            counted += day.isoweekday() in self.days
        return datetime.combine(day, time(self.by_hour), self.zone)
