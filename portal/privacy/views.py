"""A client's copy of everything, the erasure of it, and the deleting of what was never sent."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only, confirmed_lately
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.journal.lines import By, Hand
from portal.privacy.copying import copy_of_clients
from portal.privacy.gathering import Scope
from portal.privacy.queries import erasure_of, has_draft, last_met, retention_of
from portal.privacy.retention import Reason, erased_when_asked
from portal.privacy.services import ClosingAlready, ask_for_erasure, delete_draft, take_back_erasure
from portal.scheduling.queries import consultations_of
from portal.web.download import zipped
from portal.web.form import PortalForm
from portal.web.pdf import can_be_drawn

blueprint = Blueprint("privacy", __name__, url_prefix="/account")


@blueprint.get("/copy")
@client_only
@confirmed_lately
def copy(client: Client) -> str:
    return render_template(
        "privacy/take_copy.html", form=PortalForm(formdata=None), with_document=can_be_drawn()
    )


@blueprint.post("/copy")
@client_only
@confirmed_lately
def take_copy(client: Client) -> ResponseReturnValue:
    """Not by a GET: that a copy was taken is written down."""
    parts = copy_of_clients(
        [client.reference], scope=Scope(for_therapist=False), by=By(Hand.CLIENT, client.reference)
    )
    return zipped(parts, now=clock.now())


@blueprint.get("/erasure")
@client_only
def erasure(client: Client) -> str:
    db, now = current_db(), clock.now()
    retention, met_at = retention_of(db), last_met(db, client, now=now)
    standing = erasure_of(db, client)
    due_at = erased_when_asked(now, retention, met_at)
    asked = standing is not None and standing.reason is Reason.ASKED
    return render_template(
        "privacy/erasure.html",
        erasure=standing,
        asked=asked,
        due_at=standing.due_at if standing else due_at,
        retention=retention,
        owed_until=due_at if retention.months_owed and met_at else None,
        met_at=met_at,
        to_come=consultations_of(db, client, since=now),
        has_draft=has_draft(db, client),
        zone=zone_of(client),
        now=now,
    )


@blueprint.post("/erasure")
@client_only
@confirmed_lately
def ask(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        ask_for_erasure(db, client, now=clock.now())
    flash("It is noted, and a mail that says so is on its way. You can take it back here at any time.")
    return redirect(url_for("privacy.erasure"), code=303)


@blueprint.post("/erasure/taking-back")
@client_only
def take_back(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        take_back_erasure(db, client, now=clock.now())
    flash("Everything stays as it is.")
    return redirect(url_for("privacy.erasure"), code=303)


@blueprint.post("/draft/removal")
@client_only
def remove_draft(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        delete_draft(db, client)
    flash("What you had not sent is deleted.")
    return redirect(url_for("privacy.erasure"), code=303)


@blueprint.errorhandler(ClosingAlready)
def _closing(_refusal: ClosingAlready) -> ResponseReturnValue:
    return redirect(url_for("privacy.erasure"), code=303)
