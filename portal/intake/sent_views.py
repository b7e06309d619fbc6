"""What a client has sent: a lasting copy of it, and the way to correct it or to add something."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.looking import counts_since
from portal.accounts.models import Client
from portal.accounts.queries import looks_at, zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.intake.amending import NothingToAmend, NothingToDrop, begin_amendment, drop_amendment
from portal.intake.forms import AmendForm
from portal.intake.places import CHECK, blueprint, place_called
from portal.intake.queries import NotBegun
from portal.intake.questionnaire import ADDITION
from portal.intake.sent import (
    SentBefore,
    SentIntake,
    all_sent_by,
    has_begun_amendment,
    last_and_all_sent_by,
    sent_intake_of,
)
from portal.web.pdf import as_file, can_be_drawn


@blueprint.get("/questions/sent")
@client_only
def copy(client: Client) -> ResponseReturnValue:
    sent, every = last_and_all_sent_by(current_db(), client)
    if sent is None:
        raise NotBegun
    return _copy_page(client, sent, every)


@blueprint.get("/questions/sent/<string:reference>")
@client_only
def earlier_copy(client: Client, reference: str) -> ResponseReturnValue:
    sent = sent_intake_of(current_db(), client, reference)
    if sent is None:
        raise NotFound
    return _copy_page(client, sent, all_sent_by(current_db(), client))


@blueprint.post("/questions/sent/amendment")
@client_only
def amend(client: Client) -> ResponseReturnValue:
    """Begin to correct it, or go on with that; straight to the room for own words, if that was pressed."""
    adds = AmendForm().adds
    try:
        with transaction() as db:
            begin_amendment(db, client, now=clock.now())
    except NothingToAmend:
        return redirect(url_for("intake.check"), code=303)
    if adds:
        return redirect(place_called(ADDITION, came_from=CHECK), code=303)
    return redirect(url_for("intake.check"), code=303)


@blueprint.post("/questions/sent/amendment/dropping")
@client_only
def drop(client: Client) -> ResponseReturnValue:
    try:
        with transaction() as db:
            drop_amendment(db, client, now=clock.now())
    except NothingToDrop:
        return redirect(url_for("intake.check"), code=303)
    flash("Dropped. What you sent before is as it was.")
    return redirect(url_for("intake.copy"), code=303)


@blueprint.get("/questions/sent.pdf")
@client_only
def copy_as_file(client: Client) -> ResponseReturnValue:
    """What was sent last, for the client to keep."""
    sent = sent_intake_of(current_db(), client)
    if sent is None:
        raise NotBegun
    return _file_of(client, sent)


@blueprint.get("/questions/sent/<string:reference>.pdf")
@client_only
def earlier_copy_as_file(client: Client, reference: str) -> ResponseReturnValue:
    sent = sent_intake_of(current_db(), client, reference)
    if sent is None:
        raise NotFound
    return _file_of(client, sent)


def _copy_page(client: Client, sent: SentIntake, every: Sequence[SentBefore]) -> str:
    db = current_db()
    return render_template(
        "intake/copy.html",
        sent=sent,
        every=every,
        is_latest=every[0].reference == sent.reference,
        is_amending=has_begun_amendment(db, client),
        zone=zone_of(client),
        therapist=client.therapist,
        as_file=can_be_drawn(),
        # A look that is written down counts for a while: one shortly before may be the one that saw it.
        looks=looks_at(db, client, since=counts_since(sent.sent_at)),
    )


def _file_of(client: Client, sent: SentIntake) -> ResponseReturnValue:
    now, zone = clock.now(), zone_of(client)
    return as_file(
        "intake/copy_on_paper.html",
        called="copy",
        on=now.astimezone(zone).date(),
        sent=sent,
        now=now,
        zone=zone,
        therapist=client.therapist,
    )
