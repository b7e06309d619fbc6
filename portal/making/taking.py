"""A file taken in as a draft, with a remark for all of it that is not carried over. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from portal.intake.fhir_options import slug
from portal.intake.fhir_reading import brought_in
from portal.intake.fhir_shapes import MOST_BYTES, Remark, Remarks, Unusable, fault, is_fhir, under
from portal.intake.questionnaire import (
    LONGEST_WORDS,
    MOST_ITEMS,
    MOST_OPTIONS,
    AnswerList,
    Band,
    Condition,
    Option,
    Questionnaire,
    Scale,
    WideLampRule,
)
from portal.making.ordering import settle
from portal.making.sheet import MODELS, Json, Sheet, empty, new_key, of_definition

# What is wrong with a text that can still be held, and mended on its page.
_MENDABLE = frozenset({"string_too_short", "string_too_long", "string_pattern_mismatch"})
_LONGEST = 2 * LONGEST_WORDS
_LEFT_OUT = object()
# Lists of things that are each held by themselves.
_LISTS: dict[str, type[BaseModel]] = {"options": Option, "enable_when": Condition, "bands": Band}
_MOST_IN_A_LIST: dict[type[BaseModel], int] = {Option: MOST_OPTIONS, Condition: 1000, Band: 50}


@dataclass(frozen=True)
class Taken:
    """What a file amounts to, before anybody has accepted it."""

    name: str
    sheet: Sheet
    # The FHIR resource that it was made from, if it was one.
    source: str | None
    remarks: list[Remark]
    languages: tuple[str, ...]
    # Whether it came as FHIR, which has no place for some of what a questionnaire says here.
    is_fhir: bool


def taken(content: bytes, *, otherwise: str, language: str | None = None) -> Taken:
    """The draft in a file: a FHIR R4 Questionnaire, or JSON in the portal's own shape, fit or not.

    `otherwise` names one that has no name. Raises Unusable.
    """
    if len(content) > MOST_BYTES:
        raise Unusable(f"the file: it is larger than {MOST_BYTES // 1_000_000} MB")
    if not is_fhir(content):
        return _own(content)
    brought = brought_in(content, otherwise=otherwise, language=language)
    definition = brought.questionnaire
    return Taken(
        definition.name,
        of_definition(definition),
        definition.source,
        brought.remarks,
        brought.languages,
        is_fhir=True,
    )


def _own(content: bytes) -> Taken:
    """In the portal's own shape; it may hold what no definition may, and is mended as a draft."""
    plain = _loaded(content)
    remarks = Remarks()
    title = plain.get("title")
    sheet = empty(title[:_LONGEST] if isinstance(title, str) else "")
    for name, keep in _FRAME.items():
        keep(sheet, plain.get(name), remarks)
    for name in plain.keys() - {*_FRAME, "name", "title", "source", "source_language"}:
        remarks(str(name)[:60], "is not known here, and is left out")
    _close_ranks(sheet, remarks)
    name = slug(str(plain.get("name") or title or ""), (), otherwise="questions")
    source = _source_in(plain, sheet, remarks)
    return Taken(name, sheet, source, remarks.found, (), is_fhir=False)


def _source_in(plain: Json, sheet: Sheet, remarks: Remarks) -> str | None:
    """The FHIR resource that a definition of ours may bring along, if it still is one."""
    source = plain.get("source")
    if source is None:
        return None
    language = plain.get("source_language")
    try:
        again = brought_in(str(source).encode(), otherwise="", language=language).questionnaire
    except (Unusable, TypeError, AttributeError):
        remarks("source", "is no FHIR questionnaire, and is left out")
        for item in sheet["items"]:
            item.pop("origin", None)
        return None
    if language:
        sheet["source_language"] = language
    return again.source


def _loaded(source: bytes) -> Json:
    try:
        plain = json.loads(source.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Unusable(fault(problem)) from None
    if not isinstance(plain, dict) or not isinstance(plain.get("items"), list):
        raise Unusable("items: this is no questionnaire")
    if len(plain["items"]) > MOST_ITEMS:
        raise Unusable(f"items[{MOST_ITEMS}]: there are more than {MOST_ITEMS:,} items")
    return plain


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _keep_minutes(sheet: Sheet, value: object, remarks: Remarks) -> None:
    if value is not None and not _fits(Questionnaire, "minutes", value):
        remarks("minutes", "is no number from 1 to 240, and is left out")
    elif value is not None:
        sheet["minutes"] = value


def _keep_items(sheet: Sheet, value: Any, remarks: Remarks) -> None:
    for number, each in enumerate(value):
        path = under("", "items", number)
        model = MODELS.get(str(each.get("kind"))) if isinstance(each, dict) else None
        if model is None:
            remarks(path, "is of no kind that is known here, and is left out")
            continue
        item = {"kind": each["kind"]} | _held(model, each, path, remarks)
        sheet["items"].append(item | {"key": new_key(sheet)})


def _keep_scales(sheet: Sheet, value: object, remarks: Remarks) -> None:
    sheet["scales"] = list(_each_held(Scale, value, "scales", remarks))


def _keep_minutes_more(sheet: Sheet, value: object, remarks: Remarks) -> None:
    if value is not None and not _fits(Questionnaire, "minutes_more", value):
        remarks("minutes_more", "is no number from 1 to 240, and is left out")
    else:
        sheet["minutes_more"] = value


def _keep_lamps(sheet: Sheet, value: object, remarks: Remarks) -> None:
    held = _each_held(WideLampRule, value, "lamps", remarks)
    sheet["lamps"] = [
        {name: each for name, each in lamp.items() if name in WideLampRule.model_fields} for lamp in held
    ]


def _keep_lists(sheet: Sheet, value: object, remarks: Remarks) -> None:
    sheet["answer_lists"] = list(_each_held(AnswerList, value, "answer_lists", remarks))


_FRAME: dict[str, Callable[[Sheet, Any, Remarks], None]] = {
    "minutes": _keep_minutes,
    "items": _keep_items,
    "scales": _keep_scales,
    "answer_lists": _keep_lists,
    "minutes_more": _keep_minutes_more,
    "lamps": _keep_lamps,
}


def _each_held(model: type[BaseModel], value: object, path: str, remarks: Remarks) -> Iterator[Json]:
    if value is None:
        return
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        place = under("", path, number)
        if isinstance(each, dict):
            yield {"title": "", "name": "list", "options": [], "questions": []} | _held(
                model, each, place, remarks
            )
        else:
            remarks(place, "cannot be read, and is left out")


def _held(model: type[BaseModel], plain: Json, path: str, remarks: Remarks) -> Json:
    """What the model has a place for, as far as it can be held there."""
    kept = {}
    for name, value in plain.items():
        place = under(path, str(name)[:60])
        if name in _LISTS and name in model.model_fields:
            kept[name] = list(_fitting(_LISTS[name], value, place, remarks))
            continue
        held = _one_held(model, name, value)
        if held is _LEFT_OUT:
            remarks(place, "does not fit here, and is left out")
        else:
            kept[name] = held
    return kept


def _fitting(model: type[BaseModel], values: object, path: str, remarks: Remarks) -> Iterator[Json]:
    for number, each in enumerate(values if isinstance(values, list) else [values]):
        if number == _MOST_IN_A_LIST[model]:
            remarks(f"{path}[{number}]", "is one too many, and is left out with what follows")
            return
        try:
            yield model.model_validate(each).model_dump(mode="json", exclude_defaults=True)
        except ValidationError:
            remarks(f"{path}[{number}]", "does not fit here, and is left out")


def _one_held(model: type[BaseModel], name: str, value: Any) -> Any:
    if name not in model.model_fields:
        return _LEFT_OUT
    adapter = _adapter(model, name)
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json", exclude_defaults=True)
    except ValidationError as unfit:
        mendable = isinstance(value, str) and all(each["type"] in _MENDABLE for each in unfit.errors())
        return value[:_LONGEST] if mendable else _LEFT_OUT


def _fits(model: type[BaseModel], name: str, value: object) -> bool:
    return _one_held(model, name, value) is not _LEFT_OUT


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(model.model_fields[name].rebuild_annotation())


def _close_ranks(sheet: Sheet, remarks: Remarks) -> None:
    """Every item has a name for reports, unlike those before it; so has every list and every score."""
    taken: set[str] = set()
    for number, item in enumerate(sheet["items"]):
        name = item.get("link_id", "")
        item["link_id"] = slug(name or str(item.get("text") or ""), taken, otherwise="item")
        if name and item["link_id"] != name:
            remarks(under(under("", "items", number), "link_id"), f"is now {item['link_id']!r}")
        taken.add(item["link_id"])
    settle(sheet)
    for place in ("scales", "answer_lists"):
        names: set[str] = set()
        for each in sheet[place]:
            each["name"] = slug(str(each["name"]), names, otherwise="sum")
            names.add(each["name"])
