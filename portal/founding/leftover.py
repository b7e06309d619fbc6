"""What is left to do before clients come, and what would be good to do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.founding.first_pages import Page

_CHECKED_FOR = timedelta(days=365)


class Left(StrEnum):
    """One thing that is left, in the order of the pages where it is done."""

    NAME = "name"
    NAME_TELLS = "name-tells"
    SECOND_STEP = "second-step"
    COUNTRY = "country"
    NO_HELP_LINES = "no-help-lines"
    HELP_LINES = "help-lines"
    HELP_LINES_OLD = "help-lines-old"
    HOURS = "hours"
    ANSWERS = "answers"
    MAIL = "mail"
    ABOUT = "about"

    @property
    def is_serious(self) -> bool:
        """Whether clients would be worse off for it."""
        return self in _SERIOUS

    @property
    def page(self) -> Page:
        return _DONE_ON[self]


_SERIOUS = frozenset(
    [Left.NAME, Left.SECOND_STEP, Left.COUNTRY, Left.NO_HELP_LINES, Left.HELP_LINES, Left.HOURS, Left.MAIL]
)
_DONE_ON = {
    Left.NAME: Page.NAME,
    Left.NAME_TELLS: Page.NAME,
    Left.SECOND_STEP: Page.THERAPIST,
    Left.COUNTRY: Page.PLACE,
    Left.NO_HELP_LINES: Page.HELP_LINES,
    Left.HELP_LINES: Page.HELP_LINES,
    Left.HELP_LINES_OLD: Page.HELP_LINES,
    Left.HOURS: Page.HOURS,
    Left.ANSWERS: Page.ANSWERS,
    Left.MAIL: Page.MAIL,
    Left.ABOUT: Page.ABOUT,
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a practice has come."""

    is_named: bool
    name_tells: bool
    has_second_step: bool
    has_country: bool
    has_help_lines: bool
    help_lines_confirmed_on: date | None
    today: date
    has_hours: bool
    mail_arrives: bool
    # The pages of the first start that were gone through; none where a practice was described otherwise.
    settled: Collection[str]


def left_to_do(standing: Standing) -> Sequence[Left]:
    """What is left, in the order of the pages."""
    confirmed = standing.help_lines_confirmed_on
    by_pages = bool(standing.settled)
    is_so = {
        Left.NAME: not standing.is_named,
        Left.NAME_TELLS: standing.name_tells,
        Left.SECOND_STEP: not standing.has_second_step,
        Left.COUNTRY: not standing.has_country,
        Left.NO_HELP_LINES: standing.has_country and not standing.has_help_lines,
        Left.HELP_LINES: standing.has_help_lines and confirmed is None,
        Left.HELP_LINES_OLD: confirmed is not None and standing.today - confirmed > _CHECKED_FOR,
        Left.HOURS: not standing.has_hours,
        Left.ANSWERS: by_pages and Page.ANSWERS not in standing.settled,
        Left.MAIL: not standing.mail_arrives,
        Left.ABOUT: by_pages and Page.ABOUT not in standing.settled,
    }
    return [each for each in Left if is_so[each]]
