"""The three steps of a client's way, in any order, and where each of them stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """Where a step stands. None of them is a precondition of another."""

    OPEN = "open"
    BEGUN = "begun"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Standings:
    reading: Standing
    questions: Standing
    time: Standing

    @property
    def next_open(self) -> str | None:
        """The step that the page points at: the first that wants something from the client, if any does."""
        for name in ("reading", "questions", "time"):
            if getattr(self, name) in {Standing.OPEN, Standing.BEGUN}:
                return name
        return None


def standings(
    *, said_read: bool, answers_begun: bool, answers_sent: bool, time_asked: bool, time_confirmed: bool
) -> Standings:
    """Where the three steps stand, from what the client did and said."""
    return Standings(
        reading=Standing.DONE if said_read else Standing.OPEN,
        questions=_questions(answers_begun, answers_sent),
        time=_time(time_asked, time_confirmed),
    )


def _questions(begun: bool, sent: bool) -> Standing:
    if sent:
        return Standing.DONE
    return Standing.BEGUN if begun else Standing.OPEN


def _time(asked: bool, confirmed: bool) -> Standing:
    if confirmed:
        return Standing.DONE
    return Standing.WAITING if asked else Standing.OPEN
