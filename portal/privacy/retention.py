"""How long things are kept, and when they are erased. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# So long somebody who asked for erasure can think again.
THOUGHT_OVER = timedelta(days=30)
# So long before it is erased by itself, a client stands on the therapist's list, and has been told.
LISTED_FOR = timedelta(days=30)
# The last letters to an address are waited for so long, and no longer.
LETTERS_AWAITED = timedelta(days=3)
MOST_MONTHS = 600
# By so many months at most an erasure is put off at once.
MOST_PUT_OFF = 24


class Reason(StrEnum):
    """Why everything of a client's is to be erased."""

    ASKED = "asked"
    KEPT_LONG_ENOUGH = "kept-long-enough"


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What a practice has set. By itself it erases nobody, and owes nobody to keep anything."""

    # So many months after somebody was last here everything of theirs is erased; None for never by itself.
    months_kept: int | None = None
    # So many months after the two last met the practice has to keep it, whatever its client wishes; and the
    # reason, as clients read it.
    months_owed: int = 0
    why_owed: str = ""


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or the last one of a shorter: 31 January and a month, 28 February."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def erased_when_asked(asked_at: datetime, retention: Retention, last_met_at: datetime | None) -> datetime:
    """When it is erased if its client asks now: after the days to think again, and no sooner than is owed."""
    thought_over = asked_at + THOUGHT_OVER
    if last_met_at is None or not retention.months_owed:
        return thought_over
    return max(thought_over, months_later(last_met_at, retention.months_owed))


def listed_from(
    retention: Retention, last_here_at: datetime, last_met_at: datetime | None
) -> datetime | None:
    """From when somebody stands on the list of those who are erased by themselves; None for never."""
    if retention.months_kept is None:
        return None
    kept_until = months_later(last_here_at, retention.months_kept)
    if last_met_at is not None and retention.months_owed:
        kept_until = max(kept_until, months_later(last_met_at, retention.months_owed))
    return kept_until - LISTED_FOR
