"""What a practice can say of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.errors import Refused
from portal.practice.models import ONLY_ROW, Practice

_NAME_LENGTH = 80
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_DAYS = 30
_WEEKDAYS = range(1, 8)


class UnfitFacts(Refused):
    """A practice cannot be described like that. Says in one line why."""


class NotDescribed(Refused):
    """The practice has not said what it is called and where it is."""


def describe_practice(
    db: Session,
    *,
    name: str,
    country: str,
    time_zone: str,
    answering_days: Iterable[int],
    answers_within_days: int,
    answers_by_hour: int,
) -> Practice:
    """Keep what the practice says of itself, in place of what it said before. Raises UnfitFacts.

    `country` is ISO 3166-1 alpha-2, `time_zone` an IANA name, `answering_days` are ISO weekdays, and
    `answers_by_hour` is the local hour, 0 to 23. Help lines that were confirmed for another country
    are no longer confirmed.
    """
    if not 1 <= answers_within_days <= _MOST_DAYS:
        raise UnfitFacts(f"requests are answered within 1 to {_MOST_DAYS} answering days")
    if not 0 <= answers_by_hour <= 23:
        raise UnfitFacts("requests are answered by an hour from 0 to 23")
    practice = db.get(Practice, ONLY_ROW, populate_existing=True) or Practice(id=ONLY_ROW)
    practice.name = _name(name)
    if practice.country != _country(country):
        practice.country, practice.help_lines_confirmed_on = _country(country), None
    practice.time_zone = _time_zone(time_zone)
    practice.answering_days = _days(answering_days)
    practice.answers_within_days = answers_within_days
    practice.answers_by_hour = answers_by_hour
    db.add(practice)
    return practice


def confirm_help_lines(db: Session, *, on: date) -> Practice:
    """Somebody of the practice has looked, on this day of its zone, whether its help lines are right.

    Raises NotDescribed.
    """
    practice = db.get(Practice, ONLY_ROW, populate_existing=True)
    if practice is None:
        raise NotDescribed
    practice.help_lines_confirmed_on = on
    return practice


def open_sign_up(db: Session, *, to_everybody: bool) -> Practice:
    """Whether anybody may make an account here, or only who was invited. Raises NotDescribed."""
    practice = db.get(Practice, ONLY_ROW, populate_existing=True)
    if practice is None:
        raise NotDescribed
    practice.self_sign_up = to_everybody
    return practice


def _name(name: str) -> str:
    # One line, without what cannot be seen: it stands in the subject of every mail.
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 1 <= len(line) <= _NAME_LENGTH:
        raise UnfitFacts(f"the practice's name has 1 to {_NAME_LENGTH} characters")
    return line


def _country(country: str) -> str:
    code = country.strip().upper()
    if not _COUNTRY.fullmatch(code):
        raise UnfitFacts(f"{country!r} is not a country's two letters, as GB or US are")
    return code


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnfitFacts(f"{name!r} is not an IANA time zone, as Europe/London is") from None
    return name


def _days(days: Iterable[int]) -> str:
    chosen = sorted(set(days))
    if not chosen or not all(day in _WEEKDAYS for day in chosen):
        raise UnfitFacts("the answering days are numbers from 1, Monday, to 7, Sunday, at least one of them")
    return ",".join(str(day) for day in chosen)
