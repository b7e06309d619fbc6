"""A client writes to their therapist, and reads what was written to them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.messages.forms import MessageForm
from portal.messages.models import Writer
from portal.messages.queries import conversation_of
from portal.messages.services import (
    AlreadyRead,
    Pair,
    SwitchedOff,
    TooManyToday,
    mark_read,
    send_message,
    take_back,
)
from portal.practice.facts import current_practice

blueprint = Blueprint("messages", __name__)


@blueprint.get("/messages")
@client_only
def index(client: Client) -> ResponseReturnValue:
    return _page(client, MessageForm(formdata=None))


@blueprint.post("/messages")
@client_only
def write(client: Client) -> ResponseReturnValue:
    form = MessageForm()
    if not form.validate_on_submit():
        return _page(client, form)
    pair = _pair(client)
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
        form.refuse(form.words, "That is as much as fits in a day. Keep these words, and send them tomorrow")
        return _page(client, form), 409
    except SwitchedOff:
        # The page says so above what they wrote, which is not lost.
        return _page(client, form), 409
    flash("Sent.")
    return redirect(url_for("messages.index", _anchor="newest"), code=303)


@blueprint.post("/messages/mark")
@client_only
def mark(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        mark_read(db, _pair(client), upto=request.form.get("seen", ""), now=clock.now())
    return redirect(url_for("messages.index", _anchor="newest"), code=303)


@blueprint.post("/messages/<string:reference>/withdrawal")
@client_only
def withdraw(client: Client, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            take_back(db, _pair(client), reference, now=clock.now())
    except AlreadyRead:
        flash("It has been read already, so it can no longer be taken back.")
    else:
        flash("Taken back. Nothing is left of it.")
    return redirect(url_for("messages.index", _anchor="newest"), code=303)


def _pair(client: Client) -> Pair:
    if client.therapist is None:
        raise NotFound
    return Pair(client=client, therapist=client.therapist, by=Writer.CLIENT)


def _page(client: Client, form: MessageForm) -> str:
    conversation = conversation_of(current_db(), client, before=request.args.get("before"))
    return render_template(
        "messages/index.html",
        conversation=conversation,
        therapist=client.therapist,
        is_open=current_practice().takes_messages and not conversation.is_off,
        unread=conversation.unread_by(Writer.CLIENT),
        seen=conversation.seen_by(Writer.CLIENT),
        form=form,
        zone=zone_of(client),
        now=clock.now(),
    )
