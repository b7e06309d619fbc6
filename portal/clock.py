"""The only place that reads the system's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def ticks() -> float:
    """Seconds on a clock that never goes backwards; only differences mean anything."""
    return time.monotonic()
