"""A therapist brings a reading in: a file, or what they paste."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import transaction
from portal.reading.pages import UnfitReading
from portal.web.doors import takes_a_file
from portal.writing.files import NotAText, text_of
from portal.writing.forms import ImportForm
from portal.writing.importing import BroughtIn, brought_in, mended_words
from portal.writing.mending import Mended
from portal.writing.services import bring_in

blueprint = Blueprint("bringing", __name__, url_prefix="/desk/readings")

MOST_BYTES = 5_500_000
_DONE: Mapping[Mended, str] = {
    Mended.HEADINGS: "put the headings in order",
    Mended.BULLETS: "made lists of typed bullets",
    Mended.LINES: "joined lines that were broken by hand",
    Mended.BLANKS: "took out double spaces",
    Mended.UNSEEN: "took out signs that nobody sees",
}


@blueprint.get("/import")
@therapist_only
def ask(therapist: Therapist) -> str:
    return _page(ImportForm(formdata=None))


@blueprint.post("/import")
@therapist_only
@takes_a_file(most_bytes=MOST_BYTES)
def bring(therapist: Therapist) -> ResponseReturnValue:
    form = ImportForm()
    if not form.validate_on_submit():
        return _page(form)
    try:
        brought = _brought(form)
        if form.file.data and form.words.data:
            form.refuse(form.words, "You chose a file and pasted a text. Bring in one, and then the other")
            return _page(form)
        with transaction() as db:
            reading = bring_in(db, brought, by=therapist, now=clock.now())
    except NotAText as problem:
        form.refuse(form.file, str(problem))
        return _page(form)
    except UnfitReading as problem:
        field = form.file if form.file.data else form.words
        form.refuse(field, f"This cannot be brought in: {problem}")
        return _page(form)
    flash(_told(brought))
    return redirect(url_for("writing.show", reference=reading.reference), code=303)


@blueprint.post("/mending")
@therapist_only
@takes_a_file(most_bytes=MOST_BYTES)
def mend(therapist: Therapist) -> ResponseReturnValue:
    """For the script that catches what is pasted with its looks: the same as Markdown."""
    try:
        return jsonify(words=mended_words(request.form.get("words", "")))
    except UnfitReading:
        return jsonify(words=None), 422


def _brought(form: ImportForm) -> BroughtIn:
    """The file, if there is one; else what was pasted. Raises NotAText, UnfitReading."""
    if form.file.data:
        return brought_in(text_of(form.file.data.read()), name=form.file.data.filename or "")
    if not form.words.data:
        raise NotAText("Choose a file, or paste a text below")
    return brought_in(form.words.data)


def _told(brought: BroughtIn) -> str:
    """What became of it, in one line: nobody should have to look for what was changed."""
    done = [words for mended, words in _DONE.items() if mended in brought.mended]
    lines = ["Brought in as a draft, which clients do not see."]
    if done:
        listed = " and ".join(filter(None, [", ".join(done[:-1]), done[-1]]))
        lines.append(f"On the way the portal {listed}.")
    if brought.pictures:
        left_out = "A picture was" if brought.pictures == 1 else f"{brought.pictures} pictures were"
        lines.append(f"{left_out} left out.")
    return " ".join(lines)


def _page(form: ImportForm) -> str:
    return render_template("writing/import.html", form=form)
