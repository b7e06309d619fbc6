"""The therapist names calendars elsewhere, and sees how each of them is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.calendars.forms import SourceForm
from portal.calendars.models import SourceKind
from portal.calendars.queries import source_of, sources_of
from portal.calendars.services import (
    MOST_SOURCES,
    LookedAtAlready,
    TooManySources,
    add_source,
    look_again,
    remove_source,
)
from portal.database import current_db, transaction

blueprint = Blueprint("calendars", __name__, url_prefix="/desk/calendars")


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    return _page(therapist, SourceForm())


@blueprint.post("")
@therapist_only
def add(therapist: Therapist) -> ResponseReturnValue:
    form = SourceForm()
    if not form.validate_on_submit():
        return _page(therapist, form)
    try:
        with transaction() as db:
            add_source(
                db,
                therapist,
                kind=SourceKind(form.kind.data),
                label=form.label.data or "",
                address=form.address.data or "",
                user_name=form.user_name.data or "",
                password=form.password.data or "",
                now=clock.now(),
            )
    except TooManySources:
        form.refuse(form.label, f"Remove one first: there is room for {MOST_SOURCES}")
        return _page(therapist, form)
    flash("Added. It is looked at now; open this page again in a moment to see what came of it.")
    return redirect(url_for("calendars.index"), code=303)


@blueprint.post("/<string:reference>/look")
@therapist_only
def look(therapist: Therapist, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            look_again(db, source_of(db, therapist, reference), now=clock.now())
    except LookedAtAlready:
        flash("It is being looked at already. Open this page again in a moment.")
    else:
        flash("It is looked at now. Open this page again in a moment to see what came of it.")
    return redirect(url_for("calendars.index"), code=303)


@blueprint.post("/<string:reference>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_source(db, source_of(db, therapist, reference), now=clock.now())
    flash("Removed. What it kept free can be asked for again.")
    return redirect(url_for("calendars.index"), code=303)


def _page(therapist: Therapist, form: SourceForm) -> str:
    now = clock.now()
    return render_template(
        "calendars/index.html",
        sources=sources_of(current_db(), therapist, now=now),
        form=form,
        now=now,
        zone=ZoneInfo(therapist.time_zone),
    )
