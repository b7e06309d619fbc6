"""The client's side of scheduling: choose a time, see what became of it, answer, change, give it back."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts import guarding
from portal.accounts.access import client_only
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.errors import Overtaken
from portal.practice.facts import current_practice
from portal.scheduling.asking import Refusal, arranged_page, ask_form, is_arranged, times_page
from portal.scheduling.calendar_file import file_of
from portal.scheduling.choosing import (
    accept_proposal,
    choose_reminders,
    decline_proposal,
    wish_for_earlier,
)
from portal.scheduling.forms import Asking, NoteForm, RefusalForm, RemindersForm, asking_in
from portal.scheduling.holding import Begun, SlotNotOffered
from portal.scheduling.lifecycle import (
    MoveNotAllowed,
    Party,
    Status,
    TooLateToChange,
    TooLateToUndo,
)
from portal.scheduling.queries import consultation_of, consultations_of, last_event_of
from portal.scheduling.services import (
    AlreadyAsked,
    AskedTooOften,
    NoRoomForMore,
    cancel_consultation,
    request_consultation,
    write_note,
)
from portal.scheduling.showing import its_page, may_cancel, times_of
from portal.scheduling.undoing import AskedMeanwhile, SettledMeanwhile, undo
from portal.web.download import to_keep
from portal.web.form import PortalForm
from portal.web.instants import instant_in

blueprint = Blueprint("scheduling", __name__)

_OFFERED_NO_MORE = "This is no longer offered. Nothing has changed for you."
_NOT_TAKEN_BACK: Mapping[type[Exception], str] = {
    SlotNotOffered: "Somebody else has this time by now, so it cannot come back. You can choose another.",
    Begun: "Its time has come, so it cannot come back. You can choose another.",
    SettledMeanwhile: (
        "The other time that you asked for is confirmed by now, so this one does not come back as well. "
        "You can choose another time whenever you like."
    ),
    AskedMeanwhile: (
        "You have asked for another time meanwhile, so this one is not brought back beside it. "
        "You can choose again whenever you like."
    ),
    TooLateToUndo: "This can no longer be taken back. You can choose another time whenever you like.",
}


@blueprint.route("/times", methods=["GET", "POST"])
@client_only
def choose_time(client: Client) -> ResponseReturnValue:
    therapist = client.therapist
    if therapist is None:
        return render_template("scheduling/no_therapist.html")
    asking = asking_in(request.form) if request.method == "POST" else None
    if asking:
        return _asked(client, therapist, asking, request.args.get("instead-of"))
    form = ask_form()
    if is_arranged(form):
        return arranged_page(client, therapist, form)
    form.validate_on_submit()
    return times_page(client, therapist, form)


@blueprint.get("/consultations/<string:reference>")
@client_only
def show(client: Client, reference: str) -> ResponseReturnValue:
    return its_page(client, consultation_of(current_db(), client, reference))


@blueprint.get("/consultations/<string:reference>.ics")
@client_only
def calendar_file(client: Client, reference: str) -> Response:
    consultation = consultation_of(current_db(), client, reference)
    event = last_event_of(current_db(), consultation)
    changed_at = event.happened_at if event else consultation.asked_at
    text, method = file_of(consultation, changed_at=changed_at)
    answer = Response(text, content_type=f"text/calendar; charset=utf-8; method={method}")
    return to_keep(answer, "appointment.ics")


@blueprint.route("/consultations/<string:reference>/cancellation", methods=["GET", "POST"])
@client_only
def cancel(client: Client, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), client, reference)
    form, its_page = PortalForm(), url_for("scheduling.show", reference=reference)
    # Whoever presses twice has cancelled once.
    if consultation.status is Status.CANCELLED:
        return redirect(its_page, code=303)
    if form.validate_on_submit():
        # What is open is limited already, so this limits how often one can ask and take it back.
        guarding.count_withdrawal(client.reference)
        try:
            with transaction() as db:
                cancel_consultation(db, consultation, by=Party.CLIENT, now=clock.now())
        except TooLateToChange:
            # The page says what can be done instead.
            pass
        return redirect(its_page, code=303)
    if not may_cancel(consultation, now=clock.now()):
        return redirect(its_page, code=303)
    own = consultations_of(current_db(), client)
    return render_template(
        "scheduling/cancel.html",
        form=form,
        consultation=consultation,
        times=times_of(consultation, own),
        other=next((other for other in own if other.replaces_id == consultation.id), None),
        zone=zone_of(client),
    )


@blueprint.post("/consultations/<string:reference>/undoing")
@client_only
def take_back(client: Client, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), client, reference)
    try:
        with transaction() as db:
            undo(db, consultation, by=Party.CLIENT, now=clock.now())
    except tuple(_NOT_TAKEN_BACK) as refusal:
        return its_page(client, consultation, problem=_NOT_TAKEN_BACK[type(refusal)])
    return _to_its_page(reference)


@blueprint.post("/consultations/<string:reference>/choice")
@client_only
def accept(client: Client, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), client, reference)
    starts_at = instant_in(request.form.get("starts_at"))
    try:
        with transaction() as db:
            accept_proposal(db, consultation, starts_at=starts_at, now=clock.now())
    except (MoveNotAllowed, Overtaken, Begun):
        now_so = consultation_of(current_db(), client, reference)
        # Whoever presses twice has taken it once.
        if now_so.status is not Status.CONFIRMED or now_so.starts_at != starts_at:
            return its_page(client, now_so, problem=_OFFERED_NO_MORE)
    return _to_its_page(reference)


@blueprint.post("/consultations/<string:reference>/refusal")
@client_only
def refuse(client: Client, reference: str) -> ResponseReturnValue:
    consultation, form = consultation_of(current_db(), client, reference), RefusalForm()
    if not form.validate_on_submit():
        return its_page(client, consultation, refusal_form=form)
    try:
        with transaction() as db:
            decline_proposal(db, consultation, words=form.words.data or None, now=clock.now())
    except MoveNotAllowed:
        now_so = consultation_of(current_db(), client, reference)
        if now_so.status is not Status.DECLINED:
            return its_page(client, now_so, problem=_OFFERED_NO_MORE, refusal_form=form)
    return _to_its_page(reference)


@blueprint.post("/consultations/<string:reference>/note")
@client_only
def write(client: Client, reference: str) -> ResponseReturnValue:
    consultation, form = consultation_of(current_db(), client, reference), NoteForm()
    if not form.validate_on_submit():
        return its_page(client, consultation, note_form=form)
    try:
        with transaction() as db:
            write_note(db, consultation, form.words.data or "", now=clock.now())
    except NoRoomForMore:
        form.refuse(form.words, "As much as fits here has been written. Say the rest when you meet")
        return its_page(client, consultation, note_form=form)
    flash("Sent. Your therapist is told that there is something to read.")
    return _to_its_page(reference)


@blueprint.post("/consultations/<string:reference>/earlier-time")
@client_only
def wish(client: Client, reference: str) -> ResponseReturnValue:
    consultation, wanted = consultation_of(current_db(), client, reference), "wanted" in request.form
    with transaction() as db:
        wish_for_earlier(db, consultation, wanted=wanted, now=clock.now())
    flash(
        "You hear from us when something earlier opens." if wanted else "You hear no more of earlier times."
    )
    return _to_its_page(reference)


@blueprint.route("/account/reminders", methods=["GET", "POST"])
@client_only
def reminders(client: Client) -> ResponseReturnValue:
    form = RemindersForm(data={"reminders": client.reminders.split(",")})
    if form.validate_on_submit():
        with transaction() as db:
            choose_reminders(db, client, minutes=map(int, form.reminders.data or ()), now=clock.now())
        flash("Saved.")
        return redirect(url_for("scheduling.reminders"), code=303)
    return render_template("scheduling/reminders.html", form=form)


def _asked(
    client: Client, therapist: Therapist, asking: Asking, instead_of: str | None
) -> ResponseReturnValue:
    """The page of the new request, or the page of times with what was refused."""
    try:
        asked_for = _ask(client, therapist, asking, instead_of)
    except SlotNotOffered as gone:
        return times_page(client, therapist, ask_form(), refusal=Refusal(gone_at=gone.starts_at))
    except AskedTooOften:
        return times_page(client, therapist, ask_form(), refusal=Refusal(too_often=True))
    except TooLateToChange:
        asked_for = str(instead_of)
    except AlreadyAsked as already:
        # Whoever presses twice has asked once.
        if not already.times.issuperset(asking.times):
            refusal = Refusal(already_at=already.starts_at)
            form = ask_form()
            return times_page(client, therapist, form, instead_of=already.reference, refusal=refusal)
        asked_for = already.reference
    return _to_its_page(asked_for)


def _ask(client: Client, therapist: Therapist, asking: Asking, instead_of: str | None) -> str:
    """The reference of the new request. Raises as the service does, and NotFound."""
    now = clock.now()
    answer_by = current_practice().answering.answer_by(now)
    with transaction() as db:
        return request_consultation(
            db,
            client=client,
            therapist=therapist,
            starts=asking.times,
            now=now,
            answer_by=answer_by,
            words=asking.words,
            instead_of=instead_of,
            kind=None if instead_of else request.args.get("kind"),
            zone=asking.zone,
        )


def _to_its_page(reference: str) -> ResponseReturnValue:
    return redirect(url_for("scheduling.show", reference=reference), code=303)
