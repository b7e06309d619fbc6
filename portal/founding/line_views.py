"""The help lines: shown, checked, corrected (C1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.care.help_lines import (
    MOST_LINES,
    Country,
    LastLine,
    TooManyLines,
    kept,
    line_first,
    own_lines,
    with_line,
    without_line,
)
from portal.database import current_db, transaction
from portal.diary.countries import country_names
from portal.errors import NotFound
from portal.founding.desk import (
    address_of,
    blueprint,
    forget_facts,
    note_page,
    on_from,
    page_shown,
)
from portal.founding.first_pages import Page
from portal.founding.forms import ConfirmForm, EmergencyForm, LineForm
from portal.practice.facts import Facts, practice_facts
from portal.practice.services import confirm_help_lines, keep_help_lines

_MEANWHILE = "The lines were changed meanwhile. They stand below as they are now: look, and do it again"
_OVERTAKEN = "The lines were changed meanwhile. Look at them, and save once more if it is right"
_CHANGED = "Saved. Look at the lines once more, and say that they are right."


@blueprint.get("/help-lines")
@therapist_only
def help_lines(therapist: Therapist) -> str:
    return _lines_page(ConfirmForm())


@blueprint.post("/help-lines")
@therapist_only
def confirm_lines(therapist: Therapist) -> ResponseReturnValue:
    form, (facts, here) = ConfirmForm(), _here()
    if here is None or not here.lines:
        raise NotFound
    if form.seen.data != _mark(here):
        form.refuse(form.seen, _MEANWHILE)
        return _lines_page(form)
    today = clock.now().astimezone(facts.zone).date()
    with transaction() as db:
        confirm_help_lines(db, on=today, by=therapist)
        note_page(db, Page.HELP_LINES)
    return on_from(Page.HELP_LINES, "Thank you. Every page says from now on that you checked them today.")


@blueprint.post("/help-lines/original")
@therapist_only
def restore_lines(therapist: Therapist) -> ResponseReturnValue:
    with transaction() as db:
        keep_help_lines(db, None, by=therapist)
    return _back("These are the lines that come with the portal. Look whether they are right.")


@blueprint.route("/help-lines/emergency", methods=["GET", "POST"])
@therapist_only
def emergency(therapist: Therapist) -> ResponseReturnValue:
    facts, here = _here()
    if not facts.country:
        return redirect(url_for(Page.PLACE.view), code=303)
    stored = {"emergency": here.emergency, "police": here.police} if here else {}
    form = EmergencyForm(data=stored | {"seen": _mark(here)})
    if form.validate_on_submit() and _is_as_seen(form, here):
        # Where none are known, it is the first; somebody who listens is asked for next.
        known = here or Country(
            code=facts.country, name=country_names().get(facts.country, facts.country), emergency="", lines=()
        )
        return _keep(
            therapist, replace(known, emergency=form.emergency.data or "", police=form.police.data or "")
        )
    return page_shown("emergency", Page.HELP_LINES, form=form)


@blueprint.route("/help-lines/new", methods=["GET", "POST"])
@therapist_only
def new_line(therapist: Therapist) -> ResponseReturnValue:
    here = _known()
    form = LineForm(data={"seen": _mark(here)})
    if form.validate_on_submit() and _is_as_seen(form, here):
        try:
            return _keep(therapist, with_line(here, form.line, place=None))
        except TooManyLines:
            form.refuse(form.name, f"There is room for {MOST_LINES} lines. Change or remove another one")
    return page_shown("line", Page.HELP_LINES, form=form, place=None, here=here)


@blueprint.route("/help-lines/<string:place>", methods=["GET", "POST"])
@therapist_only
def line(therapist: Therapist, place: str) -> ResponseReturnValue:
    """The line at this place of the list, counted from 1."""
    here = _known()
    found = _at(here, place)
    form = LineForm(data=vars(here.lines[found]) | {"seen": _mark(here)})
    if form.validate_on_submit() and _is_as_seen(form, here):
        return _keep(therapist, with_line(here, form.line, place=found))
    return page_shown("line", Page.HELP_LINES, form=form, place=place, here=here)


@blueprint.post("/help-lines/<string:place>/removal")
@therapist_only
def remove_line(therapist: Therapist, place: str) -> ResponseReturnValue:
    try:
        return _changed(therapist, place, without_line)
    except LastLine:
        flash("It stays: somebody who listens has to be named. Change it, or add another one first.")
        return redirect(address_of(Page.HELP_LINES), code=303)


@blueprint.post("/help-lines/<string:place>/first")
@therapist_only
def put_first(therapist: Therapist, place: str) -> ResponseReturnValue:
    return _changed(therapist, place, line_first)


def _changed(
    therapist: Therapist, place: str, change: Callable[[Country, int], Country]
) -> ResponseReturnValue:
    """A button of the list; a list that has changed meanwhile is only shown anew."""
    here = _known()
    form = ConfirmForm()
    if form.seen.data != _mark(here):
        form.refuse(form.seen, _MEANWHILE)
        return _lines_page(form)
    return _keep(therapist, change(here, _at(here, place)))


def _lines_page(form: ConfirmForm) -> str:
    facts, here = _here()
    form.seen.data = _mark(here)
    return page_shown(
        "help_lines",
        Page.HELP_LINES,
        form=form,
        facts=facts,
        here=here,
        mark=_mark(here),
        country=country_names().get(facts.country, facts.country),
        is_own=bool(facts.help_lines) and here is not None,
        has_original=facts.country in current_app.extensions["help_lines"],
    )


def _here() -> tuple[Facts, Country | None]:
    """The practice, and its lines as they are stored: also an emergency number without any line yet."""
    facts = practice_facts(current_db())
    own = own_lines(facts.help_lines) if facts.help_lines else None
    here = own if own and own.code == facts.country else current_app.extensions["help_for"](facts)
    return facts, here


def _known() -> Country:
    here = _here()[1]
    if here is None:
        raise NotFound
    return here


def _at(here: Country, place: str) -> int:
    """The place as an address has it, counted from 1, as the list is counted. Raises NotFound."""
    places = [str(number) for number in range(1, len(here.lines) + 1)]
    if place not in places:
        raise NotFound
    return places.index(place)


def _is_as_seen(form: EmergencyForm | LineForm, here: Country | None) -> bool:
    """Whether the lines are those that the form was filled in beside; if not, nothing typed is lost."""
    if form.seen.data == _mark(here):
        return True
    form.seen.data = _mark(here)
    form.refuse(
        form.seen, "The lines were changed meanwhile. Look at them, and save once more if it is right"
    )
    return False


def _mark(here: Country | None) -> str:
    return hashlib.sha256(kept(here).encode()).hexdigest()[:16] if here else "none"


def _keep(therapist: Therapist, here: Country) -> ResponseReturnValue:
    with transaction() as db:
        keep_help_lines(db, kept(here), by=therapist)
    return _back(_CHANGED)


def _back(said: str) -> ResponseReturnValue:
    forget_facts()
    flash(said)
    return redirect(address_of(Page.HELP_LINES), code=303)
