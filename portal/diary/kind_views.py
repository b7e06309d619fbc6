"""The therapist names kinds of consultation, changes them, and offers them no more."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.diary.desk import KEPT, blueprint, kind_shown, saved, today_of
from portal.diary.kind_forms import KindForm
from portal.diary.kinds import FIRST_CONSULTATION, Kind
from portal.diary.naming import (
    MOST_KINDS,
    GapLongerThanAllHours,
    NoHoursAsLong,
    TooManyKinds,
    add_kind,
    bring_back_kind,
    change_kind,
    move_kind_up,
    retire_kind,
)
from portal.diary.queries import Rules, kind_called, rules_of
from portal.diary.week import days_written


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
    if _needs_hours(rules_of(db, therapist.id), added.reference):
        return redirect(url_for("diary.own_week", reference=added.reference), code=303)
    return redirect(url_for("diary.kinds"), code=303)


@blueprint.get("/kinds/<string:reference>")
@therapist_only
def kind(therapist: Therapist, reference: str) -> str:
    rules, shown = kind_shown(therapist, reference)
    return _kind_page(therapist, rules, shown, KindForm.showing(shown))


@blueprint.post("/kinds/<string:reference>")
@therapist_only
def change(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = KindForm()
    rules, shown = kind_shown(therapist, reference)
    if not form.validate_on_submit():
        return _kind_page(therapist, rules, shown, form)
    try:
        with transaction() as db:
            change_kind(db, therapist, kind_called(db, therapist, reference), form.kind, now=clock.now())
    except NoHoursAsLong as refusal:
        _refuse_length(form, refusal)
        return _kind_page(therapist, rules, shown, form)
    if _needs_hours(rules_of(db, therapist.id), reference):
        flash(KEPT)
        return redirect(url_for("diary.own_week", reference=reference), code=303)
    return saved("kinds", words=KEPT)


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


def _kind_page(therapist: Therapist, rules: Rules, kind: Kind, form: KindForm) -> str:
    return render_template(
        "diary/kind.html",
        form=form,
        kind=kind,
        week=days_written(rules.hours.get(kind.id, ()), since=today_of(therapist)),
    )


def _needs_hours(rules: Rules, reference: str) -> bool:
    """Whether the kind has hours of its own, and has none yet: then they come next."""
    kind = next(each for each in rules.kinds if each.reference == reference)
    return kind.own_hours and not rules.hours.get(kind.id)


def _refuse_length(form: KindForm, refusal: NoHoursAsLong) -> None:
    if isinstance(refusal, GapLongerThanAllHours):
        words = f"Enter less: the longest of your hours are {refusal.longest} minutes"
        form.refuse(
            form.gap_before if (form.gap_before.data or 0) > refusal.longest else form.gap_after, words
        )
    else:
        form.refuse(form.length, f"Enter less: the longest of its hours are {refusal.longest} minutes")
