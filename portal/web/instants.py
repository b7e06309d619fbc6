"""A moment as pages post it and addresses name it: 2027-03-02T10:00Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)


def instant_in(text: str | None) -> datetime | None:
    """The moment that this text names, in UTC; None if it names none. It may lie in any year."""
    if not _SHAPE.fullmatch(text or ""):
        return None
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None


def posted(moment: datetime) -> str:
    """The reverse: the moment as a time on a page posts it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
