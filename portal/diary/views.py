"""The therapist says when they take consultations, on which days not, and how many are enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.diary.countries import country_names, region_names
from portal.diary.desk import KEPT, blueprint, saved, today_of
from portal.diary.forms import ClosedForm, CountryForm, DaysForm, LimitsForm
from portal.diary.opening import RegionUnknown, holidays_in
from portal.diary.queries import Rules, days_ahead, days_called, rules_of
from portal.diary.services import (
    MOST_DAYS,
    DaysAreOver,
    DaysTooFar,
    HoursDoNotFit,
    LastBeforeFirst,
    TooManyDays,
    add_days,
    choose_holidays,
    remove_days,
    set_limits,
    switch_holidays,
)
from portal.diary.week import days_written, stretch_written
from portal.practice.facts import current_practice

_A_YEAR = timedelta(days=365)
_SHOWN = 4


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    db, today = current_db(), today_of(therapist)
    rules = rules_of(db, therapist.id)
    closed = [each for each in _holidays_ahead(rules, today) if each[1] not in rules.holidays_worked]
    return render_template(
        "diary/index.html",
        rules=rules,
        week=days_written(rules.hours.get(None, ()), since=today),
        days=days_ahead(db, therapist, since=today),
        country=country_names().get(rules.holiday_country or ""),
        holidays=closed[:_SHOWN],
        zone=ZoneInfo(therapist.time_zone),
        written=stretch_written,
    )


@blueprint.get("/days")
@therapist_only
def days(therapist: Therapist) -> str:
    return _days_page(therapist, DaysForm())


@blueprint.post("/days")
@therapist_only
def differ(therapist: Therapist) -> ResponseReturnValue:
    form = DaysForm()
    if not form.validate_on_submit() or not _days_added(therapist, form):
        return _days_page(therapist, form)
    return saved("days")


@blueprint.post("/days/<string:reference>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_days(db, therapist, days_called(db, therapist, reference), now=clock.now())
    return saved("days", words="Removed. These days are like their weekdays again.")


@blueprint.get("/holidays")
@therapist_only
def holidays(therapist: Therapist) -> str:
    rules = rules_of(current_db(), therapist.id)
    form = CountryForm(
        data={"country": rules.holiday_country or "", "region": rules.holiday_region or ""},
    )
    if rules.holiday_country is None and current_practice().country in country_names():
        form.country.data = current_practice().country
    return _holidays_page(therapist, rules, form)


@blueprint.post("/holidays")
@therapist_only
def choose(therapist: Therapist) -> ResponseReturnValue:
    form = CountryForm()
    form.offer(country_names(), {})
    if not form.validate_on_submit():
        return _holidays_page(therapist, rules_of(current_db(), therapist.id), form)
    country = form.country.data or None
    try:
        with transaction() as db:
            choose_holidays(db, therapist, country=country, region=form.region.data or None, now=clock.now())
    except RegionUnknown:
        # It was a part of the country that was chosen before.
        with transaction() as db:
            choose_holidays(db, therapist, country=country, region=None, now=clock.now())
    return saved("holidays")


@blueprint.post("/holidays/closed")
@therapist_only
def close(therapist: Therapist) -> ResponseReturnValue:
    rules = rules_of(current_db(), therapist.id)
    form, shown = ClosedForm(), {name for _, name in _holidays_ahead(rules, today_of(therapist))}
    form.offer(sorted(shown))
    if form.validate_on_submit():
        with transaction() as db:
            switch_holidays(db, therapist, shown=shown, closed=form.closed.data or [], now=clock.now())
        return saved("holidays")
    return redirect(url_for("diary.holidays"), code=303)


@blueprint.get("/limits")
@therapist_only
def limits(therapist: Therapist) -> str:
    rules = rules_of(current_db(), therapist.id)
    stored = vars(rules.stamina) | {
        "most_open_requests": rules.most_open_requests,
        "answers_first": rules.answers_first,
    }
    return render_template("diary/limits.html", form=LimitsForm(data=stored))


@blueprint.post("/limits")
@therapist_only
def change_limits(therapist: Therapist) -> ResponseReturnValue:
    form = LimitsForm()
    if not form.validate_on_submit():
        return render_template("diary/limits.html", form=form)
    with transaction() as db:
        set_limits(
            db,
            therapist,
            form.stamina,
            most_open_requests=form.most_open_requests.data or 1,
            answers_first=form.answers_first.data,
        )
    flash(KEPT)
    return redirect(url_for("diary.index"), code=303)


def _days_added(therapist: Therapist, form: DaysForm) -> bool:
    first, last = form.span
    try:
        with transaction() as db:
            add_days(
                db,
                therapist,
                first=first,
                last=last,
                stretches=form.stretches,
                now=clock.now(),
            )
    except LastBeforeFirst:
        form.refuse(form.last, "Enter a last day that is not before the first")
    except DaysAreOver:
        form.refuse(form.first, "Enter a day that is not over yet")
    except DaysTooFar:
        form.refuse(form.last, "Enter a day within the next two years")
    except TooManyDays:
        form.refuse(form.first, f"Remove some first: there is room for {MOST_DAYS}")
    except HoursDoNotFit as unfit:
        form.refuse_hours(unfit.refusals)
    return not form.errors


def _days_page(therapist: Therapist, form: DaysForm) -> str:
    return render_template(
        "diary/days.html",
        form=form,
        days=days_ahead(current_db(), therapist, since=today_of(therapist)),
        written=stretch_written,
        zone=ZoneInfo(therapist.time_zone),
    )


def _holidays_ahead(rules: Rules, today: date) -> Sequence[tuple[date, str]]:
    """Those of the next twelve months, soonest first."""
    if not rules.holiday_country:
        return []
    named = holidays_in(rules.holiday_country, rules.holiday_region, (today.year, today.year + 1))
    return sorted((day, name) for day, name in named.items() if today <= day < today + _A_YEAR)


def _holidays_page(therapist: Therapist, rules: Rules, form: CountryForm) -> str:
    country, ahead = rules.holiday_country, _holidays_ahead(rules, today_of(therapist))
    regions: Mapping[str, str] = region_names(country) if country else {}
    form.offer(country_names(), regions)
    names = {name: [day for day, each in ahead if each == name] for _, name in ahead}
    closed = ClosedForm(formdata=None, data={"closed": [*{*names} - {*rules.holidays_worked}]})
    closed.offer(names)
    return render_template(
        "diary/holidays.html", form=form, closed=closed, names=names, country=country, regions=regions
    )
