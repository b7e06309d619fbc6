"""What a client keeps of the readings: their own line about it, and who sees it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.reading.forms import LineForm
from portal.reading.keeping import (
    LineWrittenElsewhere,
    let_passage_go,
    share_passage,
    take_passage_back,
    write_line,
)
from portal.reading.queries import Kept, kept, kept_by, kept_of, published_readings

blueprint = Blueprint("kept", __name__)


@blueprint.get("/kept")
@client_only
def index(client: Client) -> str:
    db = current_db()
    return render_template(
        "reading/kept.html",
        kept=kept_by(db, client),
        # What is withdrawn is still kept, but leads nowhere.
        up={reading.reference: reading.slug for reading in published_readings(db)},
        therapist=client.therapist,
        zone=zone_of(client),
    )


@blueprint.get("/kept/<string:reference>")
@client_only
def show(client: Client, reference: str) -> ResponseReturnValue:
    """One passage, to write about."""
    db = current_db()
    passage = kept(db, client, kept_of(db, client, reference))
    form = LineForm(formdata=None, line=passage.line, based_on=passage.revision)
    return _page(client, passage, form)


@blueprint.post("/kept/<string:reference>")
@client_only
def write(client: Client, reference: str) -> ResponseReturnValue:
    form = LineForm()
    if not form.validate_on_submit():
        db = current_db()
        return _page(client, kept(db, client, kept_of(db, client, reference)), form)
    try:
        with transaction() as db:
            line, based_on = form.line.data or "", form.based_on.data or 0
            write_line(db, client, reference, line, based_on=based_on)
    except LineWrittenElsewhere as clash:
        # Whoever has seen what was written elsewhere writes on from there.
        form.based_on.data = clash.stored.revision
        return _page(client, clash.stored, form, elsewhere=True), 409
    flash("Saved.")
    return _to(reference)


@blueprint.post("/kept/<string:reference>/sharing")
@client_only
def share(client: Client, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        share_passage(db, client, reference, now=clock.now())
    flash("Shared. You can take it back at any time.")
    return _to(reference)


@blueprint.post("/kept/<string:reference>/withdrawal")
@client_only
def take_back(client: Client, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        take_passage_back(db, client, reference)
    flash("Taken back. Only you see it now.")
    return _to(reference)


@blueprint.post("/kept/<string:reference>/removal")
@client_only
def let_go(client: Client, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        let_passage_go(db, client, reference)
    flash("It is gone, and nothing is left of it.")
    return redirect(url_for("kept.index"), code=303)


def _to(reference: str) -> ResponseReturnValue:
    return redirect(url_for("kept.index", _anchor=f"k{reference}"), code=303)


def _page(client: Client, passage: Kept, form: LineForm, *, elsewhere: bool = False) -> str:
    return render_template(
        "reading/write_line.html",
        passage=passage,
        elsewhere=elsewhere,
        form=form,
        therapist=client.therapist,
        zone=zone_of(client),
    )
