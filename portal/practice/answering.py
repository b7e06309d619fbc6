"""When a practice answers what it is asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MORNING = 8
_DAY = timedelta(days=1)
# Somebody who reads what comes in needs so long to answer it.
_AN_ANSWER_TAKES = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Away:
    """Whole days of the practice's zone, both included, on which nobody of the practice answers."""

    reference: str
    first_day: date
    last_day: date
    # Who stands in, and the address by which they sign in here, if they do.
    stand_in: str | None = None
    stand_in_email: str | None = None
    # What clients read about it, in the practice's own words.
    words: str | None = None

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Requests are answered within so many answering days, by this hour of the practice's zone."""

    zone: ZoneInfo
    # ISO weekdays, 1 is Monday; never empty.
    days: frozenset[int]
    within_days: int
    by_hour: int
    absences: tuple[Away, ...] = ()

    def answer_by(self, asked_at: datetime) -> datetime:
        """By when a request asked at this moment is answered: an instant in the practice's zone.

        The day of asking does not count: who asks on a Monday of a practice that answers within two days,
        Monday to Thursday, is answered by Wednesday.
        """
        day = asked_at.astimezone(self.zone).date()
        for _ in range(self.within_days):
            day = self.answering_day_from(day + _DAY)
        return datetime.combine(day, time(self.by_hour), self.zone)

    def hours_from(self, moment: datetime) -> datetime:
        """When somebody reads what comes in: at this moment, or from the morning of the next answering day.

        An answering day's hours begin at eight, and end with the hour by which requests are answered.
        """
        local = moment.astimezone(self.zone)
        day = self.answering_day_from(local.date())
        if day == local.date() and local.hour >= _MORNING:
            if local.hour < self.by_hour:
                return moment
            day = self.answering_day_from(day + _DAY)
        return datetime.combine(day, time(_MORNING), self.zone)

    def could_answer_by(self, moment: datetime) -> datetime:
        """The soonest moment by which an answer can be expected at all: somebody has had an hour to give it.

        The hour lies within the hours of one answering day, where those last so long.
        """
        read_at = self.hours_from(moment).astimezone(UTC)
        answered_at = read_at + _AN_ANSWER_TAKES
        closes = answered_at.astimezone(self.zone)
        if (closes.hour, closes.minute) > (max(self.by_hour, _MORNING + 1), 0):
            answered_at = self.hours_from(answered_at).astimezone(UTC) + _AN_ANSWER_TAKES
        return answered_at

    def asked_until(self, answered_by: datetime) -> datetime:
        """The last moment at which somebody who asks could have an answer by then."""
        latest = answered_by.astimezone(UTC) - _AN_ANSWER_TAKES
        day = latest.astimezone(self.zone).date()
        while self.could_answer_by(latest) > answered_by:
            closes = datetime.combine(day, time(max(self.by_hour, _MORNING + 1)), self.zone)
            latest = min(latest, closes.astimezone(UTC) - _AN_ANSWER_TAKES)
            day -= _DAY
        return latest

    def answering_day_from(self, day: date) -> date:
        """This day, or the first after it, on which the practice answers."""
        while day.isoweekday() not in self.days or any(away.covers(day) for away in self.absences):
            day += _DAY
        return day
