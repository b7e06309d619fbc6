"""The therapist says when they take consultations, and of which kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.diary.countries import country_names, region_names
from portal.diary.forms import ClosedForm, CountryForm, DaysForm, KindForm, LimitsForm, WeekForm
from portal.diary.kinds import FIRST_CONSULTATION, Kind
from portal.diary.opening import RegionUnknown, holidays_in
from portal.diary.queries import Rules, days_ahead, days_called, kind_called, rules_of, version_of
from portal.diary.services import (
    MOST_DAYS,
    MOST_KINDS,
    MOST_STRETCHES,
    DaysAreOver,
    DaysTooFar,
    GapLongerThanAllHours,
    HoursDoNotFit,
    LastBeforeFirst,
    NoHoursAsLong,
    TooManyDays,
    TooManyHours,
    TooManyKinds,
    add_days,
    add_kind,
    bring_back_kind,
    change_kind,
    choose_holidays,
    move_kind_up,
    remove_days,
    retire_kind,
    set_hours,
    set_limits,
    switch_holidays,
)
from portal.diary.week import days_written, stretch_written
from portal.errors import Overtaken
from portal.practice.facts import current_practice

blueprint = Blueprint("diary", __name__, url_prefix="/desk/hours")

_SAVED = "Saved. What is in your calendar already stays as it is: look whether some of it now lies outside."
_KEPT = "Saved. What was asked for already stays as it is."
_A_YEAR = timedelta(days=365)
_SHOWN = 4


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    db, today = current_db(), _today(therapist)
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


@blueprint.get("/week")
@therapist_only
def week(therapist: Therapist) -> str:
    return _week_page(therapist, _week_form(therapist, kind=None))


@blueprint.post("/week")
@therapist_only
def change_week(therapist: Therapist) -> ResponseReturnValue:
    form = WeekForm()
    if not _is_saved(therapist, form, kind_reference=None):
        return _week_page(therapist, form)
    flash(_SAVED)
    return redirect(url_for("diary.index"), code=303)


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
    flash(_SAVED)
    return redirect(url_for("diary.days"), code=303)


@blueprint.post("/days/<string:reference>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_days(db, therapist, days_called(db, therapist, reference), now=clock.now())
    flash("Removed. These days are like their weekdays again.")
    return redirect(url_for("diary.days"), code=303)


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
    flash(_SAVED)
    return redirect(url_for("diary.holidays"), code=303)


@blueprint.post("/holidays/closed")
@therapist_only
def close(therapist: Therapist) -> ResponseReturnValue:
    rules = rules_of(current_db(), therapist.id)
    form, shown = ClosedForm(), {name for _, name in _holidays_ahead(rules, _today(therapist))}
    form.offer(sorted(shown))
    if form.validate_on_submit():
        with transaction() as db:
            switch_holidays(db, therapist, shown=shown, closed=form.closed.data or [], now=clock.now())
        flash(_SAVED)
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
    flash(_KEPT)
    return redirect(url_for("diary.index"), code=303)


@blueprint.get("/kinds")
@therapist_only
def kinds(therapist: Therapist) -> str:
    rules = rules_of(current_db(), therapist.id)
    return render_template("diary/kinds.html", rules=rules, usual=FIRST_CONSULTATION)


@blueprint.get("/kinds/new")
@therapist_only
def new_kind(therapist: Therapist) -> str:
    form = KindForm.showing(FIRST_CONSULTATION)
    if rules_of(current_db(), therapist.id).kinds:
        form.name.data, form.whose.data = "", "follow-up"
    return render_template("diary/new_kind.html", form=form)


@blueprint.post("/kinds")
@therapist_only
def name_kind(therapist: Therapist) -> ResponseReturnValue:
    form = KindForm()
    if not form.validate_on_submit():
        return render_template("diary/new_kind.html", form=form)
    try:
        with transaction() as db:
            added = add_kind(db, therapist, form.kind)
    except TooManyKinds:
        form.refuse(form.name, f"There is room for {MOST_KINDS} kinds. Change one that you no longer need")
        return render_template("diary/new_kind.html", form=form)
    except NoHoursAsLong as refusal:
        _refuse_length(form, refusal)
        return render_template("diary/new_kind.html", form=form)
    flash("Added. It can be asked for from now on.")
    return redirect(_after_kind(rules_of(db, therapist.id), added.reference), code=303)


@blueprint.get("/kinds/<string:reference>")
@therapist_only
def kind(therapist: Therapist, reference: str) -> str:
    rules, shown = _kind_shown(therapist, reference)
    return _kind_page(therapist, rules, shown, KindForm.showing(shown))


@blueprint.post("/kinds/<string:reference>")
@therapist_only
def change(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = KindForm()
    rules, shown = _kind_shown(therapist, reference)
    if not form.validate_on_submit():
        return _kind_page(therapist, rules, shown, form)
    try:
        with transaction() as db:
            change_kind(db, therapist, kind_called(db, therapist, reference), form.kind, now=clock.now())
    except NoHoursAsLong as refusal:
        _refuse_length(form, refusal)
        return _kind_page(therapist, rules, shown, form)
    flash(_KEPT)
    return redirect(_after_kind(rules_of(db, therapist.id), reference), code=303)


@blueprint.get("/kinds/<string:reference>/week")
@therapist_only
def own_week(therapist: Therapist, reference: str) -> str:
    _, shown = _kind_shown(therapist, reference)
    return _week_page(therapist, _week_form(therapist, kind=shown), kind=shown)


@blueprint.post("/kinds/<string:reference>/week")
@therapist_only
def change_own_week(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = WeekForm()
    _, shown = _kind_shown(therapist, reference)
    if not _is_saved(therapist, form, kind_reference=reference):
        return _week_page(therapist, form, kind=shown)
    flash(_SAVED)
    return redirect(url_for("diary.kind", reference=reference), code=303)


@blueprint.post("/kinds/<string:reference>/retirement")
@therapist_only
def retire(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        retire_kind(db, therapist, kind_called(db, therapist, reference))
    flash("It is offered no more. What was asked for goes on.")
    return redirect(url_for("diary.kinds"), code=303)


@blueprint.post("/kinds/<string:reference>/return")
@therapist_only
def bring_back(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        bring_back_kind(db, therapist, kind_called(db, therapist, reference))
    flash("It is offered again.")
    return redirect(url_for("diary.kinds"), code=303)


@blueprint.post("/kinds/<string:reference>/place")
@therapist_only
def move_up(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        move_kind_up(db, therapist, kind_called(db, therapist, reference))
    return redirect(url_for("diary.kinds"), code=303)


def _today(therapist: Therapist) -> date:
    return clock.now().astimezone(ZoneInfo(therapist.time_zone)).date()


def _week_form(therapist: Therapist, *, kind: Kind | None) -> WeekForm:
    db = current_db()
    stored = rules_of(db, therapist.id).hours.get(kind.id if kind else None, ())
    return WeekForm.showing(stored, version=version_of(db, therapist), today=_today(therapist))


def _is_saved(therapist: Therapist, form: WeekForm, *, kind_reference: str | None) -> bool:
    """Whether the week was stored; if not, the form says why, or has the row that was asked for."""
    form.name_weeks(_today(therapist))
    if "more" in request.form:
        form.add_row(request.form["more"], _today(therapist))
        return False
    if not form.validate_on_submit():
        return False
    try:
        with transaction() as db:
            kind = kind_called(db, therapist, kind_reference) if kind_reference else None
            set_hours(db, therapist, form.hours, kind=kind, seen=form.version, now=clock.now())
    except HoursDoNotFit as unfit:
        form.refuse_hours(unfit.refusals)
        return False
    except TooManyHours:
        form.form_errors.append(f"Enter no more than {MOST_STRETCHES} stretches")
        return False
    except Overtaken:
        form.seen.data = str(version_of(current_db(), therapist))
        form.form_errors.append(
            "Your hours were changed elsewhere while this page was open. What you entered stands below: "
            "save it again if it is to count"
        )
        return False
    return True


def _week_page(therapist: Therapist, form: WeekForm, *, kind: Kind | None = None) -> str:
    form.add_missing_rows(_today(therapist))
    return render_template("diary/week.html", form=form, kind=kind, zone=ZoneInfo(therapist.time_zone))


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
        days=days_ahead(current_db(), therapist, since=_today(therapist)),
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
    country, ahead = rules.holiday_country, _holidays_ahead(rules, _today(therapist))
    regions: Mapping[str, str] = region_names(country) if country else {}
    form.offer(country_names(), regions)
    names = {name: [day for day, each in ahead if each == name] for _, name in ahead}
    closed = ClosedForm(formdata=None, data={"closed": [*{*names} - {*rules.holidays_worked}]})
    closed.offer(names)
    return render_template(
        "diary/holidays.html", form=form, closed=closed, names=names, country=country, regions=regions
    )


def _kind_shown(therapist: Therapist, reference: str) -> tuple[Rules, Kind]:
    """Retired or not. Raises NotFound, for another's too."""
    rules = rules_of(current_db(), therapist.id)
    found = kind_called(current_db(), therapist, reference)
    return rules, rules.kind_with_id(found.id)


def _kind_page(therapist: Therapist, rules: Rules, kind: Kind, form: KindForm) -> str:
    return render_template(
        "diary/kind.html",
        form=form,
        kind=kind,
        week=days_written(rules.hours.get(kind.id, ()), since=_today(therapist)),
    )


def _after_kind(rules: Rules, reference: str) -> str:
    """A kind that has hours of its own, and has none yet, needs them next."""
    kind = next(each for each in rules.kinds if each.reference == reference)
    if kind.own_hours and not rules.hours.get(kind.id):
        return url_for("diary.own_week", reference=reference)
    return url_for("diary.kinds")


def _refuse_length(form: KindForm, refusal: NoHoursAsLong) -> None:
    if isinstance(refusal, GapLongerThanAllHours):
        words = f"Enter less: the longest of your hours are {refusal.longest} minutes"
        form.refuse(
            form.gap_before if (form.gap_before.data or 0) > refusal.longest else form.gap_after, words
        )
    else:
        form.refuse(form.length, f"Enter less: the longest of its hours are {refusal.longest} minutes")
