"""On the desk: how long things are kept, who is to be erased and when, and copies of clients' data."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import confirmed_lately, therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of
from portal.database import current_db, transaction
from portal.journal.lines import By, Hand
from portal.privacy.copying import content_of, copy_of_clients, references_of_all, remove_copy
from portal.privacy.forms import PutOffForm, RetentionForm
from portal.privacy.gathering import Scope
from portal.privacy.queries import (
    copies_of,
    copy_called,
    erasure_to_put_off,
    leaving_from,
    retention_of,
)
from portal.privacy.retention import LISTED_FOR
from portal.privacy.services import (
    ClosingAlready,
    NotYoursToPutOff,
    ask_for_copy_of_all,
    put_off,
    set_retention,
)
from portal.review.desk import zone_of
from portal.web.download import zipped
from portal.web.form import PortalForm
from portal.web.pdf import can_be_drawn

blueprint = Blueprint("retention", __name__, url_prefix="/desk")


@blueprint.route("/retention", methods=["GET", "POST"])
@therapist_only
def show(therapist: Therapist) -> ResponseReturnValue:
    db = current_db()
    form = RetentionForm(obj=retention_of(db))
    if form.validate_on_submit():
        with transaction() as db:
            set_retention(db, form.retention, by=therapist)
        flash("Kept. The list below follows it within an hour.")
        return redirect(url_for("retention.show"), code=303)
    return render_template(
        "privacy/retention.html",
        form=form,
        leaving=leaving_from(db, therapist),
        listed_for=LISTED_FOR.days,
        zone=zone_of(therapist),
    )


@blueprint.route("/retention/<string:reference>", methods=["GET", "POST"])
@therapist_only
def keep_longer(therapist: Therapist, reference: str) -> ResponseReturnValue:
    erasure = erasure_to_put_off(current_db(), therapist, reference)
    form = PutOffForm()
    if form.validate_on_submit():
        try:
            with transaction() as db:
                put_off(
                    db,
                    therapist,
                    erasure_to_put_off(db, therapist, reference, to_change=True),
                    months=form.months.data or 0,
                    words=form.words.data or "",
                    now=clock.now(),
                )
        except (NotYoursToPutOff, ClosingAlready):
            flash("This can no longer be put off.")
        else:
            flash("Put off.")
        return redirect(url_for("retention.show"), code=303)
    return render_template(
        "privacy/keep_longer.html",
        form=form,
        erasure=erasure,
        name=name_of(current_db(), erasure.client),
        zone=zone_of(therapist),
    )


@blueprint.get("/copies")
@therapist_only
@confirmed_lately
def copies(therapist: Therapist) -> str:
    db = current_db()
    return render_template(
        "privacy/copies.html",
        copies=copies_of(db, therapist),
        many=len(references_of_all(db, therapist)),
        form=PortalForm(formdata=None),
        zone=zone_of(therapist),
    )


@blueprint.post("/copies")
@therapist_only
@confirmed_lately
def ask_for_copy(therapist: Therapist) -> ResponseReturnValue:
    with transaction() as db:
        ask_for_copy_of_all(db, therapist, now=clock.now())
    flash("It is being made. Open this page again in a moment.")
    return redirect(url_for("retention.copies"), code=303)


@blueprint.post("/copies/<string:reference>")
@therapist_only
@confirmed_lately
def take_copy_of_all(therapist: Therapist, reference: str) -> ResponseReturnValue:
    db = current_db()
    return zipped(content_of(db, copy_called(db, therapist, reference)), now=clock.now())


@blueprint.post("/copies/<string:reference>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_copy(db, copy_called(db, therapist, reference))
    flash("Deleted.")
    return redirect(url_for("retention.copies"), code=303)


@blueprint.get("/clients/<string:reference>/copy")
@therapist_only
@confirmed_lately
def copy(therapist: Therapist, reference: str) -> str:
    db = current_db()
    client = client_of(db, therapist, reference)
    return render_template(
        "privacy/copy_of_one.html",
        with_document=can_be_drawn(),
        form=PortalForm(formdata=None),
        name=name_of(db, client),
        reference=reference,
    )


@blueprint.post("/clients/<string:reference>/copy")
@therapist_only
@confirmed_lately
def take_copy(therapist: Therapist, reference: str) -> ResponseReturnValue:
    client = client_of(current_db(), therapist, reference)
    return zipped(
        copy_of_clients(
            [client.reference],
            scope=Scope(for_therapist=True),
            by=By(Hand.THERAPIST, therapist.reference),
        ),
        now=clock.now(),
    )
