"""The therapist writes down the hours of a week: the ordinary ones, or those of one kind of consultation."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.diary.desk import blueprint, kind_shown, saved, today_of
from portal.diary.kinds import Kind
from portal.diary.queries import kind_called, rules_of, version_of
from portal.diary.services import (
    MOST_STRETCHES,
    HoursDoNotFit,
    TooManyHours,
    set_hours,
)
from portal.diary.week_forms import WeekForm
from portal.errors import Overtaken


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
    return saved("week")


@blueprint.get("/kinds/<string:reference>/week")
@therapist_only
def own_week(therapist: Therapist, reference: str) -> str:
    _, shown = kind_shown(therapist, reference)
    return _week_page(therapist, _week_form(therapist, kind=shown), kind=shown)


@blueprint.post("/kinds/<string:reference>/week")
@therapist_only
def change_own_week(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = WeekForm()
    _, shown = kind_shown(therapist, reference)
    if not _is_saved(therapist, form, kind_reference=reference):
        return _week_page(therapist, form, kind=shown)
    return saved("kind", kind=reference)


def _week_form(therapist: Therapist, *, kind: Kind | None) -> WeekForm:
    db = current_db()
    stored = rules_of(db, therapist.id).hours.get(kind.id if kind else None, ())
    return WeekForm.showing(stored, version=version_of(db, therapist), today=today_of(therapist))


def _is_saved(therapist: Therapist, form: WeekForm, *, kind_reference: str | None) -> bool:
    """Whether the week was stored; if not, the form says why, or has the row that was asked for."""
    form.name_weeks(today_of(therapist))
    if "more" in request.form:
        form.add_row(request.form["more"], today_of(therapist))
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
    form.add_missing_rows(today_of(therapist))
    return render_template("diary/week.html", form=form, kind=kind, zone=ZoneInfo(therapist.time_zone))
