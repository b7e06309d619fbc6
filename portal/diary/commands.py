"""Working hours from a terminal: typed, or out of a calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from portal import clock
from portal.accounts.models import Therapist
from portal.accounts.queries import person_with_address
from portal.database import current_db, transaction
from portal.diary.entries import MOST_BYTES, NotACalendar, TooMuchInIt, entries_in
from portal.diary.importing import Found, hours_in
from portal.diary.queries import only_therapist, rules_of
from portal.diary.services import (
    MOST_DAYS,
    MOST_STRETCHES,
    HoursDoNotFit,
    NothingInIt,
    TooManyDays,
    TooManyHours,
    set_hours,
    take_over,
)
from portal.diary.week import Hours, Unreadable, days_written, stretch_written, week_read
from portal.diary.week_forms import words_for
from portal.journal.noting import by_the_operator
from portal.web.formatting import full_date

hours = AppGroup("hours", help="When a therapist takes consultations.")
_whose = click.option("--therapist", "email", help="Whose hours; not needed where there is one therapist.")
_LISTED = 30


@hours.command("set")
@click.argument("week")
@_whose
def set_(week: str, email: str | None) -> None:
    """Let these be the hours of the WEEK, in place of those before.

    For example: "Mon-Thu 09:00-12:00, 13:00-17:00, Fri odd weeks 10:00-14:00, Sat 22:00-02:00+1"
    """
    therapist = _therapist(email)
    try:
        read = week_read(week)
    except Unreadable as unreadable:
        raise click.ClickException(
            f"{unreadable.part!r} cannot be read. Write hours like: Mon-Thu 09:00-12:00, 13:00-17:00"
        ) from None
    try:
        with transaction() as db:
            by_the_operator(db)
            set_hours(db, therapist, read, now=clock.now())
    except HoursDoNotFit as unfit:
        raise _does_not_fit(unfit, read) from None
    except TooManyHours:
        raise click.ClickException(f"A week has at most {MOST_STRETCHES} stretches") from None
    _show_week(therapist, read)


@hours.command("import")
@click.argument("calendar", type=click.File("rb"))
@_whose
def import_(calendar: BinaryIO, email: str | None) -> None:
    """Take the hours out of a CALENDAR file (.ics).

    What repeats every week or every other week becomes the week, single entries become days that differ, and
    whole days, or what is called away, days without consultations. Says what was taken over and what was not.
    """
    therapist = _therapist(email)
    zone = ZoneInfo(therapist.time_zone)
    today = clock.now().astimezone(zone).date()
    found = _found(calendar, therapist, zone, today)
    try:
        with transaction() as db:
            by_the_operator(db)
            take_over(db, therapist, found, now=clock.now())
    except NothingInIt:
        _show_left(found)
        raise click.ClickException(
            "Nothing in the calendar says when consultations are taken. All stays as it was"
        ) from None
    except HoursDoNotFit as unfit:
        raise _does_not_fit(unfit, found.hours) from None
    except (TooManyHours, TooManyDays):
        raise click.ClickException(
            f"The calendar has more than {MOST_STRETCHES} stretches a week, or {MOST_DAYS} days that differ. "
            "All stays as it was"
        ) from None
    _show(therapist, found)


def _therapist(email: str | None) -> Therapist:
    db = current_db()
    if email is None:
        found = only_therapist(db)
        if found is None:
            raise click.ClickException("Say whose hours: --therapist EMAIL")
        return found
    person = person_with_address(db, email.strip().lower())
    if not isinstance(person, Therapist):
        raise click.ClickException(f"No therapist signs in with {email}")
    return person


def _found(calendar: BinaryIO, therapist: Therapist, zone: ZoneInfo, today: date) -> Found:
    content = calendar.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise click.ClickException(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. All stays as it was"
        )
    shortest = min(kind.length for kind in rules_of(current_db(), therapist.id).on_offer)
    try:
        read = entries_in(content.decode("utf-8", "replace"), zone=zone)
        found = hours_in(read.entries, today=today, shortest=shortest)
    except NotACalendar:
        raise click.ClickException(
            "This is not a calendar file, or not all of one. All stays as it was"
        ) from None
    except TooMuchInIt:
        raise click.ClickException(
            "The calendar holds more entries than anybody's hours. All stays as it was"
        ) from None
    if read.unread:
        found.left.append((f"{read.unread} more", "what it says could not be made out"))
    if read.foreign_zones:
        found.altered.append(
            (f"{read.foreign_zones} of them", f"their time zone is not known; taken as {zone}")
        )
    return found


def _does_not_fit(unfit: HoursDoNotFit, judged: Sequence[Hours]) -> click.ClickException:
    said = "\n".join(words_for(refusal, judged) for refusal in unfit.refusals[:_LISTED])
    return click.ClickException(f"{said}\nAll stays as it was")


def _show(therapist: Therapist, found: Found) -> None:
    if found.hours:
        _show_week(therapist, found.hours)
    for first, last, stretches in found.days[:_LISTED]:
        until = f" to {full_date(last)}" if last != first else ""
        click.echo(f"  {full_date(first)}{until}: {_written(stretches)}")
    if len(found.days) > _LISTED:
        click.echo(f"  and {len(found.days) - _LISTED} more days that differ")
    _listed("Taken over, but:", found.altered)
    _show_left(found)


def _show_week(therapist: Therapist, week: Sequence[Hours]) -> None:
    today = clock.now().astimezone(ZoneInfo(therapist.time_zone)).date()
    click.echo(f"{therapist.name} takes consultations ({therapist.time_zone}):")
    for weekday, stretches in days_written(week, since=today):
        click.echo(f"  {weekday} {', '.join(stretches)}")
    click.echo("What is in the diary already stays as it is: look at /desk/hours/outside")


def _show_left(found: Found) -> None:
    _listed("Not taken over:", found.left)


def _listed(heading: str, entries: Sequence[tuple[str, str]]) -> None:
    if entries:
        click.echo(heading)
    for name, why in entries[:_LISTED]:
        click.echo(f"  {name or 'without a name'}: {why}")
    if len(entries) > _LISTED:
        click.echo(f"  and {len(entries) - _LISTED} more")


def _written(stretches: Sequence[tuple[int, int]]) -> str:
    return ", ".join(stretch_written(each) for each in stretches) or "no consultations"
