"""Kinds of consultation, and how much of them a day and a week hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_DAY = 24 * 60
# In minutes: no consultation takes longer, and none wants more free time before or after it. Whoever asks
# what is taken around a time need look no further than both.
LONGEST, WIDEST_GAP = 8 * 60, 4 * 60


class Weeks(StrEnum):
    """In which weeks a stretch of hours stands; they begin on Monday, and are counted from 1970-01-05."""

    EVERY = "every"
    ODD = "odd"
    EVEN = "even"


class Manner(StrEnum):
    """How the two meet."""

    VIDEO = "video"
    PHONE = "phone"
    IN_PERSON = "in-person"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What holds for one kind of consultation; lengths of time in minutes."""

    # None and empty for the usual first consultation of a therapist who has named no kinds.
    id: int | None = None
    reference: str = ""
    name: str = "First consultation"
    is_first: bool = True
    manner: Manner | None = None
    length: int
    # Free time that it wants before and after; between two, the larger of the two wishes counts.
    gap_before: int
    gap_after: int
    # How long before its start a time can last be asked for, and how far ahead.
    notice: int
    horizon: int
    # Until how long before its start a client may move or cancel it by themselves.
    changes_until: int
    # A link, a number or an address, told only once a time is confirmed.
    place: str | None = None
    own_hours: bool = False
    retired: bool = False

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.length)

    @property
    def gap(self) -> int:
        """What two of this kind keep between them."""
        return max(self.gap_before, self.gap_after)


@dataclass(frozen=True, kw_only=True)
class Stamina:
    """How many consultations are enough, asked for or settled; None is no limit."""

    most_a_day: int | None = None
    most_a_week: int | None = None
    most_first_a_day: int | None = None
    most_in_a_row: int | None = None
    # Minutes that count as a break between two rows.
    rest: int = 30

    @property
    def limits(self) -> bool:
        return any(
            limit is not None
            for limit in (self.most_a_day, self.most_a_week, self.most_first_a_day, self.most_in_a_row)
        )


FIRST_CONSULTATION = Kind(
    length=50, gap_before=10, gap_after=10, notice=_DAY, horizon=60 * _DAY, changes_until=_DAY
)
