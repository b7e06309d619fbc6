"""A therapist reads, writes, changes and removes their own notes about a client."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of, zone_of
from portal.database import current_db, transaction
from portal.errors import Overtaken
from portal.notes.forms import NoteForm
from portal.notes.queries import key_about, note_about, notes_about, written
from portal.notes.services import change_note, remove_note, write_note

blueprint = Blueprint("notes", __name__, url_prefix="/desk/clients/<string:reference>/notes")


@blueprint.get("")
@therapist_only
def index(therapist: Therapist, reference: str) -> str:
    return _all(therapist, reference, NoteForm())


@blueprint.post("")
@therapist_only
def write(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = NoteForm()
    if not form.validate_on_submit():
        return _all(therapist, reference, form)
    with transaction() as db:
        write_note(db, therapist, client_of(db, therapist, reference), form.words.data or "", now=clock.now())
    flash("Noted.")
    return redirect(url_for("notes.index", reference=reference), code=303)


@blueprint.get("/<string:note>")
@therapist_only
def show(therapist: Therapist, reference: str, note: str) -> str:
    return _one(therapist, reference, note, None)


@blueprint.post("/<string:note>")
@therapist_only
def change(therapist: Therapist, reference: str, note: str) -> ResponseReturnValue:
    form = NoteForm()
    if not form.validate_on_submit():
        return _one(therapist, reference, note, form)
    try:
        with transaction() as db:
            client = client_of(db, therapist, reference)
            words, seen = form.words.data or "", form.version.data
            change_note(db, therapist, client, note, words, seen=seen, now=clock.now())
    except Overtaken:
        return _one(therapist, reference, note, form, overtaken=True)
    flash("Changed.")
    return redirect(url_for("notes.index", reference=reference), code=303)


@blueprint.post("/<string:note>/removal")
@therapist_only
def remove(therapist: Therapist, reference: str, note: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_note(db, therapist, client_of(db, therapist, reference), note)
    flash("Removed.")
    return redirect(url_for("notes.index", reference=reference), code=303)


def _all(therapist: Therapist, reference: str, form: NoteForm) -> str:
    db = current_db()
    client = client_of(db, therapist, reference)
    return render_template(
        "notes/index.html",
        client=client,
        name=name_of(db, client),
        notes=notes_about(db, therapist, client),
        form=form,
        zone=zone_of(therapist),
    )


def _one(
    therapist: Therapist, reference: str, note: str, form: NoteForm | None, *, overtaken: bool = False
) -> str:
    """The note in a form; `form` holds what was posted, and beside it stands what it is meanwhile."""
    db = current_db()
    client = client_of(db, therapist, reference)
    found, key = note_about(db, therapist, client, note), key_about(db, client)
    assert key is not None, "every note is sealed with it"
    stands = written(db, found, key.data_key)
    if form is None or overtaken:
        words = stands.words if form is None else form.words.data
        form = NoteForm(formdata=None, words=words, version=stands.version)
    return render_template(
        "notes/note.html",
        client=client,
        name=name_of(db, client),
        note=stands,
        form=form,
        overtaken=overtaken,
        zone=zone_of(therapist),
    )
