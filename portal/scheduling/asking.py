"""The page of times: what is on offer, what was chosen on it so far, and what became of a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db
from portal.diary.clocks import minute_of, moment_of
from portal.scheduling.drawn import drawn
from portal.scheduling.forms import AskForm, ZoneForm
from portal.scheduling.lifecycle import MOST_TIMES, Status
from portal.scheduling.offers import Offer, offer_to
from portal.scheduling.queries import Held, consultation_of
from portal.scheduling.rendering import how_long, sheet_of, times_of
from portal.scheduling.slots import nearest
from portal.web.formatting import day_and_time, zone_called
from portal.web.instants import instant_in, posted
from portal.web.zones import real_zone

_MOST_NEAREST = 4
_NEAREST_ARE = "These are the nearest free ones"
_NONE_IS_NEAR = "There is no other free one at the moment"
_ALL_TAKEN = "That time has just been taken, and there is no other free one at the moment"
_TOO_OFTEN = (
    "You have asked for many times today, and that is as many as the portal takes in one day. "
    "Tomorrow you can ask again. Nothing you have chosen so far is lost"
)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why the times on the form were not asked for."""

    # One of them is not on offer, or is gone.
    gone_at: datetime | None = None
    # Another had been asked for before.
    already_at: datetime | None = None
    too_often: bool = False


def ask_form() -> AskForm:
    """As it was posted; else with the choices that the address holds."""
    if request.method == "POST":
        return AskForm()
    data = {"chosen": request.args.getlist("chosen"), "starts_at": request.args.get("starts_at")}
    return AskForm(formdata=None, data=data)


def is_arranged(form: AskForm) -> bool:
    """Do what a button wants that only arranges the page: one more choice, one less, other days."""
    if "add" in request.form and form.times:
        form.keep(form.times)
        return True
    if gone := instant_in(request.form.get("remove")):
        form.keep([each for each in form.chosen_at if each != gone], form.picked_at)
        return True
    return "from" in request.form


def arranged_page(client: Client, therapist: Therapist, form: AskForm) -> ResponseReturnValue:
    """The page once more, under an address of its own where nothing typed has to be carried along."""
    if form.words.data:
        return times_page(client, therapist, form)
    query = _query(form, begins=_begins())
    if form.zone.data and form.zone.data != str(zone_of(client)):
        query["zone"] = form.zone.data
    return redirect(url_for("scheduling.choose_time", **query, _anchor="days"), code=303)


def times_page(
    client: Client,
    therapist: Therapist,
    form: AskForm,
    *,
    instead_of: str | None = None,
    refusal: Refusal | None = None,
) -> ResponseReturnValue:
    """What can be asked for, with what was chosen, or where the client has to look first. Raises NotFound."""
    instead_of = instead_of or request.args.get("instead-of")
    now = clock.now()
    kind = None if instead_of else request.args.get("kind")
    offer = offer_to(current_db(), client, therapist, now=now, instead_of=instead_of, kind=kind)
    named = _named(client, offer, instead_of)
    elsewhere = _elsewhere(offer, named, form, now)
    if elsewhere:
        return redirect(elsewhere, code=303)
    zone = _zone_shown(client, form)
    near = _say_what_became_of_it(form, offer, refusal, zone)
    page = render_template(
        "scheduling/choose_time.html",
        form=form,
        therapist=therapist,
        offer=offer,
        zone=zone,
        near=times_of(near, zone),
        zone_form=_zone_form(zone) if "change-zone" in request.args else None,
        query=_query(form, instead_of=named.reference if named else None, begins=_begins()),
        **_sheet(form, offer, zone, therapist, now),
        **_standing(offer, named),
    )
    return page, _code(refusal)


def _code(refusal: Refusal | None) -> int:
    if refusal is None:
        return 200
    return 429 if refusal.too_often else 409


def _named(client: Client, offer: Offer, reference: str | None) -> Held | None:
    """The client's own consultation that the address names, if it is still to come. Raises NotFound."""
    named = offer.named(reference)
    if reference and named is None:
        # Another's is not found; the client's own may be over.
        consultation_of(current_db(), client, reference)
    return named


def _elsewhere(offer: Offer, named: Held | None, form: AskForm, now: datetime) -> str | None:
    """The address of what has to be looked at before another time is chosen, if there is anything."""
    kept = offer.kept_beside(named)
    if kept and not offer.may_be_changed(kept, now=now):
        return url_for("scheduling.show", reference=kept.reference)
    waiting = offer.open_requests()
    if request.method != "GET" or named or len(waiting) < offer.rules.most_open_requests:
        return None
    if waiting[-1].status is Status.PROPOSED:
        return url_for("scheduling.show", reference=waiting[-1].reference)
    return url_for("scheduling.choose_time", **_query(form, instead_of=waiting[-1].reference))


def _say_what_became_of_it(
    form: AskForm, offer: Offer, refusal: Refusal | None, zone: ZoneInfo
) -> Sequence[int]:
    """Keep what can still be had of the choices, and say at the field what cannot; the nearest to that."""
    gone = [each for each in form.times if minute_of(each) not in offer.starts]
    if refusal and refusal.gone_at and not gone:
        gone = [refusal.gone_at]
    near = _near(form, offer, gone)
    if gone:
        chosen = [each for each in form.chosen_at if each not in gone]
        form.keep(chosen, form.picked_at if form.picked_at not in gone else None)
        form.refuse(form.starts_at, _gone_words(gone[0], zone, bool(near), bool(form.times)))
    if refusal and refusal.already_at:
        when = day_and_time(refusal.already_at, zone)
        form.refuse(form.starts_at, f"You have asked for {when} already. Ask again to have this one instead")
    if refusal and refusal.too_often:
        form.refuse(form.starts_at, _TOO_OFTEN)
    return near


def _near(form: AskForm, offer: Offer, gone: Sequence[datetime]) -> Sequence[int]:
    if not gone:
        return []
    free = _apart_from([each for each in form.times if each not in gone], offer)
    return nearest(free, minute_of(gone[0]), most=_MOST_NEAREST)


def _gone_words(gone: datetime, zone: ZoneInfo, any_near: bool, others: bool) -> str:
    if not others:
        return f"That time has just been taken. {_NEAREST_ARE}" if any_near else _ALL_TAKEN
    what = f"{day_and_time(gone, zone)} has just been taken. What else you chose is still here"
    return f"{what}. {_NEAREST_ARE if any_near else _NONE_IS_NEAR}"


def _sheet(
    form: AskForm, offer: Offer, zone: ZoneInfo, therapist: Therapist, now: datetime
) -> Mapping[str, Any]:
    """The days that are shown, and the choice so far where they do not show it."""
    free = _apart_from(form.chosen_at, offer)
    sheet = sheet_of(
        offer.starts,
        zone=zone,
        therapist_zone=zone_called(therapist.time_zone, zone),
        now=now,
        begins=_begins(),
        left_out=frozenset(offer.starts).difference(free) if form.chosen_at else (),
    )
    elsewhere = form.picked_at if form.picked_at and not sheet.shows(form.starts_at.data) else None
    return {
        "sheet": sheet,
        "drawn": drawn(current_app.jinja_env, sheet, form.starts_at.data),
        "offset_at": moment_of(free[0]) if free else now,
        "chosen": [(posted(each), each) for each in form.chosen_at],
        "picked_elsewhere": times_of([minute_of(elsewhere)], zone) if elsewhere else [],
        "may_add": len(form.chosen_at) < MOST_TIMES - 1,
        "may_pick": len(form.chosen_at) < MOST_TIMES,
    }


def _apart_from(chosen: Sequence[datetime], offer: Offer) -> Sequence[int]:
    """What can still be chosen beside these, which it must not overlap."""
    taken = list(map(minute_of, chosen))
    if not taken:
        return offer.starts
    return [start for start in offer.starts if all(abs(start - each) >= offer.kind.length for each in taken)]


def _standing(offer: Offer, named: Held | None) -> Mapping[str, Any]:
    """What the client has already, and what asking would do to it."""
    kept = offer.kept_beside(named)
    return {
        "kept": kept,
        "given_up": offer.asked_instead_of(kept),
        "confirmed": [held for held in offer.own if held.status is Status.CONFIRMED and held is not kept],
        "changes_until": how_long(offer.kind.changes_until) if offer.kind.changes_until else None,
    }


def _zone_shown(client: Client, form: AskForm) -> ZoneInfo:
    """The zone that the page was in, else the one the address asks for, else the client's."""
    asked = form.zone.data or real_zone(request.args.get("zone"))
    return zone_called(asked, zone_of(client))


def _zone_form(zone: ZoneInfo) -> ZoneForm:
    form = ZoneForm(formdata=None)
    form.offer(str(zone))
    return form


def _query(form: AskForm, *, instead_of: str | None = None, begins: date | None = None) -> dict[str, Any]:
    """What goes with every link from the page of times to another of its pages."""
    query = {
        "instead-of": instead_of or request.args.get("instead-of"),
        "kind": request.args.get("kind"),
        "zone": real_zone(request.args.get("zone")),
        "chosen": list(map(posted, form.chosen_at)),
        "starts_at": posted(form.picked_at) if form.picked_at else None,
        "from": begins.isoformat() if begins else None,
    }
    return {name: value for name, value in query.items() if value}


def _begins() -> date | None:
    """The day on which the page is asked to begin."""
    try:
        return date.fromisoformat(request.form.get("from") or request.args.get("from") or "")
    except ValueError:
        return None
