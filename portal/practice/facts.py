"""The practice's facts as every page needs them, remembered for a few seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.practice.answering import Answering, Away
from portal.practice.models import ONLY_ROW, Absence, Practice
from portal.web.formatting import full_day

_REMEMBERED_SECONDS = 10.0
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_ABSENCES = select(Absence).order_by(Absence.first_day)
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
    # Whether clients and therapists can write to one another here.
    takes_messages: bool = True
    # The days on which it is away, in order; and of these the ones that are now.
    absences: tuple[Away, ...] = ()
    away: Away | None = None
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

    # What is asked for on nearly every page is made once for as long as the facts are remembered.
    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def watched(self) -> str:
        """What every page says about when somebody reads what comes in."""
        if self.away:
            back = full_day(self.back_on(self.away))
            return f"This portal is not watched now. The practice is away, and reads messages from {back} on."
        days = _days_in_words(self.answering_days)
        return f"This portal is not watched around the clock. Messages are read {days}."

    @cached_property
    def answers_in_words(self) -> str:
        """How soon a request is answered, as a sentence."""
        return self._answered("Requests")

    @cached_property
    def answers_to_messages(self) -> str:
        """How soon a message is answered, as a sentence."""
        return self._answered("Messages")

    def _answered(self, what: str) -> str:
        read = f"{what} are answered {_days_in_words(self.answering_days)}"
        if self.answers_within_days == 1:
            return f"{read}, on the next of these days at the latest."
        days = _NUMBERS.get(self.answers_within_days, str(self.answers_within_days))
        return f"{read}, within {days} of these days."

    @cached_property
    def answering(self) -> Answering:
        return Answering(
            zone=self.zone,
            days=frozenset(self.answering_days),
            within_days=self.answers_within_days,
            by_hour=self.answers_by_hour,
            absences=self.absences,
        )

    def back_on(self, away: Away) -> date:
        """The first day after it on which the practice answers."""
        return self.answering.answering_day_from(away.last_day)

    def as_of(self, today: date) -> Facts:
        """These facts, with what is so on this day of the practice's zone."""
        return replace(self, away=next((each for each in self.absences if each.covers(today)), None))


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
                facts = practice_facts(db)
        except SQLAlchemyError:
            # A page that says the database does not answer still has to show where help is.
            return
        self._facts = facts.as_of(clock.now().astimezone(facts.zone).date())
        self._until = clock.ticks() + _REMEMBERED_SECONDS


def current_practice() -> Facts:
    remembered: Remembered = current_app.extensions["practice"]
    return remembered.facts()


def practice_facts(db: Session) -> Facts:
    """The stored facts, or the defaults of a practice that has not said anything yet."""
    row = db.get(Practice, ONLY_ROW)
    absences = tuple(map(_away, db.scalars(_ABSENCES)))
    if row is None:
        return Facts(absences=absences)
    return Facts(
        name=row.name,
        country=row.country,
        time_zone=row.time_zone,
        answering_days=tuple(int(day) for day in row.answering_days.split(",")),
        answers_within_days=row.answers_within_days,
        answers_by_hour=row.answers_by_hour,
        self_sign_up=row.self_sign_up,
        help_lines_confirmed_on=row.help_lines_confirmed_on,
        takes_messages=row.takes_messages,
        absences=absences,
        about=row.about or "",
        reached_by=row.reached_by or "",
        help_lines=row.help_lines or "",
        mail_words=words_in(row.mail_words),
        settled=frozenset(filter(None, row.settled.split(","))),
        setting_up=row.setting_up,
        mail_proved_as=row.mail_proved_as or "",
    )


def _away(row: Absence) -> Away:
    return Away(
        reference=row.reference,
        first_day=row.first_day,
        last_day=row.last_day,
        stand_in=row.stand_in,
        stand_in_email=row.stand_in_email,
        words=row.words,
    )


def words_in(text: str | None) -> Mapping[str, Mapping[str, str]]:
    """The practice's words for mails as they are stored."""
    return json.loads(text) if text else {}
