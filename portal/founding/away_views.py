"""When the practice is away, who stands in, and what clients read meanwhile."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.founding.desk import blueprint, forget_facts
from portal.founding.forms import AwayForm
from portal.practice.facts import practice_facts
from portal.practice.services import UnfitFacts, come_back, go_away


@blueprint.route("/away", methods=["GET", "POST"])
@therapist_only
def away(therapist: Therapist) -> ResponseReturnValue:
    form = AwayForm()
    if not form.validate_on_submit() or form.first_day.data is None or form.last_day.data is None:
        return _page(form)
    try:
        with transaction() as db:
            go_away(
                db,
                first_day=form.first_day.data,
                last_day=form.last_day.data,
                today=_today(),
                stand_in=form.stand_in.data or None,
                stand_in_email=form.stand_in_email.data or None,
                words=form.words.data or None,
                by=therapist,
            )
    except UnfitFacts as unfit:
        form.refuse(form.last_day, str(unfit)[:1].upper() + str(unfit)[1:])
        return _page(form)
    forget_facts()
    flash("Kept. Clients read it from the first of these days on, and answer-by times leave them out.")
    return redirect(url_for("founding.away"), code=303)


@blueprint.post("/away/<string:reference>/end")
@therapist_only
def end_absence(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        come_back(db, reference, today=_today(), by=therapist)
    forget_facts()
    flash("The practice is there again from today on.")
    return redirect(url_for("founding.away"), code=303)


def _page(form: AwayForm) -> str:
    today = _today()
    absences = [each for each in practice_facts(current_db()).absences if each.last_day >= today]
    return render_template("founding/away.html", form=form, absences=absences, today=today)


def _today() -> date:
    return clock.now().astimezone(practice_facts(current_db()).zone).date()
