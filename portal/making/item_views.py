"""One item of a draft: what it says, where it stands, when it is asked."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.making import editing, ordering
from portal.making.desk import blueprint
from portal.making.editing import NameFixed, NameTaken, Published, TooManyItems, fingerprint, item_called
from portal.making.fields import KINDS, LAMPS, fields_of
from portal.making.forms import AddForm, PlaceForm
from portal.making.item_forms import (
    ConditionsForm,
    ItemForm,
    are_too_many,
    item_form,
    shown_item,
)
from portal.making.looking import Look, look_at
from portal.making.queries import draft_called, fixed_names
from portal.making.services import Change, ChangedMeanwhile, change_draft
from portal.making.sheet import Json, Sheet, known_by, loaded, spelled_out

_Move = Callable[[Sheet, str], None]
_MOVES: dict[str, _Move] = {"up": ordering.move_up, "down": ordering.move_down}


@blueprint.post("/<string:name>/draft/items")
@therapist_only
def add(therapist: Therapist, name: str) -> ResponseReturnValue:
    form, made = AddForm(), list[str]()
    form.offer(_sheet(name))
    if not form.validate_on_submit():
        flash("That section is not there any more. Choose another place.")
        return redirect(url_for("making.sheet", name=name), code=303)

    def change(sheet: Sheet, _published: Published) -> Sheet:
        sheet, key = editing.add(sheet, form.kind.data, within=form.within.data or None)
        made.append(key)
        return sheet

    try:
        _change(therapist, name, change)
    except TooManyItems:
        flash("There is no room for more: take something out first.")
        return redirect(url_for("making.sheet", name=name), code=303)
    return redirect(url_for("making.item", name=name, key=made[0]), code=303)


@blueprint.get("/<string:name>/draft/items/<string:key>")
@therapist_only
def item(_therapist: Therapist, name: str, key: str) -> str:
    look = look_at(current_db(), name)
    item = item_called(look.sheet, key)
    form = item_form(item["kind"])(formdata=None, data=shown_item(item["kind"], item, seen=_mark(item)))
    form.show_options(item.get("options", ()), fixed_names(look.published).get(item["link_id"], frozenset()))
    return _item_page(name, look, item, form)


@blueprint.post("/<string:name>/draft/items/<string:key>")
@therapist_only
def say(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    kind = request.form.get("kind", "")
    form = item_form(kind if kind in KINDS else "note")()
    look = look_at(current_db(), name)
    item = item_called(look.sheet, key)
    form.add_undrawn(item, fixed_names(look.published).get(item["link_id"], frozenset()))
    form.offer(look.sheet, key)
    if "press" in request.form:
        # Only the page changes: another kind, or the order of the rows. Nothing is saved yet.
        form.press(request.form["press"])
        return _item_page(name, look, item, form)
    if not form.validate_on_submit():
        return _item_page(name, look, item, form)
    try:
        _change(
            therapist, name, _said(form, key), part=lambda sheet: _saying(sheet, key), seen=form.seen.data
        )
    except NameTaken:
        form.refuse(form.link_id, "Another item has this name. Choose another")
    except NameFixed:
        form.refuse(form.link_id, "It was published under its name, which stays")
    except ChangedMeanwhile as clash:
        theirs = item_called(clash.sheet, key)
        form.seen.data = _mark(theirs)
        return _item_page(name, look, item, form, theirs=_differences(form, theirs)), 409
    else:
        return redirect(url_for("making.sheet", name=name, _anchor=key), code=303)
    return _item_page(name, look, item, form)


def _said(form: ItemForm, key: str) -> Change:
    def change(sheet: Sheet, published: Published) -> Sheet:
        sheet = editing.say(sheet, key, {"kind": form.of_kind, **form.said}, published)
        if not form.has_answers:
            return sheet
        chosen = form.answer_list.data or None
        if chosen or item_called(sheet, key).get("answer_list"):
            return editing.share_answers(sheet, key, chosen)
        return editing.choose_answers(sheet, key, form.filled, published)

    return change


def _saying(sheet: Sheet, key: str) -> Json:
    """What the page of an item shows and changes of it, whatever kind it is."""
    item = item_called(sheet, key)
    names = {field.name for field in fields_of(item["kind"])} | {"kind", "options", "answer_list"}
    return {name: each for name, each in item.items() if name in names and each not in ("", None, [])}


def _mark(item: Json) -> str:
    return fingerprint(_saying({"items": [item]}, item["key"]))


def _differences(form: ItemForm, theirs: Json) -> list[tuple[str, object]]:
    """What stands in the draft now, where the page says something else."""
    shown = shown_item(form.of_kind, theirs, seen="")
    found: list[tuple[str, object]] = [
        (field.label, shown[field.name] or "nothing")
        for field, said in form.fields
        if (said.data or "") != (shown[field.name] or "")
    ]
    if theirs["kind"] != form.of_kind:
        found.insert(0, ("How is it answered?", KINDS[theirs["kind"]]))
    labels = [option["label"] for option in theirs.get("options", ())]
    if form.has_answers and labels != [row["label"] for row in form.filled]:
        found.append(("Its answers", ", ".join(labels) or "none"))
    return found


def _item_page(
    name: str, look: Look, item: Json, form: ItemForm, *, theirs: list[tuple[str, object]] | None = None
) -> str:
    sheet, key = look.sheet, item["key"]
    form.offer(sheet, key)
    if form.has_answers:
        form.add_free_rows()
    place = PlaceForm(formdata=None, data={"number": ordering.place_of(sheet, key) + 1})
    place.offer(sheet, [each["link_id"] for each in ordering.block_of(sheet, key)])
    place.holder.data = item.get("within") or ""
    return render_template(
        "making/item.html",
        name=name,
        item=spelled_out(item),
        form=form,
        place=place,
        findings=look.at(item["link_id"]),
        kinds=KINDS,
        takes_lamp=item["kind"] in LAMPS,
        wide_lamp=_wide_lamp(look, item),
        is_published=item["link_id"] in fixed_names(look.published),
        conditions=_conditions_in_words(sheet, item),
        too_many=are_too_many(item),
        list_items=_list_items(sheet, form),
        theirs=theirs,
        total=len(sheet["items"]),
        title=known_by(item) if item.get("text") else f"New: {KINDS[item['kind']].lower()}",
    )


def _wide_lamp(look: Look, item: Json) -> str | None:
    """What the client reads of a lamp of the whole questionnaire that answers to this item light."""
    fit = look.judged.fit
    rule = None if item.get("lamp") or fit is None else fit.lamp_on(item["link_id"])
    return rule.heading if rule else None


def _list_items(sheet: Sheet, form: ItemForm) -> list[str]:
    """The answers of the list that is chosen."""
    for each in sheet["answer_lists"]:
        if form.has_answers and each["name"] == form.answer_list.data:
            return [option["label"] for option in each["options"]]
    return []


def _conditions_in_words(sheet: Sheet, item: Json) -> list[str]:
    form = ConditionsForm(formdata=None)
    form.show(item)
    form.offer(sheet, item["key"])
    return [row.form.in_words for row in form.rows]


@blueprint.post("/<string:name>/draft/items/<string:key>/place")
@therapist_only
def move(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    sheet = _sheet(name)
    item_called(sheet, key)
    form = PlaceForm()
    form.offer(sheet, [each["link_id"] for each in ordering.block_of(sheet, key)])
    step = _MOVES.get(request.form.get("move", ""))
    if step is None and not form.validate_on_submit():
        flash("Enter the number of a place in the list.")
        return redirect(url_for("making.item", name=name, key=key), code=303)
    _change(therapist, name, _moved(step, form, key))
    return redirect(url_for("making.sheet", name=name, _anchor=key), code=303)


def _moved(step: _Move | None, form: PlaceForm, key: str) -> Change:
    def move(sheet: Sheet) -> None:
        holder, number = form.holder.data or None, form.number.number
        if step is not None:
            step(sheet, key)
        elif holder != item_called(sheet, key).get("within"):
            ordering.move_into(sheet, key, holder)
        elif number is not None:
            ordering.move_to(sheet, key, int(number))

    return lambda sheet, _published: editing.moved(sheet, move)


@blueprint.post("/<string:name>/draft/items/<string:key>/twin")
@therapist_only
def duplicate(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    made = list[str]()

    def change(sheet: Sheet, _published: Published) -> Sheet:
        sheet, twin = editing.duplicate(sheet, key)
        made.append(twin)
        return sheet

    try:
        _change(therapist, name, change)
    except TooManyItems:
        flash("There is no room for more: take something out first.")
        return redirect(url_for("making.sheet", name=name), code=303)
    return redirect(url_for("making.item", name=name, key=made[0]), code=303)


@blueprint.post("/<string:name>/draft/items/<string:key>/removal")
@therapist_only
def take_out(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, _published: editing.take_out(sheet, key))
    flash("Taken out. You find it below the list, and can put it back.")
    return redirect(url_for("making.sheet", name=name), code=303)


@blueprint.post("/<string:name>/draft/items/<string:key>/return")
@therapist_only
def put_back(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, _published: editing.put_back(sheet, key))
    return redirect(url_for("making.sheet", name=name, _anchor=key), code=303)


@blueprint.post("/<string:name>/draft/items/<string:key>/new-name")
@therapist_only
def renew(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    _change(therapist, name, lambda sheet, _published: editing.renew(sheet, key))
    flash("From the next version on it counts as a new question. Answers to the old one stay as they are.")
    return redirect(url_for("making.item", name=name, key=key), code=303)


@blueprint.post("/<string:name>/draft/items/<string:key>/answer-list")
@therapist_only
def share(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    made = list[str]()

    def change(sheet: Sheet, _published: Published) -> Sheet:
        item = item_called(sheet, key)
        sheet, answers = editing.make_list(sheet, key, f"As under: {known_by(item)}")
        made.append(answers)
        return sheet

    _change(therapist, name, change)
    return redirect(url_for("making.answer_list", name=name, answers=made[0]), code=303)


@blueprint.get("/<string:name>/draft/items/<string:key>/conditions")
@therapist_only
def conditions(_therapist: Therapist, name: str, key: str) -> str:
    sheet = _sheet(name)
    item = item_called(sheet, key)
    if are_too_many(item):
        raise NotFound
    form = ConditionsForm(formdata=None, data={"seen": fingerprint(_asked_when(sheet, key))})
    form.show(item)
    return _conditions_page(name, sheet, item, form)


@blueprint.post("/<string:name>/draft/items/<string:key>/conditions")
@therapist_only
def say_conditions(therapist: Therapist, name: str, key: str) -> ResponseReturnValue:
    form, sheet = ConditionsForm(), _sheet(name)
    item = item_called(sheet, key)
    if are_too_many(item):
        raise NotFound
    form.offer(sheet, key)
    if "press" in request.form:
        form.press(request.form["press"])
        return _conditions_page(name, sheet, item, form)
    if not form.validate_on_submit():
        return _conditions_page(name, sheet, item, form)
    said = form.said
    try:
        _change(
            therapist,
            name,
            lambda sheet, published: editing.say(sheet, key, said, published),
            part=lambda sheet: _asked_when(sheet, key),
            seen=form.seen.data,
        )
    except ChangedMeanwhile as clash:
        form.seen.data = fingerprint(_asked_when(clash.sheet, key))
        theirs = _conditions_in_words(clash.sheet, item_called(clash.sheet, key)) or ["always"]
        return _conditions_page(name, sheet, item, form, theirs=[("Asked", "; ".join(theirs))]), 409
    return redirect(url_for("making.item", name=name, key=key), code=303)


def _asked_when(sheet: Sheet, key: str) -> Json:
    item = item_called(sheet, key)
    return {
        "enable_when": item.get("enable_when") or [],
        "enable_behaviour": item.get("enable_behaviour") or "all",
    }


def _conditions_page(
    name: str,
    sheet: Sheet,
    item: Json,
    form: ConditionsForm,
    *,
    theirs: list[tuple[str, object]] | None = None,
) -> str:
    form.offer(sheet, item["key"])
    return render_template(
        "making/conditions.html", name=name, item=item, text=known_by(item), form=form, theirs=theirs
    )


def _sheet(name: str) -> Sheet:
    return loaded(draft_called(current_db(), name).content)


def _change(
    therapist: Therapist,
    name: str,
    change: Change,
    *,
    part: Callable[[Sheet], object] | None = None,
    seen: str | None = None,
) -> None:
    with transaction() as db:
        change_draft(db, name, change, by=therapist, now=clock.now(), part=part, seen=seen)
