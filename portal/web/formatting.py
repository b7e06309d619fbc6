"""Times as people read them, each in the zone that it is given."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flask import Flask


def day(moment: datetime, zone: tzinfo) -> str:
    """For example: Tuesday 4 March."""
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}"


def short_date(moment: datetime, zone: tzinfo) -> str:
    """For example: 4 Mar 2027."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def full_date(when: date) -> str:
    """For example: 4 March 2027."""
    return f"{when.day} {when:%B} {when.year}"


def clock_time(moment: datetime, zone: tzinfo) -> str:
    """For example: 10:00."""
    return f"{moment.astimezone(zone):%H:%M}"


def day_and_time(moment: datetime, zone: tzinfo) -> str:
    """For example: Tuesday 4 March, 10:00."""
    return f"{day(moment, zone)}, {clock_time(moment, zone)}"


def short_day_and_time(moment: datetime, zone: tzinfo) -> str:
    """For example: Tue 4 March, 10:00."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%B, %H:%M}"


def at_or_on(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """For example: at 10:00; of another day than now's: on Tuesday 4 March, 10:00."""
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return f"at {clock_time(moment, zone)}"
    return f"on {day_and_time(moment, zone)}"


def offset(moment: datetime, zone: tzinfo) -> str:
    """How far the zone is from UTC at that moment: UTC, UTC+1, UTC−3:30."""
    minutes = round((moment.astimezone(zone).utcoffset() or _NOTHING).total_seconds() / 60)
    if minutes == 0:
        return "UTC+0"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


def zone_name(zone: tzinfo) -> str:
    """An IANA zone as people read it: America/New York."""
    return str(zone).replace("_", " ")


def in_full(moment: datetime, zone: tzinfo) -> str:
    """For example: Tuesday 4 March 2027, 10:00 (Europe/London, UTC+0)."""
    local = moment.astimezone(zone)
    return f"{day(moment, zone)} {local.year}, {local:%H:%M} ({zone_name(zone)}, {offset(moment, zone)})"


def zone_called(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The IANA zone of this name; `otherwise` if there is none of it."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (KeyError, ValueError, OSError):
        return otherwise


def init_app(app: Flask) -> None:
    moments = (day, short_date, clock_time, day_and_time, short_day_and_time, at_or_on, in_full)
    for fit in (*moments, full_date, offset, zone_name):
        app.add_template_filter(fit)


_NOTHING = timedelta(0)
