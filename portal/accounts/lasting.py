"""How long somebody stays signed in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# How long it counts that somebody has proved who they are (ASVS 7.5.1).
CONFIRMED_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Lasting:
    """Until nothing was opened for `idle`, and `at_most` in all. The last use is noted every so often."""

    idle: timedelta
    at_most: timedelta
    noted_every: timedelta

    def is_over(self, *, signed_in_at: datetime, last_used_at: datetime, now: datetime) -> bool:
        return now - last_used_at > self.idle or now - signed_in_at > self.at_most

    def until(self, *, signed_in_at: datetime, now: datetime) -> datetime:
        """When it ends if nothing is opened after now."""
        return min(now + self.idle, signed_in_at + self.at_most)


# A device that others use as well: long enough to look something up elsewhere and come back.
SHARED = Lasting(idle=timedelta(minutes=30), at_most=timedelta(hours=12), noted_every=timedelta(minutes=1))
# Somebody's own device, as they said: they come back about once a week, until two months after they began.
OWN = Lasting(idle=timedelta(days=14), at_most=timedelta(days=60), noted_every=timedelta(hours=1))
# A therapist's desk shows what others wrote: a working day at most, and less than a consultation.
DESK = Lasting(idle=timedelta(minutes=15), at_most=timedelta(hours=12), noted_every=timedelta(minutes=1))


def lasting(*, at_the_desk: bool, is_own: bool) -> Lasting:
    if at_the_desk:
        return DESK
    return OWN if is_own else SHARED
