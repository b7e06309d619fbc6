"""The diary: days and weeks of it, what is put into it, and what no longer fits the hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of
from portal.database import current_db, transaction
from portal.diary.clocks import minute_of, moment_of
from portal.diary.hours import hours_between
from portal.diary.kinds import FIRST_CONSULTATION
from portal.diary.queries import Rules, rules_of
from portal.review.calendar import WEEK, monday_of, sheet_of, span_of
from portal.review.desk import blueprint, zone_of
from portal.review.forms import OwnTimeForm, PlaceForm, day_in, instant_in
from portal.review.queries import What, clients_by_name, diary_of, to_come_with
from portal.scheduling.answers import keep_outside_hours
from portal.scheduling.holding import Begun, SlotNotOffered
from portal.scheduling.models import Consultation
from portal.scheduling.objections import AgainstTheRules, OffTheSteps, TimeTaken, outside_hours
from portal.scheduling.placing import (
    EndsTooSoon,
    EntryTooLong,
    give_back_own_time,
    keep_own_time,
    place_consultation,
)
from portal.scheduling.queries import consultation_of
from portal.web.instants import posted

_SKIPPED = "The clocks skip this time on that day. Choose another"
_TAKEN = "Something stands there already. Choose another time"
# What a therapist reads where a time cannot be theirs, or anybody's.
_UNFIT: Mapping[type[Exception], str] = {
    TimeTaken: _TAKEN,
    SlotNotOffered: _TAKEN,
    OffTheSteps: "Use a time on five minutes, for example 10:05",
    Begun: "Choose a time that is still to come",
    EndsTooSoon: "Choose a time that is still to come",
    EntryTooLong: "An entry is 24 hours long at most. Make one for each day",
}
# The pages on which hours are changed, as they call themselves.
_CHANGED_AT = {
    "week": "diary.index",
    "days": "diary.days",
    "holidays": "diary.holidays",
    "kinds": "diary.kinds",
}


@blueprint.get("/calendar")
@therapist_only
def calendar(therapist: Therapist) -> str:
    db, now, zone = current_db(), clock.now(), zone_of(therapist)
    here = now.astimezone(zone).date()
    one_day = "day" in request.args
    asked = _asked_day("day" if one_day else "week") or here
    first, days = (asked, 1) if one_day else (monday_of(asked), WEEK)
    since, until = span_of(first, days, zone)
    rules = rules_of(db, therapist.id)
    entries = diary_of(db, therapist, since, until)
    sheet = sheet_of(first, days, zone, hours=_all_hours(rules, since, until), entries=entries, now=now)
    return render_template(
        "review/calendar.html",
        sheet=sheet,
        own=[entry for entry in entries if entry.what is What.OWN],
        one_day=one_day,
        before=first - timedelta(days=days),
        after=first + timedelta(days=days),
        zone=zone,
        here=here,
        instant=posted,
    )


@blueprint.route("/calendar/consultations/new", methods=["GET", "POST"])
@therapist_only
def place(therapist: Therapist) -> ResponseReturnValue:
    earlier = _earlier(therapist)
    form = _place_form(therapist, earlier)
    if not form.validate_on_submit():
        return _place_page(therapist, form, earlier)
    starts_at = form.starts_at(zone_of(therapist))
    if starts_at is None:
        form.refuse(form.clock, _SKIPPED)
        return _place_page(therapist, form, earlier)
    try:
        placed = _place(therapist, form, earlier, starts_at)
    except AgainstTheRules as against:
        return _place_page(therapist, form, earlier, against=against)
    except tuple(_UNFIT) as unfit:
        form.refuse(form.clock, _UNFIT[type(unfit)])
        return _place_page(therapist, form, earlier)
    flash(f"{'Moved' if earlier else 'Placed'}. A mail with a calendar file is on its way.")
    return redirect(url_for("review.show", reference=placed), code=303)


@blueprint.route("/calendar/own-time/new", methods=["GET", "POST"])
@therapist_only
def keep(therapist: Therapist) -> ResponseReturnValue:
    zone = zone_of(therapist)
    at = instant_in(request.args.get("at"))
    local = at.astimezone(zone) if at else None
    hour_later = (local + timedelta(hours=1)) if local else None
    known = {"day": local, "begins": local, "ends": hour_later} if local else {}
    form = OwnTimeForm(data=known)
    if form.validate_on_submit() and _is_kept(therapist, form):
        flash("Kept. Nobody can ask for this time.")
        return redirect(url_for("review.calendar", day=form.day.data), code=303)
    return render_template("review/keep.html", form=form, zone=zone, at=at, instant=posted)


@blueprint.post("/calendar/own-time/<string:reference>/removal")
@therapist_only
def give_back(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        give_back_own_time(db, therapist, reference, now=clock.now())
    flash("Removed. The time is free again.")
    return redirect(url_for("review.calendar", day=day_in(request.args.get("day"))), code=303)


@blueprint.get("/hours/outside")
@therapist_only
def outside(therapist: Therapist) -> ResponseReturnValue:
    db, now = current_db(), clock.now()
    found, before = _outside(therapist, now), _page_before()
    if before and not found:
        return redirect(before, code=303)
    return render_template(
        "review/outside.html",
        outside=[(each, name_of(db, each.client)) for each in found],
        zone=zone_of(therapist),
    )


@blueprint.post("/consultations/<string:reference>/keeping")
@therapist_only
def keep_outside(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        keep_outside_hours(db, consultation_of(db, therapist, reference))
    flash("It stays as it is.")
    return redirect(url_for("review.outside"), code=303)


def _page_before() -> str | None:
    """Where hours were just changed, if that is why one is here."""
    after, kind = request.args.get("after"), request.args.get("kind")
    if after == "kind" and kind:
        return url_for("diary.kind", reference=kind)
    return url_for(_CHANGED_AT[after]) if after in _CHANGED_AT else None


def _asked_day(name: str) -> date | None:
    """The day that the address names, or none. One that is no day, or an absurd one, is refused with 400."""
    asked = request.args.get(name)
    if not asked:
        return None
    day = day_in(asked)
    if day is None:
        abort(400)
    return day


def _all_hours(rules: Rules, since: datetime, until: datetime) -> Sequence[tuple[datetime, datetime]]:
    """The hours of every kind that is offered, ordinary ones and own ones."""
    kinds = {kind.id if kind.own_hours else None: kind for kind in rules.on_offer}
    kinds.setdefault(None, FIRST_CONSULTATION)
    found = {
        stretch
        for kind in kinds.values()
        for stretch in hours_between(rules, kind, minute_of(since), minute_of(until))
    }
    return [(moment_of(begins), moment_of(ends)) for begins, ends in sorted(found)]


def _earlier(therapist: Therapist) -> Consultation | None:
    """What is to be moved, if the address names it. Raises NotFound."""
    reference = request.args.get("instead-of")
    return consultation_of(current_db(), therapist, reference) if reference else None


def _place_form(therapist: Therapist, earlier: Consultation | None) -> PlaceForm:
    db, zone = current_db(), zone_of(therapist)
    rules = rules_of(db, therapist.id)
    at = instant_in(request.args.get("at")) or (earlier.starts_at if earlier else None)
    local = at.astimezone(zone) if at else None
    known = {
        "client": request.args.get("client"),
        "kind": rules.kind_with_id(earlier.kind_id).reference if earlier else None,
        "day": local.date() if local else None,
        "clock": local.time() if local else None,
    }
    form = PlaceForm(data={name: value for name, value in known.items() if value is not None})
    kinds = {kind.reference: f"{kind.name}, {kind.length} minutes" for kind in rules.on_offer}
    if earlier is None:
        chosen = request.form.get("client") or request.args.get("client")
        form.offer(clients_by_name(db, therapist, chosen), kinds)
    else:
        kind = rules.kind_with_id(earlier.kind_id)
        name = name_of(db, earlier.client)
        form.offer({earlier.client.reference: name}, {kind.reference: f"{kind.name}, {kind.length} minutes"})
    return form


def _place(therapist: Therapist, form: PlaceForm, earlier: Consultation | None, starts_at: datetime) -> str:
    with transaction() as db:
        return place_consultation(
            db,
            therapist,
            client_of(db, therapist, form.client.data),
            starts_at=starts_at,
            now=clock.now(),
            kind=None if earlier else form.kind.data or None,
            instead_of=earlier.reference if earlier else None,
            despite=form.warned_of,
        )


def _place_page(
    therapist: Therapist,
    form: PlaceForm,
    earlier: Consultation | None,
    *,
    against: AgainstTheRules | None = None,
) -> str:
    broken = {rule for rules in (against.objections if against else {}).values() for rule in rules}
    return render_template(
        "review/place.html",
        form=form,
        earlier=earlier,
        against=sorted(against.objections.items()) if against else [],
        despite=sorted({*form.warned_of, *broken}),
        query={name: request.args[name] for name in ("instead-of", "at") if name in request.args},
        at=instant_in(request.args.get("at")),
        instant=posted,
        zone=zone_of(therapist),
    )


def _is_kept(therapist: Therapist, form: OwnTimeForm) -> bool:
    """Whether the time is the therapist's own now; if not, the form says why."""
    span = form.span(zone_of(therapist))
    if span is None:
        form.refuse(form.begins, _SKIPPED)
        return False
    try:
        with transaction() as db:
            keep_own_time(db, therapist, starts_at=span[0], ends_at=span[1], now=clock.now())
    except tuple(_UNFIT) as unfit:
        form.refuse(form.begins, _UNFIT[type(unfit)])
        return False
    return True


def _outside(therapist: Therapist, now: datetime) -> Sequence[Consultation]:
    """What is to come and lies outside the hours of now, also in part; what is to stay there is left out."""
    db = current_db()
    rules, found = rules_of(db, therapist.id), to_come_with(db, therapist, now=now)
    if not found:
        return ()
    since = minute_of(now)
    until = max(minute_of(window.ends_at) for each in found for window in each.windows)
    hours: dict[int | None, Sequence[tuple[int, int]]] = {}
    lying_outside = []
    for each in found:
        kind = rules.kind_with_id(each.kind_id)
        key = kind.id if kind.own_hours else None
        if key not in hours:
            hours[key] = hours_between(rules, kind, since, until)
        stretches = hours[key]
        if not each.kept_outside_hours and any(
            outside_hours(stretches, minute_of(window.starts_at), minute_of(window.ends_at))
            for window in each.windows
        ):
            lying_outside.append(each)
    return lying_outside
