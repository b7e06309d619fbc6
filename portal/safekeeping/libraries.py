"""From which day the libraries are that the portal is locked to, so that a copy can say how old they are."""

from __future__ import annotations

from datetime import date, timedelta

# Both change with requirements.lock: the day on which its packages were the newest that the tests had passed.
LOCKED_ON = date(2026, 11, 28)
LOCK = "4b05ed5ba0491d5eec60ab57b3a523fbfb9a95cd5c12c64a8255467ba2c2ff9e"
# Once in three months, as docs/security.md says, and some days to do it.
_RENEWED_WITHIN = timedelta(days=100)


def are_old(today: date) -> bool:
    """Whether newer ones should have come by now (ASVS 15.2.1)."""
    return today - LOCKED_ON > _RENEWED_WITHIN
