"""Which days differ from the week, which are holidays, and whether hours fit together as written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import combinations
from types import MappingProxyType
from zoneinfo import ZoneInfo

from portal.errors import Refused

_DAY = 24 * 60
_FORTNIGHT = 14 * _DAY

# (first minute, end minute) of a day, and (ISO weekday, first minute, end minute, weeks) of a week.
Stretch = tuple[int, int]
Hours = tuple[int, int, int, int]


class CountryUnknown(Refused):
    """No holidays are known of a country with this code."""


class RegionUnknown(Refused):
    """The country has no such part."""


class ZoneUnknown(Refused):
    """No such time zone."""


class UnfitHours(Refused):
    """These hours cannot be meant as they are written; `places` says which, counted from 0 as given."""

    def __init__(self, *places: int) -> None:
        super().__init__(*places)
        self.places = places


class EndsBeforeItStarts(UnfitHours):
    """It is over before it begins, or at once."""


class LongerThanADay(UnfitHours):
    """It would meet itself on the next day."""


class ShorterThanAConsultation(UnfitHours):
    """No consultation fits into it."""


class GapLongerThanHours(UnfitHours):
    """The free time around a consultation is longer than all of it."""


class HoursOverlap(UnfitHours):
    """Two of them hold the same minutes of some week: `places` are both."""


def dates_of(
    different: Iterable[tuple[date, date, Sequence[Stretch]]],
    closed: Collection[date],
    since: date,
    until: date,
) -> dict[date, Sequence[Stretch]]:
    """The days from `since` to `until`, both included, on which not the weekday's hours hold but these.

    `different` are (first day, last day, stretches), the last day included; those that come later in it were
    written down later and count. They count before the `closed` days, which have no hours: somebody who
    writes down hours for a holiday means to work on it.
    """
    dates: dict[date, Sequence[Stretch]] = {day: () for day in closed if since <= day <= until}
    for first, last, stretches in different:
        begins, ends = max(first, since), min(last, until)
        for ahead in range((ends - begins).days + 1):
            dates[begins + timedelta(days=ahead)] = tuple(stretches)
    return dates


def holidays_in(country: str, region: str | None, years: Iterable[int]) -> Mapping[date, str]:
    """The public holidays of these years by day, with their names in English where there are any.

    `country` is an ISO 3166-1 alpha-2 code, `region` one of its parts as `holiday_countries` names them. Days
    on which a holiday is observed instead are among them, under a name that says so, and so are days that
    hang on the moon and can only be estimated. Raises CountryUnknown, RegionUnknown.
    """
    found: dict[date, str] = {}
    for year in sorted(set(years)):
        found |= _holidays_of(country, region, year)
    return MappingProxyType(found)


@cache
def holiday_countries() -> Mapping[str, Sequence[str]]:
    """The codes of all countries whose holidays are known, each with the codes of its regions, ascending."""
    import holidays  # noqa: PLC0415  # a twentieth of the portal's start

    known = holidays.list_supported_countries(include_aliases=False)
    return MappingProxyType({country: tuple(sorted(known[country])) for country in sorted(known)})


def unfit_hours(hours: Sequence[Hours], *, zone: str, length: int, gap: int) -> list[Refused]:
    """What speaks against hours as they are written down: refusals that can be shown or raised, at best none.

    The hours are those of a week, as `slots.open_starts` takes them; `length` is the shortest consultation's,
    `gap` the larger of its free times before and after, in minutes. Hours may touch, but two that overlap
    would offer two grids across one another; stretches of odd and of even weeks meet only around midnight
    from Sunday to Monday.
    """
    refused: list[Refused] = [] if _is_known(zone) else [ZoneUnknown(zone)]
    fit = []
    for place, (_, first, end, _) in enumerate(hours):
        refusals = list(_unfit(place, end - first, length, gap))
        refused += refusals
        if not any(isinstance(refusal, EndsBeforeItStarts | LongerThanADay) for refusal in refusals):
            fit.append(place)
    pairs = combinations(fit, 2)
    return refused + [HoursOverlap(*pair) for pair in pairs if _overlap(*(hours[place] for place in pair))]


@lru_cache(maxsize=1024)
def _holidays_of(country: str, region: str | None, year: int) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415

    regions = holiday_countries().get(country)
    if regions is None:
        raise CountryUnknown(country)
    if region is not None and region not in regions:
        raise RegionUnknown(country, region)
    # Without a language, the machine's own would decide.
    own = getattr(holidays, country).default_language or ""
    language = own if own.startswith("en") else "en_US"
    return dict(holidays.country_holidays(country, subdiv=region, years=year, language=language))


def _is_known(zone: str) -> bool:
    # What is not the name of a zone can be the name of a folder, or of no file at all.
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _unfit(place: int, minutes: int, length: int, gap: int) -> Iterator[UnfitHours]:
    if minutes <= 0:
        yield EndsBeforeItStarts(place)
        return
    if minutes > _DAY:
        yield LongerThanADay(place)
    if minutes < length:
        yield ShorterThanAConsultation(place)
    if minutes < gap:
        yield GapLongerThanHours(place)


def _overlap(one: Hours, other: Hours) -> bool:
    """Whether they meet in a fortnight that comes again and again."""
    return any(
        (begins - began) % _FORTNIGHT < one[2] - one[1] or (began - begins) % _FORTNIGHT < other[2] - other[1]
        for began in _begins(one)
        for begins in _begins(other)
    )


def _begins(hours: Hours) -> Sequence[int]:
    """The minutes of a fortnight at which it begins: the first week of it is a 1."""
    weekday, first, _, weeks = hours
    return [(7 * week + weekday - 1) * _DAY + first for week, kind in enumerate((1, 2)) if weeks in (0, kind)]
