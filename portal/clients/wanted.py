"""Which clients a list shows, as its address says it: forgiving of anything that is typed into one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

# No practice's clients reach further either way, and dates at the end of all time have no zone.
_YEARS = range(2000, 2201)
_MOST_TYPED = 100
# Who was asked in, and has not come yet: a stage before all that a client can be at.
INVITED = "invited"
STAGES = (
    INVITED,
    "joined",
    "reading",
    "answering",
    "sent",
    "asked",
    "confirmed",
    "met",
    "archived",
)


class Order(StrEnum):
    # When something last happened.
    MOVED = "moved"
    JOINED = "joined"
    ADDRESS = "address"


@dataclass(frozen=True, kw_only=True)
class After:
    """The list goes on behind this client; of a list by time, behind where they stood then."""

    reference: str
    moved_at: datetime | None = None

    def __str__(self) -> str:
        if self.moved_at is None:
            return self.reference
        return f"{self.reference}.{self.moved_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the list shows, and how it is sorted."""

    typed: str = ""
    stage: str = ""
    # What was asked for; what is done is `sorted_by`.
    order: Order = Order.MOVED
    # The other way round: the oldest first, or from Z to A.
    reversed: bool = False
    # Something happened last between these days, both included.
    since: date | None = None
    until: date | None = None
    after: After | None = None

    @property
    def sorted_by(self) -> Order:
        """Names are found by when somebody joined, and a stretch of time by time: so each has an index."""
        if self.typed:
            return Order.JOINED
        return Order.MOVED if self.since or self.until else self.order

    @property
    def is_narrowed(self) -> bool:
        return bool(self.typed or self.stage or self.since or self.until)

    def address(self) -> dict[str, str]:
        """What an address says that leads here again: only what is not as usual."""
        said = {
            "q": self.typed,
            "stage": self.stage,
            "sort": self.order.value if self.order is not Order.MOVED else "",
            "reversed": "yes" if self.reversed else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "after": str(self.after) if self.after else "",
        }
        return {name: value for name, value in said.items() if value}

    def behind(self, reference: str, moved_at: datetime) -> Wanted:
        """The same list, behind this client."""
        by_time = self.sorted_by is Order.MOVED
        return replace(self, after=After(reference=reference, moved_at=moved_at if by_time else None))


def wanted_in(said: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """What an address asks for, and the names of what in it could not be understood, which is left out."""
    read = {
        "stage": _stage_in(said.get("stage", "")),
        "order": _order_in(said.get("sort", "")),
        "since": _day_in(said.get("since", "")),
        "until": _day_in(said.get("until", "")),
        "after": _after_in(said.get("after", "")),
    }
    typed = " ".join(said.get("q", "").replace("\0", " ").split())[:_MOST_TYPED]
    understood: dict[str, Any] = {name: value for name, value in read.items() if value is not None}
    names = {"order": "sort"}
    left_out = [names.get(name, name) for name in read if name not in understood]
    left_out = [name for name in left_out if said.get(name)]
    return Wanted(typed=typed, reversed=said.get("reversed") == "yes", **understood), left_out


def _stage_in(text: str) -> str | None:
    return text if text in STAGES else None


def _order_in(text: str) -> Order | None:
    return next((order for order in Order if order.value == text), None)


def _day_in(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _after_in(text: str) -> After | None:
    reference, _, moment = text.partition(".")
    if not (reference.isascii() and reference.isalnum() and len(reference) <= 40):
        return None
    if not moment:
        return After(reference=reference)
    try:
        moved_at = datetime.strptime(moment, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return After(reference=reference, moved_at=moved_at) if moved_at.year in _YEARS else None
