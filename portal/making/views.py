"""The practice's questionnaires and their drafts as a whole: begun, looked at, called, thrown away."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.minutes import minutes_of
from portal.intake.queries import definitions_called
from portal.intake.services import shipped_questionnaire
from portal.making.desk import blueprint, zone_of
from portal.making.editing import fingerprint
from portal.making.fields import KINDS
from portal.making.forms import AboutForm, AddForm, NewForm, SeenForm
from portal.making.item_forms import choices
from portal.making.looking import look_at
from portal.making.ordering import outline
from portal.making.queries import draft_called, given_now, questionnaire_called, questionnaires
from portal.making.services import (
    ChangedMeanwhile,
    begin_draft,
    begin_questionnaire,
    change_draft,
    leave_draft,
)
from portal.making.sheet import Json, Sheet, empty, loaded, of_definition, spelled_out

_EMPTY, _SHIPPED = "empty", "shipped"


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    db = current_db()
    return render_template(
        "making/index.html", shown=questionnaires(db), given=given_now(db), zone=zone_of(therapist)
    )


@blueprint.get("/all/new")
@therapist_only
def new(_therapist: Therapist) -> str:
    return render_template("making/new.html", form=_new_form())


@blueprint.post("/all/new")
@therapist_only
def begin(therapist: Therapist) -> ResponseReturnValue:
    form = _new_form()
    if not form.validate_on_submit():
        return render_template("making/new.html", form=form)
    with transaction() as db:
        sheet, source = _beginning(form.begin.data, form.title.data)
        draft = begin_questionnaire(
            db, sheet, name=sheet["title"], source=source, by=therapist, now=clock.now()
        )
    return redirect(url_for("making.sheet", name=draft.name), code=303)


def _new_form() -> NewForm:
    form = NewForm()
    copies = [
        (f"copy-{each.name}", f"A copy of “{each.title}”")
        for each in questionnaires(current_db())
        if each.latest
    ]
    form.begin.choices = choices(
        [(_EMPTY, "An empty sheet"), (_SHIPPED, "The questions that come with the portal"), *copies]
    )
    return form


def _beginning(begin: str, title: str | None) -> tuple[Sheet, str | None]:
    if begin == _EMPTY:
        return empty(title or ""), None
    copied = begin.removeprefix("copy-")
    definition = (
        shipped_questionnaire()
        if begin == _SHIPPED
        else max(definitions_called(current_db(), copied).items())[1]
    )
    sheet = of_definition(definition)
    return sheet | {"title": title or f"{sheet['title']}, copied"}, definition.source


@blueprint.get("/<string:name>")
@therapist_only
def show(therapist: Therapist, name: str) -> str:
    return render_template(
        "making/show.html", shown=questionnaire_called(current_db(), name), zone=zone_of(therapist)
    )


@blueprint.post("/<string:name>/draft")
@therapist_only
def draw_up(therapist: Therapist, name: str) -> ResponseReturnValue:
    with transaction() as db:
        begin_draft(db, name, by=therapist, now=clock.now())
    return redirect(url_for("making.sheet", name=name), code=303)


@blueprint.get("/<string:name>/draft")
@therapist_only
def sheet(therapist: Therapist, name: str) -> str:
    look, form = look_at(current_db(), name), AddForm(formdata=None)
    form.offer(look.sheet)
    return render_template(
        "making/sheet.html",
        name=name,
        look=look,
        lines=_sheet_lines(look.sheet),
        kinds=KINDS,
        minutes=minutes_of(look.judged.fit) if look.judged.fit else None,
        form=form,
        zone=zone_of(therapist),
        now=clock.now(),
    )


def _sheet_lines(sheet: Sheet) -> list[tuple[Json, int]]:
    """Every item with how deep it stands in sections."""
    return [(spelled_out(item), depth) for item, depth in outline(sheet)]


@blueprint.get("/<string:name>/draft/about")
@therapist_only
def about(_therapist: Therapist, name: str) -> str:
    sheet = loaded(draft_called(current_db(), name).content)
    form = AboutForm(formdata=None, data=_about(sheet) | {"seen": fingerprint(_about(sheet))})
    return _about_page(name, form)


@blueprint.post("/<string:name>/draft/about")
@therapist_only
def say_about(therapist: Therapist, name: str) -> ResponseReturnValue:
    form = AboutForm()
    if not form.validate_on_submit():
        return _about_page(name, form)
    said = {
        "title": form.title.data,
        "minutes": form.minutes.number,
        "minutes_more": form.minutes_more.number,
    }
    try:
        with transaction() as db:
            change_draft(
                db,
                name,
                lambda sheet, _published: sheet | said,
                by=therapist,
                now=clock.now(),
                part=_about,
                seen=form.seen.data,
            )
    except ChangedMeanwhile as clash:
        theirs = _about(clash.sheet)
        form.seen.data = fingerprint(theirs)
        shown = [
            ("Its title", theirs["title"]),
            ("Its minutes", theirs["minutes"] or "as counted"),
            ("Its minutes for those who say more", theirs["minutes_more"] or "as counted"),
        ]
        return _about_page(name, form, theirs=shown), 409
    return redirect(url_for("making.sheet", name=name), code=303)


def _about(sheet: Sheet) -> Json:
    return {name: sheet.get(name) for name in ("title", "minutes", "minutes_more")}


def _about_page(name: str, form: AboutForm, theirs: list[tuple[str, object]] | None = None) -> str:
    fit = look_at(current_db(), name).judged.fit
    return render_template(
        "making/about.html",
        name=name,
        form=form,
        theirs=theirs,
        counted=minutes_of(fit) if fit else None,
        counted_more=minutes_of(fit, more=True) if fit and fit.beyond else None,
    )


@blueprint.get("/<string:name>/draft/removal")
@therapist_only
def ask_to_leave(_therapist: Therapist, name: str) -> str:
    draft = draft_called(current_db(), name)
    form = SeenForm(formdata=None, data={"seen": str(draft.revision)})
    return render_template(
        "making/leave.html", name=name, sheet=loaded(draft.content), draft=draft, form=form
    )


@blueprint.post("/<string:name>/draft/removal")
@therapist_only
def leave(_therapist: Therapist, name: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            leave_draft(db, name, seen=SeenForm().revision)
    except ChangedMeanwhile:
        flash("It was changed while this page was open. Look at it once more.")
        return redirect(url_for("making.sheet", name=name), code=303)
    flash("The draft is gone. What was published is as it was.")
    return redirect(url_for("making.index"), code=303)
