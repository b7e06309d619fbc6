"""The therapist reads what came in and answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.looking import note_opening, write_opening
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of
from portal.database import current_db, transaction
from portal.errors import NotFound, Overtaken
from portal.founding.standing import serious_left
from portal.intake.amending import see_amendments
from portal.intake.sent import all_sent_by, sent_intake_of
from portal.journal.lines import What
from portal.review.calendar import span_of
from portal.review.desk import blueprint, zone_of
from portal.review.forms import AnswerForm, DeclineForm, ReadForm
from portal.review.queries import Desk, desk_of, request_shown
from portal.review.trouble import trouble_of
from portal.review.undelivered import undelivered_for
from portal.review.whole import Person, person_whole
from portal.scheduling.answers import (
    NotOverYet,
    confirm_consultation,
    decline_consultation,
    read_note,
    say_whether_met,
)
from portal.scheduling.holding import Begun, SlotNotOffered
from portal.scheduling.lifecycle import MoveNotAllowed, Party, Status, TooLateToUndo, can_be_undone
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.proposing import withdraw_proposal
from portal.scheduling.queries import consultation_of, phrases_of
from portal.scheduling.services import cancel_consultation
from portal.scheduling.undoing import AskedMeanwhile, SettledMeanwhile, undo
from portal.scheduling.words import reply_taken_back
from portal.web.pdf import as_file, can_be_drawn

# What may have happened meanwhile, at another desk, by the client's hand, or because time has passed.
_NOT_UNDONE: Mapping[type[Exception], str] = {
    SlotNotOffered: "somebody else has taken the time meanwhile.",
    TooLateToUndo: "ten minutes have passed, or something has happened since.",
    AskedMeanwhile: "they have asked for another time meanwhile. Answer that, or offer them this one.",
    SettledMeanwhile: "the time that was asked for instead of it is confirmed by now.",
    Begun: "the time has come.",
}
_MEANWHILE = (Overtaken, MoveNotAllowed, Begun)


@blueprint.get("")
@therapist_only
def today(therapist: Therapist) -> str:
    db, now = current_db(), clock.now()
    desk = desk_of(db, therapist, now=now, day=_day(therapist, now))
    trouble = trouble_of(db, therapist, now=now)
    return render_template(
        "review/today.html",
        desk=desk,
        # Whoever has something on their desk has hours.
        left=serious_left(now, has_hours=desk.is_busy or trouble.has_hours),
        undelivered=undelivered_for(db, therapist),
        therapist=therapist,
        failing=trouble.failing,
        now=now,
        zone=zone_of(therapist),
    )


@blueprint.get("/clients/<string:reference>")
@therapist_only
def person(therapist: Therapist, reference: str) -> str:
    now = clock.now()
    whole, desk = _opened(therapist, reference, What.RECORD_OPENED, now)
    return render_template(
        "review/person.html",
        person=whole,
        queue=desk.queue,
        me=therapist.reference,
        zone=zone_of(therapist),
        now=now,
        as_file=can_be_drawn(),
    )


@blueprint.get("/clients/<string:reference>.pdf")
@therapist_only
def person_as_file(therapist: Therapist, reference: str) -> ResponseReturnValue:
    """For the therapist's paper file."""
    now, zone = clock.now(), zone_of(therapist)
    whole, _ = _opened(therapist, reference, What.RECORD_SAVED, now)
    return as_file(
        "review/person_on_paper.html",
        called="document",
        on=now.astimezone(zone).date(),
        person=whole,
        zone=zone,
        now=now,
    )


@blueprint.post("/clients/<string:reference>/answers")
@therapist_only
def read_amendments(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        client = client_of(db, therapist, reference)
        see_amendments(db, client, upto=ReadForm().upto.data or "", by=therapist, now=clock.now())
    return redirect(url_for("review.person", reference=reference), code=303)


@blueprint.get("/clients/<string:reference>/answers/<string:sent>")
@therapist_only
def answers_as_sent(therapist: Therapist, reference: str, sent: str) -> str:
    """What a client sent earlier, in its own wording."""
    db = current_db()
    client = client_of(db, therapist, reference)
    intake = sent_intake_of(db, client, sent)
    if intake is None:
        raise NotFound
    note_opening(What.RECORD_OPENED, therapist, client)
    return render_template(
        "review/answers_as_sent.html",
        client=client,
        name=name_of(db, client),
        intake=intake,
        every=all_sent_by(db, client),
        zone=zone_of(therapist),
    )


@blueprint.get("/consultations/<string:reference>")
@therapist_only
def show(therapist: Therapist, reference: str) -> str:
    return _consultation_page(therapist, reference, DeclineForm(formdata=None))


@blueprint.post("/consultations/<string:reference>/confirmation")
@therapist_only
def confirm(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = AnswerForm()
    form.validate()

    def is_done(consultation: Consultation) -> bool:
        same = form.chosen_at in (None, consultation.starts_at)
        return same and consultation.status is Status.CONFIRMED

    return _answered(
        therapist,
        reference,
        confirm_consultation,
        is_done,
        "Confirmed. A mail with a calendar file is on its way.",
        starts_at=form.chosen_at,
        version=form.version.data,
    )


@blueprint.post("/consultations/<string:reference>/refusal")
@therapist_only
def decline(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = DeclineForm()
    if phrase := request.form.get("phrase"):
        _add_words(therapist, form, phrase)
        return _consultation_page(therapist, reference, form)
    if not form.validate_on_submit():
        return _consultation_page(therapist, reference, form)
    return _answered(
        therapist,
        reference,
        decline_consultation,
        lambda consultation: consultation.status is Status.DECLINED,
        "Declined. The time is free again, and a mail is on its way.",
        form=form,
        reply=form.reply.data or None,
        version=form.version.data,
    )


@blueprint.post("/consultations/<string:reference>/cancellation")
@therapist_only
def cancel(therapist: Therapist, reference: str) -> ResponseReturnValue:
    return _answered(
        therapist,
        reference,
        cancel_consultation,
        lambda consultation: consultation.status is Status.CANCELLED,
        "Cancelled. The time is free again, and a mail is on its way.",
        by=Party.THERAPIST,
    )


@blueprint.post("/consultations/<string:reference>/withdrawal")
@therapist_only
def withdraw(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = AnswerForm()
    form.validate()
    return _answered(
        therapist,
        reference,
        withdraw_proposal,
        lambda consultation: consultation.status is Status.CANCELLED,
        "Withdrawn. The times are free again, and a mail is on its way.",
        version=form.version.data,
    )


@blueprint.post("/consultations/<string:reference>/undoing")
@therapist_only
def take_back(therapist: Therapist, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), therapist, reference)
    try:
        with transaction() as db:
            undo(db, consultation, by=Party.THERAPIST, now=clock.now())
    except tuple(_NOT_UNDONE) as refusal:
        flash(f"This can no longer be undone: {_NOT_UNDONE[type(refusal)]}")
    else:
        flash("Undone. It is as it was before, and a mail that says so is on its way.")
    return redirect(url_for("review.show", reference=reference), code=303)


@blueprint.post("/consultations/<string:reference>/meeting")
@therapist_only
def say_met(therapist: Therapist, reference: str) -> ResponseReturnValue:
    met = request.form.get("met") == "yes"
    consultation = consultation_of(current_db(), therapist, reference)
    try:
        with transaction() as db:
            say_whether_met(db, consultation, met=met, now=clock.now())
    except NotOverYet:
        flash("That can be said once the time is over.")
    except MoveNotAllowed:
        # Whoever presses twice has said it once.
        pass
    else:
        flash("Noted. Nobody is told, and you can change it here at any time.")
    return redirect(url_for("review.show", reference=reference), code=303)


@blueprint.post("/consultations/<string:reference>/note")
@therapist_only
def read_what_they_wrote(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = AnswerForm()
    form.validate()
    consultation = consultation_of(current_db(), therapist, reference)
    try:
        with transaction() as db:
            read_note(db, consultation, seen=form.version.data, now=clock.now())
    except Overtaken:
        flash("They have written more meanwhile, or something else has happened. Look once more.")
    return redirect(url_for("review.person", reference=consultation.client.reference), code=303)


def _answered(
    therapist: Therapist,
    reference: str,
    service: Callable[..., object],
    is_done: Callable[[Consultation], bool],
    words: str,
    *,
    form: DeclineForm | None = None,
    **more: Any,
) -> ResponseReturnValue:
    """Do it once, and show what has happened instead if somebody was first."""
    try:
        with transaction() as db:
            service(db, consultation_of(db, therapist, reference), now=clock.now(), **more)
    except _MEANWHILE:
        db = current_db()
        db.expire_all()
        if not is_done(consultation_of(db, therapist, reference)):
            kept = form or DeclineForm(formdata=None)
            return _consultation_page(therapist, reference, kept, overtaken=True), 409
    else:
        flash(words)
    return redirect(url_for("review.show", reference=reference), code=303)


def _consultation_page(
    therapist: Therapist, reference: str, form: DeclineForm, *, overtaken: bool = False
) -> str:
    db, now = current_db(), clock.now()
    consultation = consultation_of(db, therapist, reference)
    note_opening(What.REQUEST_OPENED, therapist, consultation.client, subject=reference)
    shown, last = request_shown(db, consultation)
    to_come = any(now < window.starts_at for window in consultation.windows)
    form.version.data = consultation.version
    if form.reply.data is None:
        form.reply.data = reply_taken_back(db, consultation)
    return render_template(
        "review/show.html",
        shown=shown,
        last=last,
        overtaken=overtaken,
        name=name_of(db, consultation.client),
        # What has begun is no longer moved about.
        moves=consultation.moves_open_to(Party.THERAPIST) if to_come else set(),
        is_over=consultation.ends_at <= now,
        can_undo=last is not None and _is_fresh(last, now),
        phrases=phrases_of(db, therapist),
        zone=zone_of(therapist),
        now=now,
        form=form,
    )


def _is_fresh(last: ConsultationEvent, now: datetime) -> bool:
    return can_be_undone(last.move, by=Party.THERAPIST, made_by=last.party, made_at=last.happened_at, now=now)


def _add_words(therapist: Therapist, form: DeclineForm, reference: str) -> None:
    """Put a phrase under what is written already, for the therapist to go on with."""
    for phrase in phrases_of(current_db(), therapist):
        if phrase.reference == reference:
            form.reply.data = "\n\n".join(filter(None, (form.reply.data, phrase.words)))


def _opened(therapist: Therapist, reference: str, opening: What, now: datetime) -> tuple[Person, Desk]:
    """The person, once it is written down that they are looked at."""
    whole, desk = person_whole(
        current_db(), therapist, reference, opening=opening, now=now, day=_day(therapist, now)
    )
    if not whole.is_opening_noted:
        write_opening(opening, therapist, whole.client)
    return whole, desk


def _day(therapist: Therapist, now: datetime) -> tuple[datetime, datetime]:
    """The first instant of the therapist's today, and the first after it."""
    zone = zone_of(therapist)
    return span_of(now.astimezone(zone).date(), 1, zone)
