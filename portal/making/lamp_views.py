"""The lamps of a draft: that of one question, and those of the whole questionnaire."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.intake.questionnaire import lamp_of
from portal.intake.services import shipped_questionnaire
from portal.making import editing
from portal.making.desk import blueprint
from portal.making.editing import Published, fingerprint, item_called, lamp_numbered
from portal.making.fields import LAMPS
from portal.making.item_forms import LampForm, WideLampForm, lamp_answers, shown_lamp
from portal.making.queries import draft_called
from portal.making.services import Change, ChangedMeanwhile, change_draft
from portal.making.sheet import Json, Sheet, known_by, loaded, spelled_out, texts_of

_THEIRS = (
    ("heading", "Its heading"),
    ("words", "Its words"),
    ("tells", "How soon it tells"),
    ("minutes", "Its minutes"),
    ("at_least", "From which number on"),
    ("at_most", "Up to which number"),
)


@blueprint.get("/<string:name>/draft/items/<string:key>/lamp")
@therapist_only
def lamp(_therapist: Therapist, name: str, key: str) -> str:
    item = _item_with_lamp(name, key)
    known = item.get("lamp")
    form = LampForm(formdata=None, data=shown_lamp(known or _usual_lamp(), seen=fingerprint(known)))
    return _lamp_page(name, item, form)


def _item_with_lamp(name: str, key: str) -> Json:
    """Raises NotFound for what no answer to can light one."""
    item = item_called(_sheet(name), key)
    if item["kind"] not in LAMPS:
        raise NotFound
    return item


def _usual_lamp() -> Json:
    """The words of the lamp that comes with the portal, to begin with; no answers."""
    rule = next(filter(None, map(lamp_of, shipped_questionnaire().items)))
    return {"heading": rule.heading, "words": rule.words}


@blueprint.post("/<string:name>/draft/items/<string:key>/lamp")
@therapist_only
def say_lamp(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    form, item = LampForm(), _item_with_lamp(name, key)
    form.of_kind = item["kind"]
    if not form.validate_on_submit():
        return _lamp_page(name, item, form)
    said = form.said

    def change(sheet: Sheet, published: Published) -> Sheet:
        known = item_called(sheet, key).get("lamp") or {}
        return editing.say(sheet, key, {"lamp": _without_nothing({**known, **said})}, published)

    try:
        _change(therapist, name, change, lambda sheet: item_called(sheet, key).get("lamp"), form.seen.data)
    except ChangedMeanwhile as clash:
        theirs = item_called(clash.sheet, key).get("lamp") or {}
        form.seen.data = fingerprint(theirs or None)
        return _lamp_page(name, item, form, theirs=_in_words(theirs)), 409
    return redirect(url_for("making.item", name=name, key=key), code=303)


def _lamp_page(
    name: str, item: Json, form: LampForm, *, theirs: list[tuple[str, object]] | None = None
) -> str:
    form.of_kind = item["kind"]
    form.codes.choices = lamp_answers(item)
    return render_template(
        "making/lamp.html", name=name, item=spelled_out(item), text=known_by(item), form=form, theirs=theirs
    )


@blueprint.post("/<string:name>/draft/items/<string:key>/lamp/removal")
@therapist_only
def put_out(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, published: editing.say(sheet, key, {"lamp": None}, published))
    return redirect(url_for("making.item", name=name, key=key), code=303)


@blueprint.get("/<string:name>/draft/lamps")
@therapist_only
def lamps(_therapist: Therapist, name: str) -> str:
    sheet = _sheet(name)
    own = [item for item in sheet["items"] if item.get("lamp")]
    return render_template(
        "making/lamps.html", name=name, own=own, lamps=sheet.get("lamps", []), texts=texts_of(sheet)
    )


@blueprint.post("/<string:name>/draft/lamps")
@therapist_only
def add_lamp(therapist: Therapist, name: str) -> ResponseReturnValue:
    made = list[int]()

    def change(sheet: Sheet, _published: Published) -> Sheet:
        sheet, number = editing.add_lamp(sheet, _usual_lamp())
        made.append(number)
        return sheet

    _change(therapist, name, change)
    return redirect(url_for("making.wide_lamp", name=name, number=made[0]), code=303)


@blueprint.get("/<string:name>/draft/lamps/<int:number>")
@therapist_only
def wide_lamp(_therapist: Therapist, name: str, number: int) -> str:
    sheet = _sheet(name)
    found = lamp_numbered(sheet, number)
    form = WideLampForm(formdata=None, data=shown_lamp(found, seen=fingerprint(found)))
    return _wide_page(name, sheet, number, form)


@blueprint.post("/<string:name>/draft/lamps/<int:number>")
@therapist_only
def say_wide_lamp(therapist: Therapist, name: str, number: int) -> ResponseReturnValue:
    form, sheet = WideLampForm(), _sheet(name)
    lamp_numbered(sheet, number)
    form.offer(sheet)
    if not form.validate_on_submit():
        return _wide_page(name, sheet, number, form)
    said = form.said
    try:
        _change(
            therapist,
            name,
            lambda sheet, _published: editing.say_of_lamp(sheet, number, said),
            lambda sheet: _numbered(sheet, number),
            form.seen.data,
        )
    except ChangedMeanwhile as clash:
        theirs = _numbered(clash.sheet, number) or {}
        form.seen.data = fingerprint(theirs)
        return _wide_page(name, sheet, number, form, theirs=_in_words(theirs)), 409
    return redirect(url_for("making.lamps", name=name), code=303)


def _wide_page(
    name: str,
    sheet: Sheet,
    number: int,
    form: WideLampForm,
    *,
    theirs: list[tuple[str, object]] | None = None,
) -> str:
    form.offer(sheet)
    return render_template(
        "making/wide_lamp.html",
        name=name,
        number=number,
        form=form,
        theirs=theirs,
        seen=fingerprint(lamp_numbered(sheet, number)),
    )


@blueprint.post("/<string:name>/draft/lamps/<int:number>/removal")
@therapist_only
def end_lamp(therapist: Therapist, name: str, number: int) -> ResponseReturnValue:
    try:
        _change(
            therapist,
            name,
            lambda sheet, _published: editing.end_lamp(sheet, number),
            lambda sheet: _numbered(sheet, number),
            WideLampForm().seen.data,
        )
    except ChangedMeanwhile:
        flash("It was changed while this page was open. Look at it once more.")
        return redirect(url_for("making.wide_lamp", name=name, number=number), code=303)
    flash("That lamp is gone.")
    return redirect(url_for("making.lamps", name=name), code=303)


def _numbered(sheet: Sheet, number: int) -> Json | None:
    """None where it is gone."""
    return next(iter(sheet.get("lamps", [])[number:]), None)


def _in_words(lamp: Json) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = [(label, lamp.get(field) or "nothing") for field, label in _THEIRS]
    return [*said, ("Lit by", ", ".join(lamp.get("codes") or ()) or "no answer by its code")]


def _without_nothing(lamp: Json) -> Json:
    return {name: each for name, each in lamp.items() if each not in (None, "")}


def _sheet(name: str) -> Sheet:
    return loaded(draft_called(current_db(), name).content)


def _change(
    therapist: Therapist,
    name: str,
    change: Change,
    part: Callable[[Sheet], object] | None = None,
    seen: str | None = None,
) -> None:
    with transaction() as db:
        change_draft(db, name, change, by=therapist, now=clock.now(), part=part, seen=seen)
