"""The client's side of scheduling: choose a time, see what became of it, give it back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client, Therapist
from portal.database import current_db, transaction
from portal.practice.facts import current_practice
from portal.scheduling.calendar_file import file_of
from portal.scheduling.forms import AskForm, ZoneForm
from portal.scheduling.lifecycle import Move, Party, Status
from portal.scheduling.queries import (
    Held,
    Offer,
    consultation_of,
    consultations_of,
    last_event_of,
    offer_to,
    reply_of,
    words_of,
)
from portal.scheduling.rendering import sheet_of, times_of
from portal.scheduling.services import (
    AlreadyAsked,
    SlotNotOffered,
    cancel_consultation,
    request_consultation,
)
from portal.scheduling.slots import FIRST_CONSULTATION, clock_changes, minute_of, moment_of, nearest
from portal.web.form import PortalForm
from portal.web.formatting import day_and_time, zone_called
from portal.web.zones import real_zone

blueprint = Blueprint("scheduling", __name__)

_MOST_NEAREST = 4
_TAKEN = "That time has just been taken. These are the nearest free ones"
_ALL_TAKEN = "That time has just been taken, and there is no other free one at the moment"


@blueprint.route("/times", methods=["GET", "POST"])
@client_only
def choose_time(client: Client) -> ResponseReturnValue:
    therapist = client.therapist
    if therapist is None:
        return render_template("scheduling/no_therapist.html")
    form, instead_of = AskForm(), request.args.get("instead-of")
    chosen_at = form.chosen_at
    if not form.validate_on_submit() or chosen_at is None:
        return _times(client, therapist, form, instead_of)
    try:
        asked_for = _ask(client, therapist, form, chosen_at, instead_of)
    except SlotNotOffered:
        return _times(client, therapist, form, instead_of, gone_at=chosen_at)
    except AlreadyAsked as already:
        # Whoever presses twice has asked once.
        if already.starts_at != chosen_at:
            return _times(client, therapist, form, already.reference, already_at=already.starts_at)
        asked_for = already.reference
    return redirect(url_for("scheduling.show", reference=asked_for), code=303)


@blueprint.get("/consultations/<string:reference>")
@client_only
def show(client: Client, reference: str) -> str:
    db, now, zone = current_db(), clock.now(), _zone_of(client)
    consultation = consultation_of(db, client, reference)
    own = consultations_of(db, client)
    to_come = now < consultation.starts_at
    return render_template(
        "scheduling/show.html",
        consultation=consultation,
        # What was asked for instead of it, or has replaced it.
        other=next((other for other in own if other.replaces_id == consultation.id), None),
        to_come=to_come,
        may_cancel=to_come and Move.CANCEL in consultation.moves_open_to(Party.CLIENT),
        zone=zone,
        clocks_change_at=_clocks_change_at(zone, now, consultation.starts_at),
        words=words_of(db, consultation),
        reply=reply_of(db, consultation),
    )


@blueprint.get("/consultations/<string:reference>.ics")
@client_only
def calendar_file(client: Client, reference: str) -> Response:
    consultation = consultation_of(current_db(), client, reference)
    event = last_event_of(current_db(), consultation)
    changed_at = event.happened_at if event else consultation.asked_at
    text, method = file_of(consultation, changed_at=changed_at)
    return Response(
        text,
        content_type=f"text/calendar; charset=utf-8; method={method}",
        headers={"Content-Disposition": "attachment; filename=appointment.ics"},
    )


@blueprint.route("/consultations/<string:reference>/cancellation", methods=["GET", "POST"])
@client_only
def cancel(client: Client, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), client, reference)
    form, its_page = PortalForm(), url_for("scheduling.show", reference=reference)
    # Whoever presses twice has cancelled once.
    if consultation.status is Status.CANCELLED:
        return redirect(its_page, code=303)
    if form.validate_on_submit():
        with transaction() as db:
            cancel_consultation(db, consultation, by=Party.CLIENT, now=clock.now())
        return redirect(its_page, code=303)
    if Move.CANCEL not in consultation.moves_open_to(Party.CLIENT):
        return redirect(its_page, code=303)
    own = consultations_of(current_db(), client)
    return render_template(
        "scheduling/cancel.html",
        form=form,
        consultation=consultation,
        other=next((other for other in own if other.replaces_id == consultation.id), None),
        zone=_zone_of(client),
    )


def _ask(
    client: Client, therapist: Therapist, form: AskForm, starts_at: datetime, instead_of: str | None
) -> str:
    """The reference of the new request. Raises as the service does, and NotFound."""
    now = clock.now()
    earlier = consultation_of(current_db(), client, instead_of) if instead_of else None
    answer_by = current_practice().answering.answer_by(now)
    with transaction() as db:
        if form.zone.data and form.zone.data != client.time_zone:
            client.time_zone = form.zone.data
        consultation = request_consultation(
            db,
            client=client,
            therapist=therapist,
            starts_at=starts_at,
            now=now,
            answer_by=answer_by,
            words=form.words.data,
            instead_of=earlier,
        )
    return consultation.reference


def _times(
    client: Client,
    therapist: Therapist,
    form: AskForm,
    instead_of: str | None,
    gone_at: datetime | None = None,
    already_at: datetime | None = None,
) -> ResponseReturnValue:
    """The page of times. `gone_at` was chosen and is gone; `already_at` had been asked for before."""
    now = clock.now()
    offer = offer_to(current_db(), client, therapist, now=now)
    named = _named(client, offer, instead_of)
    waiting = offer.open_request()
    if waiting and named is None and request.method == "GET":
        return redirect(url_for("scheduling.choose_time", **_query(waiting.reference)), code=303)
    zone = _zone_shown(client, form)
    near = nearest(offer.starts, minute_of(gone_at), most=_MOST_NEAREST) if gone_at else []
    if gone_at:
        form.refuse(form.starts_at, _TAKEN if near else _ALL_TAKEN)
    if already_at:
        when = day_and_time(already_at, zone)
        form.refuse(form.starts_at, f"You have asked for {when} already. Ask again to have this one instead")
    form.zone.data = str(zone)
    kept = offer.kept_beside(named.id if named else None)
    page = render_template(
        "scheduling/choose_time.html",
        form=form,
        therapist=therapist,
        kind=FIRST_CONSULTATION,
        zone=zone,
        offset_at=moment_of(offer.starts[0]) if offer.starts else now,
        sheet=sheet_of(
            offer.starts,
            zone=zone,
            therapist_zone=zone_called(therapist.time_zone, zone),
            now=now,
            begins=_day_in(request.args.get("from")),
        ),
        near=times_of(near, zone),
        kept=kept,
        given_up=offer.asked_instead_of(kept),
        confirmed=[held for held in offer.own if held.status is Status.CONFIRMED and held is not kept],
        zone_form=_zone_form(zone) if "change-zone" in request.args else None,
        query=_query(named.reference if named else None),
    )
    return page, 409 if gone_at or already_at else 200


def _named(client: Client, offer: Offer, reference: str | None) -> Held | None:
    """The client's own consultation that the address names, if it is still to come. Raises NotFound."""
    named = next((held for held in offer.own if held.reference == reference), None)
    if reference and named is None:
        # Another's is not found; the client's own may be over.
        consultation_of(current_db(), client, reference)
    return named


def _zone_of(client: Client) -> ZoneInfo:
    return zone_called(client.time_zone, current_practice().zone)


def _zone_shown(client: Client, form: AskForm) -> ZoneInfo:
    """The zone that the page was in, else the one the address asks for, else the client's."""
    asked = form.zone.data or real_zone(request.args.get("zone"))
    return zone_called(asked, _zone_of(client))


def _zone_form(zone: ZoneInfo) -> ZoneForm:
    form = ZoneForm(formdata=None)
    form.offer(str(zone))
    return form


def _query(instead_of: str | None) -> dict[str, Any]:
    """What goes with every link from the page of times to another of its pages."""
    query = {"instead-of": instead_of, "zone": real_zone(request.args.get("zone"))}
    return {name: value for name, value in query.items() if value}


def _day_in(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _clocks_change_at(zone: ZoneInfo, now: datetime, starts_at: datetime) -> datetime | None:
    """When the reader's clocks change between now and then, the last time if more than once (T7)."""
    changes = clock_changes(str(zone), minute_of(now), minute_of(starts_at))
    return moment_of(changes[-1]) if changes else None
