"""Questionnaires in files: brought in, their report read, accepted; and any version taken out."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.fhir_shapes import MOST_BYTES, Json, Remark, Unusable
from portal.intake.fhir_writing import version_of, written
from portal.intake.queries import version_called
from portal.intake.questionnaire import parsed
from portal.making.desk import blueprint
from portal.making.forms import AcceptForm, FileForm
from portal.making.item_forms import choices
from portal.making.models import BroughtFile
from portal.making.queries import brought_file, questionnaires
from portal.making.services import DraftIsThere, accept_file, bring_file, refuse_file
from portal.making.sheet import judged
from portal.making.taking import Taken, taken
from portal.web.doors import takes_a_file
from portal.web.download import as_json

_MOST_PLACES = 4
_MOST_LINES = 200
# Around what is written in a form, whose parts have names, blanks and line ends of their own.
_ROOM_AROUND = 100_000


@blueprint.get("/all/file")
@therapist_only
def file(_therapist: Therapist) -> str:
    return render_template("making/file.html", form=FileForm(formdata=None))


@blueprint.post("/all/file")
@takes_a_file(most_bytes=MOST_BYTES + _ROOM_AROUND)
@therapist_only
def bring(therapist: Therapist) -> ResponseReturnValue:
    form = FileForm()
    if not form.validate_on_submit():
        return render_template("making/file.html", form=form)
    content = form.content
    if not content.strip():
        form.refuse(form.file, "Choose a file, or paste its text")
        return render_template("making/file.html", form=form)
    try:
        taken(content, otherwise=form.title)
    except Unusable as problem:
        form.refuse(form.file, f"This cannot be used. {problem}")
        return render_template("making/file.html", form=form)
    with transaction() as db:
        brought = bring_file(db, therapist, content, title=form.title, now=clock.now())
    return redirect(url_for("making.report", reference=brought.reference), code=303)


@blueprint.get("/all/file/<string:reference>")
@therapist_only
def report(therapist: Therapist, reference: str) -> str:
    brought = brought_file(current_db(), therapist, reference)
    made, refused = _read(brought, request.args.get("language"))
    form = AcceptForm(
        formdata=None, data={"language": request.args.get("language", "") if not refused else ""}
    )
    return _report_page(brought, made, form, refused)


@blueprint.post("/all/file/<string:reference>")
@therapist_only
def accept(therapist: Therapist, reference: str) -> ResponseReturnValue:
    brought = brought_file(current_db(), therapist, reference)
    form = AcceptForm()
    made, refused = _read(brought, form.language.data)
    form.as_next_of.choices = _becomes(made)
    if refused or not form.validate_on_submit():
        return _report_page(brought, made, form, refused)
    try:
        with transaction() as db:
            draft = accept_file(
                db,
                therapist,
                reference,
                language=form.language.data or None,
                as_next_of=form.as_next_of.data or None,
                now=clock.now(),
            )
    except DraftIsThere:
        form.refuse(form.as_next_of, "It has a draft already. Publish that or throw it away first")
        return _report_page(brought, made, form, refused)
    flash("It is a draft now. Nobody is given it until you publish it.")
    return redirect(url_for("making.sheet", name=draft.name), code=303)


@blueprint.post("/all/file/<string:reference>/removal")
@therapist_only
def refuse(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        refuse_file(db, therapist, reference)
    flash("Nothing was taken from the file.")
    return redirect(url_for("making.index"), code=303)


def _read(brought: BroughtFile, language: str | None) -> tuple[Taken, str | None]:
    """What the file amounts to in this language; if there is none of it, in its own, and why."""
    try:
        return taken(brought.content, otherwise=brought.title, language=language or None), None
    except Unusable as problem:
        return taken(brought.content, otherwise=brought.title), str(problem)


def _report_page(brought: BroughtFile, made: Taken, form: AcceptForm, refused: str | None) -> str:
    form.as_next_of.choices = _becomes(made)
    fit = judged(made.sheet, name=made.name, source=made.source)
    gathered = _gathered(made.remarks)
    return render_template(
        "making/report.html",
        brought=brought,
        made=made,
        form=form,
        refused=refused,
        asked=sum(map(_is_asked, made.sheet["items"])),
        remarks=gathered[:_MOST_LINES],
        more=len(gathered) - _MOST_LINES,
        left_out=len(fit.left_out),
        most_places=_MOST_PLACES,
    )


def _is_asked(item: Json) -> bool:
    """Whether a client can answer it."""
    shown_only = item["kind"] in {"note", "section"} or item.get("hidden") or item.get("read_only")
    return not shown_only


def _becomes(made: Taken) -> list[Any]:
    """A questionnaire of its own; or the next version of one that has its name, if that has no draft."""
    pairs = [("", "A questionnaire of its own")]
    pairs += [
        (each.name, f"The next version of “{each.title}”")
        for each in questionnaires(current_db())
        if each.name == made.name and each.latest and each.draft is None
    ]
    return choices(pairs)


def _gathered(remarks: list[Remark]) -> list[tuple[str, list[str]]]:
    """Each remark once, with the places that it is about."""
    gathered: dict[str, list[str]] = {}
    for remark in remarks:
        gathered.setdefault(remark.words, []).append(remark.path)
    return list(gathered.items())


@blueprint.get("/<string:name>/versions/<int:number>/fhir")
@therapist_only
def take_out_as_fhir(_therapist: Therapist, name: str, number: int) -> Response:
    version = version_called(current_db(), name, number)
    called = version_of(version.number, version.definition_hash)
    return as_json(written(parsed(version.definition), version=called), f"questions-{number}-fhir.json")


@blueprint.get("/<string:name>/versions/<int:number>/own")
@therapist_only
def take_out_as_own(_therapist: Therapist, name: str, number: int) -> Response:
    version = version_called(current_db(), name, number)
    return as_json(json.loads(version.definition), f"questions-{number}.json")
