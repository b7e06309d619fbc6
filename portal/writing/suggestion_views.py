"""A therapist suggests a reading to one client, from that person's page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import client_of, name_of, zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.reading.queries import published_readings
from portal.writing.forms import SuggestForm
from portal.writing.queries import suggestions_for
from portal.writing.suggesting import suggest_reading, take_suggestion_back

blueprint = Blueprint("suggesting", __name__, url_prefix="/desk/clients/<string:reference>/suggestions")


@blueprint.get("")
@therapist_only
def index(therapist: Therapist, reference: str) -> str:
    return _page(therapist, client_of(current_db(), therapist, reference), SuggestForm(formdata=None))


@blueprint.post("")
@therapist_only
def suggest(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form, client = SuggestForm(), client_of(current_db(), therapist, reference)
    form.offer(published_readings(current_db()))
    if not form.validate_on_submit():
        return _page(therapist, client, form)
    try:
        with transaction() as db:
            words = form.words.data or ""
            suggest_reading(db, therapist, client, form.reading.data, words=words, now=clock.now())
    except NotFound:
        form.refuse(form.reading, "This one was withdrawn meanwhile. Choose another")
        return _page(therapist, client, form)
    flash("Suggested. They find it on their first page; a mail says only that there is something to read.")
    return redirect(url_for("suggesting.index", reference=reference), code=303)


@blueprint.post("/<string:reading>/withdrawal")
@therapist_only
def withdraw(therapist: Therapist, reference: str, reading: str) -> ResponseReturnValue:
    with transaction() as db:
        take_suggestion_back(db, therapist, client_of(db, therapist, reference), reading)
    flash("Taken back.")
    return redirect(url_for("suggesting.index", reference=reference), code=303)


def _page(therapist: Therapist, client: Client, form: SuggestForm) -> str:
    db = current_db()
    readings = published_readings(db)
    form.offer(readings)
    return render_template(
        "writing/suggest.html",
        form=form,
        client=client,
        name=name_of(db, client),
        readings=readings,
        suggestions=suggestions_for(db, client),
        zone=zone_of(therapist),
    )
