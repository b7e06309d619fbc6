"""What the questions of a draft share: answer lists, and scores with their bands."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.queries import definitions_called
from portal.making import editing
from portal.making.desk import blueprint
from portal.making.editing import NameFixed, Published, fingerprint, list_called, scale_called
from portal.making.forms import ListForm, ScaleForm, TitleForm
from portal.making.queries import draft_called, fixed_names
from portal.making.services import Change, ChangedMeanwhile, Part, change_draft
from portal.making.sheet import Json, Sheet, loaded, texts_of


@blueprint.get("/<string:name>/draft/answer-lists")
@therapist_only
def answer_lists(_therapist: Therapist, name: str) -> str:
    sheet = _sheet(name)
    return _lists_page(name, sheet, TitleForm(formdata=None))


@blueprint.post("/<string:name>/draft/answer-lists")
@therapist_only
def add_list(therapist: Therapist, name: str) -> ResponseReturnValue:
    form, made = TitleForm(), list[str]()
    if not form.validate_on_submit():
        return _lists_page(name, _sheet(name), form)

    def change(sheet: Sheet, _published: Published) -> Sheet:
        sheet, answers = editing.add_list(sheet, form.title.data or "")
        made.append(answers)
        return sheet

    _change(therapist, name, change)
    return redirect(url_for("making.answer_list", name=name, answers=made[0]), code=303)


def _lists_page(name: str, sheet: Sheet, form: TitleForm) -> str:
    users = {
        each["name"]: [item for item in sheet["items"] if item.get("answer_list") == each["name"]]
        for each in sheet["answer_lists"]
    }
    return render_template("making/answer_lists.html", name=name, sheet=sheet, users=users, form=form)


@blueprint.get("/<string:name>/draft/answer-lists/<string:answers>")
@therapist_only
def answer_list(_therapist: Therapist, name: str, answers: str) -> str:
    sheet = _sheet(name)
    found = list_called(sheet, answers)
    form = ListForm(formdata=None, data={"title": found["title"], "seen": fingerprint(found)})
    form.show_options(found["options"], _fixed_codes(name, sheet, answers))
    return _list_page(name, sheet, answers, form)


@blueprint.post("/<string:name>/draft/answer-lists/<string:answers>")
@therapist_only
def say_list(therapist: Therapist, name: str, answers: str) -> ResponseReturnValue:
    form, sheet = ListForm(), _sheet(name)
    list_called(sheet, answers)
    if "press" in request.form:
        form.press(request.form["press"])
        return _list_page(name, sheet, answers, form)
    if not form.validate_on_submit():
        return _list_page(name, sheet, answers, form)
    title, rows = form.title.data or "", form.filled
    try:
        _change(
            therapist,
            name,
            lambda sheet, published: editing.say_of_list(sheet, answers, title, rows, published),
            part=lambda sheet: list_called(sheet, answers),
            seen=form.seen.data,
        )
    except NameFixed:
        form.refuse(form.title, "A code that was published stays what it is")
        return _list_page(name, sheet, answers, form)
    except ChangedMeanwhile as clash:
        theirs = list_called(clash.sheet, answers)
        form.seen.data = fingerprint(theirs)
        labels = ", ".join(option["label"] for option in theirs["options"])
        shown = [("Its title", theirs["title"]), ("Its answers", labels)]
        return _list_page(name, sheet, answers, form, theirs=shown), 409
    return redirect(url_for("making.answer_lists", name=name), code=303)


@blueprint.post("/<string:name>/draft/answer-lists/<string:answers>/removal")
@therapist_only
def end_list(therapist: Therapist, name: str, answers: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, _published: editing.end_list(sheet, answers))
    flash("The list is gone. Each question keeps its answers as its own.")
    return redirect(url_for("making.answer_lists", name=name), code=303)


def _fixed_codes(name: str, sheet: Sheet, answers: str) -> frozenset[str]:
    fixed = fixed_names(definitions_called(current_db(), name))
    sharing = (item["link_id"] for item in sheet["items"] if item.get("answer_list") == answers)
    return frozenset[str]().union(*(fixed.get(link_id, frozenset()) for link_id in sharing))


def _list_page(
    name: str,
    sheet: Sheet,
    answers: str,
    form: ListForm,
    *,
    theirs: list[tuple[str, str]] | None = None,
) -> str:
    form.add_free_rows()
    texts = texts_of(sheet)
    users = [texts[item["link_id"]] for item in sheet["items"] if item.get("answer_list") == answers]
    return render_template(
        "making/answer_list.html",
        name=name,
        answers=list_called(sheet, answers),
        users=users,
        form=form,
        theirs=theirs,
    )


@blueprint.get("/<string:name>/draft/scores")
@therapist_only
def scores(_therapist: Therapist, name: str) -> str:
    return _scores_page(name, _sheet(name), TitleForm(formdata=None))


@blueprint.post("/<string:name>/draft/scores")
@therapist_only
def add_score(therapist: Therapist, name: str) -> ResponseReturnValue:
    form, made = TitleForm(), list[str]()
    if not form.validate_on_submit():
        return _scores_page(name, _sheet(name), form)

    def change(sheet: Sheet, _published: Published) -> Sheet:
        sheet, scale = editing.add_scale(sheet, form.title.data or "")
        made.append(scale)
        return sheet

    _change(therapist, name, change)
    return redirect(url_for("making.score", name=name, scale=made[0]), code=303)


def _scores_page(name: str, sheet: Sheet, form: TitleForm) -> str:
    return render_template("making/scores.html", name=name, sheet=sheet, form=form)


@blueprint.get("/<string:name>/draft/scores/<string:scale>")
@therapist_only
def score(_therapist: Therapist, name: str, scale: str) -> str:
    sheet = _sheet(name)
    found = scale_called(sheet, scale)
    data = {name: "" if each is None else each for name, each in found.items()}
    form = ScaleForm(formdata=None, data={**data, "seen": fingerprint(found)})
    return _score_page(name, sheet, found, form)


@blueprint.post("/<string:name>/draft/scores/<string:scale>")
@therapist_only
def say_score(therapist: Therapist, name: str, scale: str) -> ResponseReturnValue:
    form, sheet = ScaleForm(), _sheet(name)
    found = scale_called(sheet, scale)
    form.offer(sheet)
    if "press" in request.form:
        form.add_more()
        return _score_page(name, sheet, found, form)
    if not form.validate_on_submit():
        return _score_page(name, sheet, found, form)
    said = form.said
    try:
        _change(
            therapist,
            name,
            lambda sheet, _published: editing.say_of_scale(sheet, scale, said),
            part=lambda sheet: scale_called(sheet, scale),
            seen=form.seen.data,
        )
    except ChangedMeanwhile as clash:
        theirs = scale_called(clash.sheet, scale)
        form.seen.data = fingerprint(theirs)
        return _score_page(name, sheet, found, form, theirs=_in_words(clash.sheet, theirs)), 409
    return redirect(url_for("making.scores", name=name), code=303)


def _in_words(sheet: Sheet, scale: Json) -> list[tuple[str, str]]:
    texts = texts_of(sheet)
    bands = [f"{band['low']:g} to {band['high']:g} {band['words']}" for band in scale.get("bands") or ()]
    return [
        ("Its title", scale["title"]),
        ("It adds up", ", ".join(texts.get(each, each) for each in scale["questions"]) or "nothing"),
        ("Its bands", "; ".join(bands) or "none"),
    ]


@blueprint.post("/<string:name>/draft/scores/<string:scale>/removal")
@therapist_only
def end_score(therapist: Therapist, name: str, scale: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, _published: editing.end_scale(sheet, scale))
    flash("The score is gone. Its questions are as they were.")
    return redirect(url_for("making.scores", name=name), code=303)


def _score_page(
    name: str, sheet: Sheet, scale: Json, form: ScaleForm, *, theirs: list[tuple[str, str]] | None = None
) -> str:
    form.offer(sheet)
    form.add_free_rows()
    return render_template("making/score.html", name=name, scale=scale, form=form, theirs=theirs)


def _sheet(name: str) -> Sheet:
    return loaded(draft_called(current_db(), name).content)


def _change(
    therapist: Therapist, name: str, change: Change, *, part: Part | None = None, seen: str | None = None
) -> None:
    with transaction() as db:
        change_draft(db, name, change, by=therapist, now=clock.now(), part=part, seen=seen)
