"""The list of a therapist's clients, and what is done with whose clients they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.leading import NotTheLead, colleague_called, colleagues, make_lead
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of, zone_of
from portal.clients.forms import ColleagueForm
from portal.clients.invited import InvitedPage, invited_page_of
from portal.clients.queries import MOST_COUNTED, Listed, Page, page_of, work_of
from portal.clients.services import (
    CanBeUndone,
    HoldsTime,
    LampLit,
    archive_client,
    assign_client,
    bring_back,
)
from portal.clients.wanted import INVITED, STAGES, Order, Wanted, wanted_in
from portal.database import current_db, transaction

blueprint = Blueprint("clients", __name__, url_prefix="/desk")

_HOLDS_TIME = "Something still holds time between you. Answer it, cancel it, or say whether you have met"
_CAN_BE_UNDONE = "Something of the last ten minutes can still be taken back. Do this a little later"
_LAMP_LIT = "An answer of theirs is to be looked at. Say first that you have seen it"


@blueprint.get("/clients")
@therapist_only
def index(therapist: Therapist) -> str:
    zone = zone_of(therapist)
    wanted, left_out = wanted_in(request.args)
    page = _page(therapist, wanted, zone)
    return render_template(
        "clients/index.html",
        wanted=wanted,
        left_out=left_out,
        page=page,
        behind=_address_behind(wanted, page),
        start=replace(wanted, after=None).address(),
        stages=STAGES,
        orders=list(Order),
        zone=zone,
    )


@blueprint.route("/clients/<string:reference>/colleague", methods=["GET", "POST"])
@therapist_only
def assign(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = _colleague_form(therapist)
    if not form.validate_on_submit():
        return _keeping_page(therapist, reference, form)
    try:
        with transaction() as db:
            client, colleague = assign_client(
                db, therapist, reference, to=form.colleague.data, now=clock.now()
            )
    except HoldsTime:
        form.refuse(form.colleague, _HOLDS_TIME)
        return _keeping_page(therapist, reference, form)
    except CanBeUndone:
        form.refuse(form.colleague, _CAN_BE_UNDONE)
        return _keeping_page(therapist, reference, form)
    flash(f"{name_of(db, client)} is with {colleague.name} now. Both have a mail.")
    return redirect(url_for("clients.index"), code=303)


@blueprint.post("/clients/<string:reference>/archive")
@therapist_only
def archive(therapist: Therapist, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            client = archive_client(db, therapist, reference, now=clock.now())
    except HoldsTime:
        return _keeping_page(therapist, reference, _colleague_form(therapist), refusal=_HOLDS_TIME), 409
    except LampLit:
        return _keeping_page(therapist, reference, _colleague_form(therapist), refusal=_LAMP_LIT), 409
    flash(f"{name_of(db, client)} is put away. Whatever they do next brings them back by itself.")
    return redirect(url_for("clients.index"), code=303)


@blueprint.post("/clients/<string:reference>/return")
@therapist_only
def return_(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        bring_back(db, therapist, reference)
    flash("They stand on your lists again.")
    return redirect(url_for("review.person", reference=reference), code=303)


@blueprint.get("/colleagues")
@therapist_only
def show_colleagues(therapist: Therapist) -> str:
    db = current_db()
    everybody = colleagues(db)
    return render_template(
        "clients/colleagues.html",
        me=therapist,
        everybody=everybody,
        work=work_of(db, everybody, now=clock.now()) if therapist.is_lead else [],
        most=MOST_COUNTED,
    )


@blueprint.post("/colleagues/<string:reference>/lead")
@therapist_only
def hand_over(therapist: Therapist, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            lead = colleague_called(db, reference)
            make_lead(db, lead, by=therapist)
    except NotTheLead:
        flash("Only who leads can hand that over. Somebody else does by now.")
    else:
        flash(f"{lead.name} leads now.")
    return redirect(url_for("clients.show_colleagues"), code=303)


def _page(therapist: Therapist, wanted: Wanted, zone: ZoneInfo) -> Page | InvitedPage:
    after_until = wanted.until + timedelta(days=1) if wanted.until else None
    page = invited_page_of if wanted.stage == INVITED else page_of
    return page(
        current_db(),
        therapist,
        wanted,
        since=_midnight(wanted.since, zone),
        until=_midnight(after_until, zone),
        now=clock.now(),
    )


def _address_behind(wanted: Wanted, page: Page | InvitedPage) -> dict[str, str] | None:
    if not page.goes_on:
        return None
    last = page.listed[-1]
    if isinstance(last, Listed):
        return wanted.behind(last.client.reference, last.client.moved_at).address()
    return wanted.behind(last.reference, last.mailed_at).address()


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _colleague_form(therapist: Therapist) -> ColleagueForm:
    form = ColleagueForm()
    others = {each.reference: each.name for each in colleagues(current_db()) if each.id != therapist.id}
    form.offer(others)
    return form


def _keeping_page(
    therapist: Therapist, reference: str, form: ColleagueForm, *, refusal: str | None = None
) -> str:
    db = current_db()
    client = client_of(db, therapist, reference)
    return render_template(
        "clients/assign.html",
        form=form,
        client=client,
        name=name_of(db, client),
        refusal=refusal,
        zone=zone_of(therapist),
    )
