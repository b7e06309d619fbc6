"""Whom to call in which country, as the content file says it. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from portal.errors import Refused

_CODE = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"[0-9]+(?: [0-9]+)*")
_OF_A_COUNTRY = {"name", "emergency", "lines"}
_MAY_BE_OF_A_COUNTRY = {"police"}
_OF_A_LINE = {"name", "call", "text", "word", "hours", "languages"}


MOST_LINES = 12


class UnfitHelpLines(Exception):
    """The content file does not say what it has to. Says where, and what is wrong."""


class LastLine(Refused):
    """A practice names somebody who listens: its last line can be changed, and not be taken away."""


class TooManyLines(Refused):
    """Nobody reads so many numbers when they need one."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line that listens: to call, to text, or both."""

    name: str
    # Numbers as people read them, in groups.
    call: str = ""
    text: str = ""
    # What the text has to say, where the line asks for a word to begin with.
    word: str = ""
    # For example: at any hour. Empty where it varies.
    hours: str = ""
    languages: str = ""


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country's help: its emergency numbers, and at least one line that listens."""

    # ISO 3166-1 alpha-2.
    code: str
    name: str
    # What sends an ambulance; the police too, unless they have a number of their own.
    emergency: str
    police: str = ""
    lines: tuple[Line, ...]


@lru_cache(maxsize=2)
def read_help_lines(toml: str) -> Mapping[str, Country]:
    """The countries of this TOML text by their code, in the order of their names. Raises UnfitHelpLines."""
    countries = [_country(code, facts) for code, facts in tomllib.loads(toml).items()]
    return {country.code: country for country in sorted(countries, key=lambda country: country.name)}


def dialled(number: str) -> str:
    """A number as a telephone wants it, without its groups: 116 123 is 116123."""
    return number.replace(" ", "")


def is_number(text: str) -> bool:
    """Whether it is a number to call or to text: figures, in groups or not."""
    return _NUMBER.fullmatch(text) is not None


def kept(country: Country) -> str:
    """A practice's own lines, to be stored."""
    return json.dumps(asdict(country))


@lru_cache(maxsize=16)
def own_lines(text: str) -> Country:
    """The lines that were stored."""
    facts = json.loads(text)
    return Country(**facts | {"lines": tuple(Line(**line) for line in facts["lines"])})


def with_line(country: Country, line: Line, *, place: int | None) -> Country:
    """With this line at a place, counted from 0, in place of the one that stands there; or at the end.

    Raises TooManyLines.
    """
    lines = list(country.lines)
    if place is not None:
        lines[place] = line
    elif len(lines) >= MOST_LINES:
        raise TooManyLines
    else:
        lines.append(line)
    return replace(country, lines=tuple(lines))


def without_line(country: Country, place: int) -> Country:
    """Without the line at this place, counted from 0. Raises LastLine."""
    if len(country.lines) == 1:
        raise LastLine
    return replace(country, lines=country.lines[:place] + country.lines[place + 1 :])


def line_first(country: Country, place: int) -> Country:
    """With the line at this place before the others: it is the one that stands on every page."""
    line = country.lines[place]
    return replace(country, lines=(line, *country.lines[:place], *country.lines[place + 1 :]))


def _country(code: str, facts: dict[str, Any]) -> Country:
    if not _CODE.fullmatch(code):
        raise UnfitHelpLines(f"{code} is not the two capital letters of a country")
    if set(facts) - _MAY_BE_OF_A_COUNTRY != _OF_A_COUNTRY or not facts["lines"]:
        raise UnfitHelpLines(f"{code} has to have a name, an emergency number, and lines")
    for number in (facts["emergency"], facts.get("police", facts["emergency"])):
        if not _NUMBER.fullmatch(number):
            raise UnfitHelpLines(f"{code}: {number!r} is not a number to call")
    if facts.get("police") == facts["emergency"]:
        raise UnfitHelpLines(f"{code}: the police are named where their number is another one")
    return Country(
        code=code,
        name=facts["name"],
        emergency=facts["emergency"],
        police=facts.get("police", ""),
        lines=tuple(_line(code, line) for line in facts["lines"]),
    )


def _line(code: str, facts: dict[str, str]) -> Line:
    if not set(facts) <= _OF_A_LINE or not facts.get("name"):
        raise UnfitHelpLines(f"{code}: a line has a name, and otherwise {', '.join(sorted(_OF_A_LINE))}")
    numbers = [facts[way] for way in ("call", "text") if way in facts]
    if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
        raise UnfitHelpLines(f"{code}: {facts['name']} needs a number to call or to text, in figures")
    return Line(**facts)
