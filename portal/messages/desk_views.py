"""A therapist reads what clients wrote, answers, and switches messages on or off."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.looking import note_opening
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import client_of, name_of, zone_of
from portal.database import current_db, transaction
from portal.journal.lines import What
from portal.messages.forms import MessageForm
from portal.messages.models import Writer
from portal.messages.queries import conversation_with, unread_for
from portal.messages.services import (
    AlreadyRead,
    Pair,
    SwitchedOff,
    TooManyToday,
    mark_read,
    send_message,
    switch_for,
    take_back,
)
from portal.practice.facts import current_practice
from portal.practice.services import switch_messages
from portal.web.own_address import own_address

blueprint = Blueprint("desk_messages", __name__, url_prefix="/desk")


@blueprint.get("/messages")
@therapist_only
def inbox(therapist: Therapist) -> str:
    return render_template(
        "messages/inbox.html",
        unread=unread_for(current_db(), therapist),
        zone=zone_of(therapist),
        now=clock.now(),
    )


@blueprint.post("/messages/switch")
@therapist_only
def switch(therapist: Therapist) -> ResponseReturnValue:
    on = request.form.get("on") == "yes"
    with transaction() as db:
        switch_messages(db, on=on, by=therapist)
    current_app.extensions["practice"].forget()
    flash(
        "Messages are switched on." if on else "Messages are switched off. What was written stays readable."
    )
    return redirect(url_for("desk_messages.inbox"), code=303)


@blueprint.get("/clients/<string:reference>/messages")
@therapist_only
def conversation(therapist: Therapist, reference: str) -> str:
    client = client_of(current_db(), therapist, reference)
    return _page(therapist, client, MessageForm(formdata=None))


@blueprint.post("/clients/<string:reference>/messages")
@therapist_only
def answer(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form, client = MessageForm(), client_of(current_db(), therapist, reference)
    if not form.validate_on_submit():
        return _page(therapist, client, form)
    pair = Pair(client=client, therapist=therapist, by=Writer.THERAPIST)
    try:
        with transaction() as db:
            send_message(
                db,
                pair,
                form.words.data or "",
                form_key=str(form.key.data),
                practice_takes_them=current_practice().takes_messages,
                now=clock.now(),
            )
            mark_read(db, pair, upto=form.seen.data or "", now=clock.now())
    except TooManyToday:
        form.refuse(form.words, "That is as much as fits in a day. Write the rest tomorrow")
        return _page(therapist, client, form), 409
    except SwitchedOff:
        return _page(therapist, client, form), 409
    flash("Sent. A mail says only that there is something to read.")
    return _to_the_conversation(reference)


@blueprint.post("/clients/<string:reference>/messages/mark")
@therapist_only
def mark(therapist: Therapist, reference: str) -> ResponseReturnValue:
    pair = _pair(therapist, reference)
    with transaction() as db:
        mark_read(db, pair, upto=request.form.get("seen", ""), now=clock.now())
    return _to_the_conversation(reference)


@blueprint.post("/clients/<string:reference>/messages/switch")
@therapist_only
def switch_one(therapist: Therapist, reference: str) -> ResponseReturnValue:
    client, on = client_of(current_db(), therapist, reference), request.form.get("on") == "yes"
    with transaction() as db:
        switch_for(db, client, therapist, on=on, now=clock.now())
    flash(f"Messages with {name_of(current_db(), client)} are switched {'on' if on else 'off'}.")
    return _to_the_conversation(reference)


@blueprint.post("/clients/<string:reference>/messages/<string:message>/withdrawal")
@therapist_only
def withdraw(therapist: Therapist, reference: str, message: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            take_back(db, _pair(therapist, reference), message, now=clock.now())
    except AlreadyRead:
        flash("It has been read already, so it can no longer be taken back.")
    else:
        flash("Taken back. Nothing is left of it.")
    return _to_the_conversation(reference)


def _pair(therapist: Therapist, reference: str) -> Pair:
    return Pair(
        client=client_of(current_db(), therapist, reference), therapist=therapist, by=Writer.THERAPIST
    )


def _to_the_conversation(reference: str) -> ResponseReturnValue:
    """Back to the page that they came from, if it said so."""
    came_from = own_address(request.form.get("next"))
    here = url_for("desk_messages.conversation", reference=reference, _anchor="newest")
    return redirect(came_from or here, code=303)


def _page(therapist: Therapist, client: Client, form: MessageForm) -> str:
    db = current_db()
    found = conversation_with(db, client, therapist, before=request.args.get("before"))
    if found.messages:
        note_opening(What.MESSAGES_OPENED, therapist, client)
    return render_template(
        "messages/conversation.html",
        conversation=found,
        client=client,
        name=name_of(db, client),
        is_open=current_practice().takes_messages and not found.is_off,
        unread=found.unread_by(Writer.THERAPIST),
        seen=found.seen_by(Writer.THERAPIST),
        form=form,
        zone=zone_of(therapist),
        now=clock.now(),
    )
