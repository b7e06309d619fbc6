"""What real FHIR files get wrong between items, put right before anything is made of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.intake.fhir_circles import refuse_circles
from portal.intake.fhir_shapes import LONGEST_NAME, Json, Remarks, Unusable, under
from portal.intake.questionnaire import MOST_ITEMS

TYPES = frozenset(
    [
        *("group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text"),
        *("url", "choice", "open-choice", "attachment", "reference", "quantity"),
    ]
)
# What later versions of the standard call them, and what is found in home-made files.
_OTHER_NAMES = {
    **{"coding": "choice", "question": "string", "uri": "url", "markdown": "text", "textarea": "text"},
    **{"number": "decimal", "float": "decimal", "int": "integer", "bool": "boolean", "yesno": "boolean"},
    **{"radio": "choice", "select": "choice", "dropdown": "choice", "section": "group", "file": "attachment"},
    **{each.lower().replace("-", ""): each for each in TYPES},
}
_WITH_OPTIONS = frozenset({"choice", "open-choice", "integer", "date", "time", "string"})
_NOT_ALLOWED = {
    "group": ("maxLength", "initial", "answerOption", "answerValueSet"),
    "display": ("required", "repeats", "readOnly", "maxLength", "initial", "answerOption", "answerValueSet"),
}


def mend(tree: Json, remarks: Remarks) -> None:
    """Give every item a linkId of its own and a type that fits it, in place.

    Raises Unusable for too many items, and for conditions that wait for one another.
    """
    _shorten_link_ids(tree, remarks)
    _give_link_ids(tree, remarks)
    _keep_fit(tree, "", remarks)
    if not tree.get("item"):
        raise Unusable("item: there is nothing in this questionnaire")
    refuse_circles(tree)


def walked(tree: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every item with its path, each before what it holds."""
    for position, item in enumerate(tree.get("item", ())):
        place = under(path, "item", position)
        yield place, item
        yield from walked(item, place)


def _shorten_link_ids(tree: Json, remarks: Remarks) -> None:
    """Whatever names an item is shortened with its name."""
    for path, item in walked(tree):
        if len(item.get("linkId", "")) > LONGEST_NAME:
            remarks(under(path, "linkId"), f"is longer than {LONGEST_NAME:,} characters, and is cut")
        for holder, name in ((item, "linkId"), *((each, "question") for each in item.get("enableWhen", ()))):
            if name in holder:
                holder[name] = holder[name][:LONGEST_NAME].rstrip()


def _give_link_ids(tree: Json, remarks: Remarks) -> None:
    taken = {item["linkId"] for _, item in walked(tree) if "linkId" in item}
    seen: set[str] = set()
    for number, (path, item) in enumerate(walked(tree), start=1):
        if number > MOST_ITEMS:
            raise Unusable(f"{path}: there are more than {MOST_ITEMS:,} items")
        link_id = item.get("linkId")
        if link_id is None or link_id in seen:
            item["linkId"] = _free(f"{link_id or 'item'}-{number}", taken)
            what = "is missing" if link_id is None else f"{link_id[:60]!r} is there twice"
            remarks(under(path, "linkId"), f"{what}; called {item['linkId'][:60]!r}")
        seen.add(item["linkId"])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "x"
    taken.add(name)
    return name


def _keep_fit(holder: Json, path: str, remarks: Remarks) -> None:
    kept = []
    for position, item in enumerate(holder.get("item", ())):
        place = under(path, "item", position)
        _keep_fit(item, place, remarks)
        _mend_item(item, place, remarks)
        if item["type"] != "display" or "text" in item:
            kept.append(item)
        else:
            remarks(place, "has no text and holds nothing, and is left out")
    holder["item"] = kept
    if not kept:
        del holder["item"]


def _mend_item(item: Json, path: str, remarks: Remarks) -> None:
    kind = item.get("type")
    item["type"] = _type_of(item)
    if item["type"] != kind:
        what = "is missing" if kind is None else f"{kind[:40]!r} does not fit"
        remarks(under(path, "type"), f"{what}; read as {item['type']}")
    for name in _unfit_names(item):
        if item.pop(name) is not False:
            remarks(under(path, name), f"cannot be on a {item['type']}, and is left out")
        item.pop(f"_{name}", None)
    if "answerOption" in item and "answerValueSet" in item:
        remarks(under(path, "answerValueSet"), "stands beside options, and is left out")
        del item["answerValueSet"]
    conditions = item.get("enableWhen", ())
    if len(conditions) > 1 and item.get("enableBehavior") not in {"all", "any"}:
        remarks(under(path, "enableBehavior"), "is missing; any one of the conditions is enough")
        item["enableBehavior"] = "any"


def _unfit_names(item: Json) -> list[str]:
    """What is on the item and may not be on one of its type."""
    unfit = _NOT_ALLOWED.get(item["type"], ())
    if item["type"] not in _WITH_OPTIONS:
        unfit = (*unfit, "answerOption")
    if item["type"] not in {"choice", "open-choice"}:
        unfit = (*unfit, "answerValueSet")
    return [name for name in dict.fromkeys(unfit) if name in item]


def _type_of(item: Json) -> str:
    kind = item.get("type")
    if kind not in TYPES:
        kind = _OTHER_NAMES.get(re.sub(r"[-_ ]", "", str(kind)).lower(), kind)
    holds = bool(item.get("item"))
    if kind == "group" and not holds:
        return "display"
    if kind == "display" and holds:
        return "group"
    return str(kind) if kind in TYPES else _guessed(item, holds)


def _guessed(item: Json, holds: bool) -> str:
    if "answerOption" in item or "answerValueSet" in item:
        return "choice"
    return "group" if holds else "string"
