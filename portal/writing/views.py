"""A therapist writes readings, looks at them as clients would, publishes them and puts them in order."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.reading.models import Reading, ReadingRevision
from portal.reading.publishing import Words, newest_revision
from portal.reading.rendering import made
from portal.web.doors import takes_a_file
from portal.writing.comparing import changes
from portal.writing.forms import AddressForm, DraftForm, PublishForm
from portal.writing.queries import reading_called, series
from portal.writing.services import (
    AddressTaken,
    AddressUnfit,
    NothingToPublish,
    StillUp,
    WrittenElsewhere,
    begin_reading,
    place_reading,
    publish_draft,
    rename_reading,
    save_draft,
    throw_away,
    withdraw_reading,
)

blueprint = Blueprint("writing", __name__, url_prefix="/desk/readings")

# A long article, in any alphabet, with what a form needs around it.
MOST_BYTES = 5_500_000


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    return render_template("writing/index.html", readings=series(current_db()), zone=zone_of(therapist))


@blueprint.get("/new")
@therapist_only
def new(therapist: Therapist) -> str:
    return _editor(None, DraftForm(formdata=None))


@blueprint.post("/new")
@therapist_only
@takes_a_file(most_bytes=MOST_BYTES)
def begin(therapist: Therapist) -> ResponseReturnValue:
    form = DraftForm()
    if not form.validate_on_submit() or form.way.data == "preview":
        return _editor(None, form)
    with transaction() as db:
        reading = begin_reading(db, _words(form), by=therapist, now=clock.now())
    flash("Saved as a draft. Clients do not see it.")
    return _to(reading.reference)


@blueprint.get("/<string:reference>")
@therapist_only
def show(therapist: Therapist, reference: str) -> str:
    reading = reading_called(current_db(), reference)
    return _page(therapist, reading, AddressForm(formdata=None, slug=reading.slug))


@blueprint.get("/draft")
@therapist_only
def edit(therapist: Therapist) -> str:
    reading = reading_called(current_db(), request.args.get("reading", ""))
    draft = _draft(reading)
    form = DraftForm(
        formdata=None,
        title=draft.title,
        summary=draft.summary,
        words=draft.markdown,
        based_on=draft.number,
    )
    return _editor(reading, form)


# One address for every reading: where more than a form may arrive has to be known before anybody reads it.
@blueprint.post("/draft")
@therapist_only
@takes_a_file(most_bytes=MOST_BYTES)
def save(therapist: Therapist) -> ResponseReturnValue:
    reference = request.args.get("reading", "")
    form, reading = DraftForm(), reading_called(current_db(), reference)
    if not form.validate_on_submit() or form.way.data == "preview":
        return _editor(reading, form)
    try:
        with transaction() as db:
            save_draft(
                db,
                reference,
                _words(form),
                based_on=form.based_on.data or 0,
                by=therapist,
                now=clock.now(),
            )
    except WrittenElsewhere as clash:
        stored = clash.stored
        # Whoever has seen both goes on from the newer one.
        form.based_on.data = stored.number
        return _editor(reading, form, stored=stored, zone=zone_of(therapist)), 409
    flash("Saved." if reading.published_at is None else "Saved. Clients see the old text until you publish.")
    return _to(reference)


@blueprint.post("/<string:reference>/publication")
@therapist_only
def publish(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = PublishForm()
    form.validate()
    try:
        with transaction() as db:
            reading = publish_draft(
                db, reference, number=form.number.data or 0, by=therapist, now=clock.now()
            )
    except NothingToPublish:
        flash("There is no text in it yet, so it was not published.")
    except WrittenElsewhere:
        flash("Something newer was saved meanwhile. Look at it once more, then publish.")
    else:
        flash(f"Published, as version {reading.version}. Clients see it from now on.")
    return _to(reference)


@blueprint.post("/<string:reference>/withdrawal")
@therapist_only
def withdraw(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        withdraw_reading(db, reference, by=therapist)
    flash("Withdrawn. Clients no longer find it; what they kept of it stays theirs.")
    return _to(reference)


@blueprint.post("/<string:reference>/address")
@therapist_only
def rename(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form, reading = AddressForm(), reading_called(current_db(), reference)
    if not form.validate_on_submit():
        return _page(therapist, reading, form)
    try:
        with transaction() as db:
            rename_reading(db, reference, form.slug.data or "")
    except AddressUnfit:
        form.refuse(form.slug, "Use small letters from a to z, figures, and single hyphens between them")
        return _page(therapist, reading, form)
    except AddressTaken:
        form.refuse(form.slug, "Another reading is found there, or was once. Choose another address")
        return _page(therapist, reading, form)
    flash("It has its new address.")
    return _to(reference)


@blueprint.post("/<string:reference>/place")
@therapist_only
def place(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        place_reading(db, reference, above=request.form.get("above"), below=request.form.get("below"))
    return redirect(url_for("writing.index", _anchor=f"r{reference}"), code=303)


@blueprint.post("/<string:reference>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            throw_away(db, reference)
    except StillUp:
        flash("It was published once, so it can be withdrawn, but not thrown away.")
        return _to(reference)
    flash("The draft is gone.")
    return redirect(url_for("writing.index"), code=303)


def _words(form: DraftForm) -> Words:
    return Words(form.title.data or "", form.summary.data or "", form.words.data or "")


def _draft(reading: Reading) -> ReadingRevision:
    draft = newest_revision(current_db(), reading)
    assert draft is not None
    return draft


def _to(reference: str) -> ResponseReturnValue:
    return redirect(url_for("writing.show", reference=reference), code=303)


def _page(therapist: Therapist, reading: Reading, form: AddressForm) -> str:
    draft = _draft(reading)
    return render_template(
        "writing/show.html",
        reading=reading,
        draft=draft,
        # Whether the draft is another text than what clients see, or saw.
        is_ahead=draft.version is None or draft.version != reading.version,
        blocks=made(draft.markdown),
        form=form,
        zone=zone_of(therapist),
    )


def _editor(
    reading: Reading | None,
    form: DraftForm,
    *,
    stored: ReadingRevision | None = None,
    zone: object = None,
) -> str:
    words = form.words.data or ""
    return render_template(
        "writing/edit.html",
        reading=reading,
        form=form,
        blocks=made(words) if not form.words.errors else [],
        is_preview=form.way.data == "preview",
        stored=stored,
        passages=changes(stored.markdown, words) if stored else [],
        zone=zone,
    )
