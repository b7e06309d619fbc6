"""What a practice can say of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.errors import NotFound, Refused
from portal.journal.lines import Hand, What
from portal.journal.noting import Somebody, note
from portal.practice.facts import Facts, words_in
from portal.practice.models import ONLY_ROW, Absence, Practice

MOST_ABOUT, MOST_REACHED_BY = 600, 120
_NAME_LENGTH = 80
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_DAYS = 30
_WEEKDAYS = range(1, 8)
_LONGEST_ABSENCE = timedelta(days=366)
_MOST_WORDS = 500


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
    # All of it is looked at before any of it is kept.
    called, code, zone = _name(name), _country(country), _time_zone(time_zone)
    say_when_answered(db, days=answering_days, within_days=answers_within_days, by_hour=answers_by_hour)
    place_practice(db, country=code, time_zone=zone)
    return name_practice(db, called)


def name_practice(db: Session, name: str, *, by: Somebody | Hand = Hand.OPERATOR) -> Practice:
    """What it is called, on every page and in every mail. Raises UnfitFacts."""
    called = _name(name)
    practice = practice_row(db)
    practice.name = called
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def place_practice(
    db: Session, *, country: str, time_zone: str, by: Somebody | Hand = Hand.OPERATOR
) -> Practice:
    """Where it is; lines confirmed for another country are not any longer. Raises UnfitFacts."""
    code, zone = _country(country), _time_zone(time_zone)
    practice = practice_row(db)
    if practice.country != code:
        practice.country, practice.help_lines_confirmed_on = code, None
    practice.time_zone = zone
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def say_when_answered(
    db: Session, *, days: Iterable[int], within_days: int, by_hour: int, by: Somebody | Hand = Hand.OPERATOR
) -> Practice:
    """How soon requests are answered: within so many of these days, by this local hour. Raises UnfitFacts."""
    if not 1 <= within_days <= _MOST_DAYS:
        raise UnfitFacts(f"requests are answered within 1 to {_MOST_DAYS} answering days")
    if not 0 <= by_hour <= 23:
        raise UnfitFacts("requests are answered by an hour from 0 to 23")
    chosen = _days(days)
    practice = practice_row(db)
    practice.answering_days, practice.answers_within_days, practice.answers_by_hour = (
        chosen,
        within_days,
        by_hour,
    )
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def say_about(db: Session, *, about: str, reached_by: str, by: Somebody | Hand = Hand.OPERATOR) -> Practice:
    """What it says of itself on its first page, and how it is reached otherwise; either may be empty.

    Raises UnfitFacts.
    """
    if len(about) > MOST_ABOUT:
        raise UnfitFacts(f"there is room for {MOST_ABOUT} characters")
    practice = practice_row(db)
    practice.about = about.strip() or None
    practice.reached_by = _one_line(reached_by)[:MOST_REACHED_BY] or None
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def settle(db: Session, page: str, *, of: Collection[str]) -> Practice:
    """This page of the first start was gone through; the first start is over once all `of` them were."""
    practice = practice_row(db)
    settled = {*filter(None, practice.settled.split(",")), page}
    practice.settled = ",".join(sorted(settled))
    practice.setting_up = not settled >= set(of)
    return practice


def end_first_start(db: Session) -> Practice:
    """Whatever is left can be done at any time; no page speaks of the first start any more."""
    practice = practice_row(db)
    practice.setting_up = False
    return practice


def keep_help_lines(db: Session, lines: str | None, *, by: Somebody | Hand = Hand.OPERATOR) -> Practice:
    """Own help lines, as JSON, in place of those that come with the portal; None for these.

    Whatever was confirmed is not any longer.
    """
    practice = practice_row(db)
    practice.help_lines, practice.help_lines_confirmed_on = lines, None
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def keep_mail_words(
    db: Session, message: str, words: Mapping[str, str], *, by: Somebody | Hand = Hand.OPERATOR
) -> Practice:
    """The practice's words for a mail, by the piece in whose place they stand; none for the portal's own."""
    practice = practice_row(db)
    kept = dict(words_in(practice.mail_words))
    kept.pop(message, None)
    if words:
        kept[message] = dict(words)
    practice.mail_words = json.dumps(kept) if kept else None
    note(db, What.PRACTICE_DESCRIBED, by=by)
    return practice


def confirm_help_lines(db: Session, *, on: date, by: Somebody | Hand = Hand.OPERATOR) -> Practice:
    """Somebody of the practice has looked, on this day of its zone, whether its help lines are right.

    Raises NotDescribed.
    """
    practice = db.get(Practice, ONLY_ROW, populate_existing=True)
    if practice is None:
        raise NotDescribed
    practice.help_lines_confirmed_on = on
    note(db, What.HELP_LINES_CONFIRMED, by=by)
    return practice


def open_sign_up(db: Session, *, to_everybody: bool, by: Somebody | Hand) -> Practice:
    """Whether anybody may make an account here, or only who was invited. Raises NotDescribed."""
    practice = db.get(Practice, ONLY_ROW, populate_existing=True)
    if practice is None:
        raise NotDescribed
    practice.self_sign_up = to_everybody
    note(db, What.SIGN_UP_SWITCHED, by=by)
    return practice


def switch_messages(db: Session, *, on: bool, by: Somebody | Hand) -> None:
    """Whether clients and therapists can write to one another here. Raises NotDescribed."""
    practice = db.get(Practice, ONLY_ROW, populate_existing=True)
    if practice is None:
        raise NotDescribed
    practice.takes_messages = on
    note(db, What.ALL_MESSAGES_SWITCHED, by=by)


def go_away(
    db: Session,
    *,
    first_day: date,
    last_day: date,
    today: date,
    stand_in: str | None = None,
    stand_in_email: str | None = None,
    words: str | None = None,
    by: Somebody | Hand = Hand.OPERATOR,
) -> Absence:
    """The practice is away on these days of its zone, both included. Raises UnfitFacts.

    `stand_in` is who is there meanwhile, as clients read it. With the address by which they sign in here they
    are told what the practice would be told. Absences that are over are forgotten.
    """
    if not max(first_day, today) <= last_day < first_day + _LONGEST_ABSENCE:
        raise UnfitFacts("an absence ends today or later, after it begins, and lasts a year at most")
    if stand_in_email and not stand_in:
        raise UnfitFacts("whoever stands in has a name that clients can read")
    if words and len(words) > _MOST_WORDS:
        raise UnfitFacts(f"there is room for {_MOST_WORDS} characters")
    db.execute(delete(Absence).where(Absence.last_day < today))
    if db.scalar(select(Absence.id).where(Absence.first_day <= last_day, Absence.last_day >= first_day)):
        raise UnfitFacts("the practice is away on some of these days already")
    absence = Absence(
        first_day=first_day,
        last_day=last_day,
        stand_in=_short_line(stand_in, "whoever stands in has a name of") if stand_in else None,
        stand_in_email=stand_in_email.strip().lower() if stand_in_email else None,
        words=words or None,
    )
    db.add(absence)
    note(db, What.WENT_AWAY, by=by)
    return absence


def come_back(db: Session, reference: str, *, today: date, by: Somebody | Hand = Hand.OPERATOR) -> None:
    """The absence ends: with yesterday, or, if it has not begun before today, as if it had never been.

    Raises NotFound.
    """
    absence = db.scalar(select(Absence).where(Absence.reference == reference, Absence.last_day >= today))
    if absence is None:
        raise NotFound
    if absence.first_day < today:
        absence.last_day = today - timedelta(days=1)
    else:
        db.delete(absence)
    note(db, What.CAME_BACK, by=by)


def practice_row(db: Session) -> Practice:
    """The practice's row as it is now, for a change; one that has said nothing yet begins with defaults."""
    practice = db.get(Practice, ONLY_ROW, populate_existing=True, with_for_update=True)
    return _first_row(db) if practice is None else practice


def _first_row(db: Session) -> Practice:
    """Of two who begin at the same moment the second finds the row of the first, and what they said in it."""
    unsaid = Facts()
    first = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.execute(
        first(Practice)
        .values(
            id=ONLY_ROW,
            name=unsaid.name,
            country=unsaid.country,
            time_zone=unsaid.time_zone,
            answering_days=_days(unsaid.answering_days),
            answers_within_days=unsaid.answers_within_days,
            answers_by_hour=unsaid.answers_by_hour,
            settled="",
        )
        .on_conflict_do_nothing()
    )
    return db.get_one(Practice, ONLY_ROW, populate_existing=True, with_for_update=True)


def _name(name: str) -> str:
    # It stands in the subject of every mail.
    return _short_line(name, "the practice's name has")


def _short_line(name: str, says: str) -> str:
    line = _one_line(name)
    if not 1 <= len(line) <= _NAME_LENGTH:
        raise UnfitFacts(f"{says} 1 to {_NAME_LENGTH} characters")
    return line


def _one_line(text: str) -> str:
    """Without what cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


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
