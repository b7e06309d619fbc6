"""The therapist reads what came in and answers it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of
from portal.database import current_db, transaction
from portal.intake.services import see_lamps
from portal.review.calendar import monday_of, span_of, week_of
from portal.review.forms import AnswerForm, DeclineForm
from portal.review.queries import desk_of, person_whole, request_shown
from portal.scheduling.lifecycle import Party
from portal.scheduling.queries import consultation_of, consultations_between, hours_of
from portal.scheduling.services import cancel_consultation, confirm_consultation, decline_consultation

blueprint = Blueprint("review", __name__, url_prefix="/desk")


@blueprint.get("")
@therapist_only
def today(therapist: Therapist) -> str:
    db, zone, now = current_db(), ZoneInfo(therapist.time_zone), clock.now()
    monday = monday_of(now.astimezone(zone).date())
    starts_at, ends_at = span_of(monday, zone)
    week = consultations_between(db, therapist, starts_at, ends_at)
    here = now.astimezone(zone).date()
    return render_template(
        "review/today.html",
        queue=desk_of(db, therapist),
        todays=[(each, name_of(db, each.client)) for each in week if _day(each.starts_at, zone) == here],
        now=now,
        zone=zone,
    )


@blueprint.get("/clients/<string:reference>")
@therapist_only
def person(therapist: Therapist, reference: str) -> str:
    db = current_db()
    return render_template(
        "review/person.html",
        person=person_whole(db, therapist, reference),
        queue=desk_of(db, therapist),
        zone=ZoneInfo(therapist.time_zone),
        form=AnswerForm(),
    )


@blueprint.post("/clients/<string:reference>/lamps")
@therapist_only
def see(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        see_lamps(db, client_of(db, therapist, reference), now=clock.now())
    return redirect(url_for("review.person", reference=reference), code=303)


@blueprint.get("/consultations/<string:reference>")
@therapist_only
def show(therapist: Therapist, reference: str) -> str:
    return _consultation_page(therapist, reference, DeclineForm())


@blueprint.post("/consultations/<string:reference>/confirmation")
@therapist_only
def confirm(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        confirm_consultation(db, consultation_of(db, therapist, reference), now=clock.now())
    flash("Confirmed. A mail with a calendar file is on its way.")
    return redirect(url_for("review.show", reference=reference), code=303)


@blueprint.post("/consultations/<string:reference>/refusal")
@therapist_only
def decline(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = DeclineForm()
    if not form.validate_on_submit():
        return _consultation_page(therapist, reference, form)
    with transaction() as db:
        consultation = consultation_of(db, therapist, reference)
        decline_consultation(db, consultation, reply=form.reply.data or None, now=clock.now())
    flash("Declined. The time is free again, and a mail is on its way.")
    return redirect(url_for("review.show", reference=reference), code=303)


@blueprint.post("/consultations/<string:reference>/cancellation")
@therapist_only
def cancel(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        consultation = consultation_of(db, therapist, reference)
        cancel_consultation(db, consultation, by=Party.THERAPIST, now=clock.now())
    flash("Cancelled. The time is free again, and a mail is on its way.")
    return redirect(url_for("review.show", reference=reference), code=303)


@blueprint.get("/calendar")
@therapist_only
def calendar(therapist: Therapist) -> str:
    db, zone = current_db(), ZoneInfo(therapist.time_zone)
    here = clock.now().astimezone(zone).date()
    monday = monday_of(_asked_day() or here)
    consultations = consultations_between(db, therapist, *span_of(monday, zone))
    week = week_of(
        monday,
        zone,
        hours=[(each.weekday, each.starts_minute, each.ends_minute) for each in hours_of(db, therapist)],
        entries=[(each.starts_at, (each, _initials(name_of(db, each.client)))) for each in consultations],
    )
    return render_template("review/calendar.html", week=week, zone=zone, here=here)


def _consultation_page(therapist: Therapist, reference: str, form: DeclineForm) -> str:
    db = current_db()
    consultation = consultation_of(db, therapist, reference)
    return render_template(
        "review/show.html",
        shown=request_shown(db, consultation),
        name=name_of(db, consultation.client),
        # What has begun is no longer moved about.
        moves=consultation.moves_open_to(Party.THERAPIST) if clock.now() < consultation.starts_at else set(),
        zone=ZoneInfo(therapist.time_zone),
        form=form,
    )


def _asked_day() -> date | None:
    """The day in `?week=`, or none. An address that names no day, or an absurd one, is refused with 400."""
    asked = request.args.get("week")
    if not asked:
        return None
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        abort(400)
    if not 2000 <= day.year <= 2200:
        abort(400)
    return day


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _initials(name: str) -> str:
    """S.R. for Sam Reed: enough to know who, and little over a shoulder."""
    return "".join(f"{part[0].upper()}." for part in name.split("@")[0].split()[:3])
