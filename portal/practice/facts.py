"""The practice's facts as every page needs them, remembered for a few seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.practice.answering import Answering
from portal.practice.models import ONLY_ROW, Practice

_REMEMBERED_SECONDS = 10.0
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a practice says of itself; the defaults are what a copy says before it was told anything."""

    name: str = "Foyer"
    country: str = ""
    time_zone: str = "UTC"
    answering_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    answers_within_days: int = 2
    answers_by_hour: int = 18
    # Whether anybody may make an account, or only who was invited.
    self_sign_up: bool = True
    # When somebody of the practice last looked whether the help lines are right.
    help_lines_confirmed_on: date | None = None
    # What it says of itself on its first page, and how it is reached otherwise; empty if it says nothing.
    about: str = ""
    reached_by: str = ""
    # Its own help lines as JSON, with the country for which they were written down; empty if it has none.
    help_lines: str = ""
    # Its own words for mails: by message, and there by the piece in whose place they stand.
    mail_words: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    # The pages of the first start that were gone through, and whether it still goes on.
    settled: frozenset[str] = frozenset()
    setting_up: bool = False
    # By which way a test mail went that was seen to arrive.
    mail_proved_as: str = ""

    @property
    def is_named(self) -> bool:
        """Whether it has said what it is called; until then it bears the product's name."""
        return self.name != Facts.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def watched(self) -> str:
        """What every page says about when somebody reads what comes in."""
        days = _days_in_words(self.answering_days)
        return f"This portal is not watched around the clock. Messages are read {days}."

    @property
    def answers_in_words(self) -> str:
        """How soon a request is answered, as a sentence."""
        read = f"Requests are answered {_days_in_words(self.answering_days)}"
        if self.answers_within_days == 1:
            return f"{read}, on the next of these days at the latest."
        days = _NUMBERS.get(self.answers_within_days, str(self.answers_within_days))
        return f"{read}, within {days} of these days."

    @property
    def answering(self) -> Answering:
        return Answering(
            zone=self.zone,
            days=frozenset(self.answering_days),
            within_days=self.answers_within_days,
            by_hour=self.answers_by_hour,
        )


def _days_in_words(days: tuple[int, ...]) -> str:
    """For example: Monday to Thursday; Monday, Wednesday and Friday."""
    names = [_WEEKDAYS[day - 1] for day in sorted(days)]
    if len(days) > 2 and max(days) - min(days) == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


class Remembered:
    """One process's memory of the facts. A change made elsewhere is seen within ten seconds."""

    def __init__(self) -> None:
        self._facts = Facts()
        self._until = float("-inf")

    def facts(self) -> Facts:
        if clock.ticks() >= self._until:
            self._look_again()
        return self._facts

    def forget(self) -> None:
        self._until = float("-inf")

    def _look_again(self) -> None:
        try:
            with current_app.extensions["database"]() as db:
                self._facts = practice_facts(db)
        except SQLAlchemyError:
            # A page that says the database does not answer still has to show where help is.
            return
        self._until = clock.ticks() + _REMEMBERED_SECONDS


def current_practice() -> Facts:
    remembered: Remembered = current_app.extensions["practice"]
    return remembered.facts()


def practice_facts(db: Session) -> Facts:
    """The stored facts, or the defaults of a practice that has not said anything yet."""
    row = db.get(Practice, ONLY_ROW)
    if row is None:
        return Facts()
    return Facts(
        name=row.name,
        country=row.country,
        time_zone=row.time_zone,
        answering_days=tuple(int(day) for day in row.answering_days.split(",")),
        answers_within_days=row.answers_within_days,
        answers_by_hour=row.answers_by_hour,
        self_sign_up=row.self_sign_up,
        help_lines_confirmed_on=row.help_lines_confirmed_on,
        about=row.about or "",
        reached_by=row.reached_by or "",
        help_lines=row.help_lines or "",
        mail_words=words_in(row.mail_words),
        settled=frozenset(filter(None, row.settled.split(","))),
        setting_up=row.setting_up,
        mail_proved_as=row.mail_proved_as or "",
    )


def words_in(text: str | None) -> Mapping[str, Mapping[str, str]]:
    """The practice's words for mails as they are stored."""
    return json.loads(text) if text else {}
