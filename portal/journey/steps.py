"""The three steps of a client's way, in any order, and where each of them stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.scheduling.lifecycle import Status

_ROUND_MINUTES = 5


class Standing(StrEnum):
    """Where a step stands. None of them is a precondition of another."""

    # There is nothing to do here, and the page points at something else.
    ABSENT = "absent"
    OPEN = "open"
    BEGUN = "begun"
    WAITING = "waiting"
    # A time is confirmed, and another one asked for or offered instead of it.
    MOVING = "moving"
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
    *,
    said_read: bool | None,
    questions: int,
    answers_begun: bool,
    answers_sent: bool,
    held: Iterable[Status],
) -> Standings:
    """Where the three steps stand, from what the client did and said.

    `said_read` is None where there is nothing to read, `questions` is how many there are, and `held` is how
    the consultations stand that hold a time from now on.
    """
    return Standings(
        reading=_reading(said_read),
        questions=_questions(questions, answers_begun, answers_sent),
        time=_time(set(held)),
    )


def minutes_together(*parts: int) -> int:
    """How long it all takes, honestly: up to the next five minutes."""
    return -(-sum(parts) // _ROUND_MINUTES) * _ROUND_MINUTES


def _reading(said: bool | None) -> Standing:
    if said is None:
        return Standing.ABSENT
    return Standing.DONE if said else Standing.OPEN


def _questions(number: int, begun: bool, sent: bool) -> Standing:
    if sent:
        return Standing.DONE
    if begun:
        return Standing.BEGUN
    return Standing.OPEN if number else Standing.ABSENT


def _time(held: set[Status]) -> Standing:
    if held > {Status.CONFIRMED}:
        return Standing.MOVING
    if held == {Status.CONFIRMED}:
        return Standing.DONE
    if Status.REQUESTED in held:
        return Standing.WAITING
    # What is kept or offered waits for the client, not for the therapist.
    return Standing.BEGUN if held else Standing.OPEN
