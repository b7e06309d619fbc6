"""What can be done to a draft, each thing to a copy of it: add, say, rename, take out, put back. Pure."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from portal.errors import NotFound, Refused
from portal.intake.fhir_options import slug
from portal.intake.questionnaire import MOST_ITEMS, TAKEN
from portal.making.ordering import block_of, place_of, settle
from portal.making.sheet import Json, Sheet, new_key

# What was published: the link_ids of all versions, each with the codes of its options.
Published = Mapping[str, frozenset[str]]

_MOST_GONE = 20
_LONGEST_NAME = 40
_MOST_WORDS = 6
# What in an item names others, beside its conditions.
_REFERENCES = ("within", "part_of", "before")


class TooManyItems(Refused):
    """There is no room for another item."""


class NameTaken(Refused):
    """Another item, or the portal itself, has this name for reports."""


class NameFixed(Refused):
    """It was published under its name for reports, which stays what it is."""


def item_called(sheet: Sheet, key: str) -> Json:
    """Raises NotFound."""
    item: Json = sheet["items"][place_of(sheet, key)]
    return item


def add(sheet: Sheet, kind: str, *, within: str | None = None) -> tuple[Sheet, str]:
    """With a new item at the end of this section, or of it all; and the item's key. Raises TooManyItems."""
    made = copy.deepcopy(sheet)
    _make_room(made, 1)
    key = new_key(made)
    item = {"kind": kind, "key": key, "text": "", "unnamed": True, "link_id": _free(made, kind)}
    if within is not None:
        item["within"] = within
    made["items"].append(item)
    settle(made)
    return made, key


def say(sheet: Sheet, key: str, said: Mapping[str, Any], published: Published) -> Sheet:
    """With these fields of the item as they are said; others stay as they are.

    `link_id` is its name for reports: "" to have it made from the text.
    Raises NameTaken, NameFixed, NotFound.
    """
    made = copy.deepcopy(sheet)
    item = item_called(made, key)
    name = said.get("link_id", item["link_id"])
    if said.get("kind", item["kind"]) != item["kind"]:
        # What stood in the field at first was no answer of this kind.
        item.pop("initial", None)
    item.update({field: value for field, value in said.items() if field != "link_id"})
    if item["link_id"] in published:
        if name not in {"", item["link_id"]}:
            raise NameFixed
    elif name == "" or (item.get("unnamed") and name == item["link_id"]):
        _name_by_text(made, item)
    elif name != item["link_id"]:
        if name in _taken(made):
            raise NameTaken
        _rename(made, item, name)
    settle(made)
    return made


def moved(sheet: Sheet, move: Callable[[Sheet], None]) -> Sheet:
    """With its items in the order into which `move` puts them."""
    made = copy.deepcopy(sheet)
    move(made)
    return made


def renew(sheet: Sheet, key: str) -> Sheet:
    """The item as a new question: its answers are told apart from those to the one that was published."""
    made = copy.deepcopy(sheet)
    item = item_called(made, key)
    _rename(made, item, slug(item["link_id"], _taken(made), otherwise="item"))
    # Where it came from, its answers meant something else too.
    item.pop("origin", None)
    return made


def duplicate(sheet: Sheet, key: str) -> tuple[Sheet, str]:
    """With the item once more, right after it, with all that stands in it; and the new one's key."""
    made = copy.deepcopy(sheet)
    block = block_of(made, key)
    _make_room(made, len(block))
    twins, names = copy.deepcopy(block), {}
    taken = _taken(made)
    for twin in twins:
        names[twin["link_id"]] = slug(twin["link_id"], taken, otherwise="item")
        taken.add(names[twin["link_id"]])
    for twin in twins:
        twin.update(key=new_key(made), link_id=names[twin["link_id"]])
        twin.pop("name_to_use", None)
        twin.pop("origin", None)
        _refer(twin, lambda link_id: names.get(link_id, link_id))
    end = place_of(made, block[-1]["key"]) + 1
    made["items"][end:end] = twins
    settle(made)
    return made, twins[0]["key"]


def take_out(sheet: Sheet, key: str) -> Sheet:
    """Without the item, which can be put back; what stands in it stays, outside of it. Raises NotFound."""
    made = copy.deepcopy(sheet)
    at = place_of(made, key)
    item = made["items"].pop(at)
    before = made["items"][at - 1]["key"] if at else None
    held = [each["key"] for each in made["items"] if each.get("within") == item["link_id"]]
    made["gone"] = [{"item": item, "after": before, "held": held}, *made["gone"]][:_MOST_GONE]
    for each in made["items"]:
        if each.get("within") == item["link_id"]:
            each.update(within=item["within"]) if item.get("within") else each.pop("within")
    settle(made)
    return made


def put_back(sheet: Sheet, key: str) -> Sheet:
    """With the item where it was, and in it again what stood in it. Raises NotFound for what is not gone."""
    made = copy.deepcopy(sheet)
    _make_room(made, 1)
    found = next((each for each in made["gone"] if each["item"]["key"] == key), None)
    if found is None:
        raise NotFound
    made["gone"].remove(found)
    item = found["item"]
    if item["link_id"] in _taken(made):
        item["link_id"] = slug(item["link_id"], _taken(made), otherwise="item")
    keys = [each["key"] for each in made["items"]]
    at = keys.index(found["after"]) + 1 if found["after"] in keys else 0
    made["items"].insert(at, item)
    for each in made["items"]:
        if each["key"] in found["held"] and each.get("within") == item.get("within"):
            each["within"] = item["link_id"]
    settle(made)
    return made


def choose_answers(sheet: Sheet, key: str, rows: Sequence[Json], published: Published) -> Sheet:
    """With these options of its own, each with the `code` that it had, "" for a new one; `name` changes it.

    Conditions and the lamp follow a code that changes. Raises NameFixed.
    """
    made = copy.deepcopy(sheet)
    item = item_called(made, key)
    options, codes = _options(item.get("options", ()), rows, published.get(item["link_id"], frozenset()))
    _take_options(made, item, options, codes)
    return made


def say_of_list(sheet: Sheet, name: str, title: str, rows: Sequence[Json], published: Published) -> Sheet:
    """With this title and these options of an answer list, for all questions that share it.

    Raises NameFixed, NotFound.
    """
    made = copy.deepcopy(sheet)
    answers = list_called(made, name)
    sharing = [item for item in made["items"] if item.get("answer_list") == name]
    fixed = frozenset[str]().union(*(published.get(each["link_id"], frozenset()) for each in sharing))
    options, codes = _options(answers["options"], rows, fixed)
    answers.update(title=title, options=copy.deepcopy(options))
    for item in sharing:
        _take_options(made, item, options, codes)
    return made


def share_answers(sheet: Sheet, key: str, name: str | None) -> Sheet:
    """The item takes its options from this answer list; for None they are its own. Raises NotFound."""
    made = copy.deepcopy(sheet)
    item = item_called(made, key)
    if name is None:
        item.pop("answer_list", None)
        return made
    if item.get("answer_list") != name and item.get("options"):
        item["own_options"] = item["options"]
    item["answer_list"] = name
    item["options"] = copy.deepcopy(list_called(made, name)["options"])
    return made


def make_list(sheet: Sheet, key: str, title: str) -> tuple[Sheet, str]:
    """The item's options as an answer list, which all that have the very same share from now on; its name."""
    made = copy.deepcopy(sheet)
    options = item_called(made, key).get("options", [])
    names = {each["name"] for each in made["answer_lists"]}
    name = slug(_short(title), names, otherwise="answers")
    made["answer_lists"].append({"name": name, "title": title, "options": copy.deepcopy(options)})
    for item in made["items"]:
        if _has_options(item) and item.get("options") == options and not item.get("answer_list"):
            item["answer_list"] = name
    return made, name


def add_list(sheet: Sheet, title: str) -> tuple[Sheet, str]:
    """With an answer list of this title and no answers yet; and its name."""
    made = copy.deepcopy(sheet)
    name = slug(_short(title), {each["name"] for each in made["answer_lists"]}, otherwise="answers")
    made["answer_lists"].append({"name": name, "title": title, "options": []})
    return made, name


def end_list(sheet: Sheet, name: str) -> Sheet:
    """Without this answer list; its questions keep the answers as their own."""
    made = copy.deepcopy(sheet)
    list_called(made, name)
    made["answer_lists"] = [each for each in made["answer_lists"] if each["name"] != name]
    for item in made["items"]:
        if item.get("answer_list") == name:
            del item["answer_list"]
    return made


def list_called(sheet: Sheet, name: str) -> Json:
    """Raises NotFound."""
    for each in sheet["answer_lists"]:
        if each["name"] == name:
            return each  # type: ignore[no-any-return]
    raise NotFound


def scale_called(sheet: Sheet, name: str) -> Json:
    """Raises NotFound."""
    for each in sheet["scales"]:
        if each["name"] == name:
            return each  # type: ignore[no-any-return]
    raise NotFound


def add_scale(sheet: Sheet, title: str) -> tuple[Sheet, str]:
    """With a score of this title, which adds up nothing yet; and its name."""
    made = copy.deepcopy(sheet)
    name = slug(_short(title), {each["name"] for each in made["scales"]}, otherwise="score")
    made["scales"].append({"name": name, "title": title, "questions": [], "missing": "none"})
    return made, name


def say_of_scale(sheet: Sheet, name: str, said: Mapping[str, Any]) -> Sheet:
    """Raises NotFound."""
    made = copy.deepcopy(sheet)
    scale_called(made, name).update(said)
    return made


def end_scale(sheet: Sheet, name: str) -> Sheet:
    """Raises NotFound."""
    made = copy.deepcopy(sheet)
    made["scales"].remove(scale_called(made, name))
    return made


def lamp_numbered(sheet: Sheet, number: int) -> Json:
    """One of the lamps of the whole. Raises NotFound."""
    lamps: list[Json] = sheet.get("lamps", [])
    if number >= len(lamps):
        raise NotFound
    return lamps[number]


def add_lamp(sheet: Sheet, lamp: Json) -> tuple[Sheet, int]:
    """With this lamp of the whole, which nothing lights yet; and its number."""
    made = copy.deepcopy(sheet)
    made["lamps"] = [*made.get("lamps", []), {**lamp, "codes": [], "questions": []}]
    return made, len(made["lamps"]) - 1


def say_of_lamp(sheet: Sheet, number: int, said: Mapping[str, Any]) -> Sheet:
    """Raises NotFound."""
    made = copy.deepcopy(sheet)
    lamp = {**lamp_numbered(made, number), **said}
    made["lamps"][number] = {name: each for name, each in lamp.items() if each not in (None, "")}
    return made


def end_lamp(sheet: Sheet, number: int) -> Sheet:
    """Raises NotFound."""
    made = copy.deepcopy(sheet)
    lamp_numbered(made, number)
    del made["lamps"][number]
    return made


def fingerprint(plain: object) -> str:
    """Tells whether what a page was drawn from has changed since."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _make_room(sheet: Sheet, more: int) -> None:
    if len(sheet["items"]) + more > MOST_ITEMS:
        raise TooManyItems


def _taken(sheet: Sheet) -> set[str]:
    return {*TAKEN, *(item["link_id"] for item in sheet["items"])}


def _free(sheet: Sheet, kind: str) -> str:
    stem = kind if kind in {"note", "section"} else "question"
    return slug(f"{stem}-{len(sheet['items']) + 1}", _taken(sheet), otherwise=stem)


def _short(text: str) -> str:
    """The first words, as many as make a name that can be read."""
    words = text.split()[:_MOST_WORDS]
    while len(words) > 1 and len(" ".join(words)) > _LONGEST_NAME:
        words.pop()
    return " ".join(words)


def _name_by_text(sheet: Sheet, item: Json) -> None:
    text = _short(str(item.get("text") or ""))
    if text:
        taken = _taken(sheet) - {item["link_id"]}
        _rename(sheet, item, slug(text, taken, otherwise=item["link_id"]))


def _rename(sheet: Sheet, item: Json, name: str) -> None:
    """With all that refers to it."""
    old = item["link_id"]
    item.pop("unnamed", None)
    if old == name:
        return
    item["link_id"] = name
    for each in [*sheet["items"], *(gone["item"] for gone in sheet["gone"])]:
        _refer(each, lambda link_id: name if link_id == old else link_id)
    for whole in [*sheet["scales"], *sheet.get("lamps", ())]:
        whole["questions"] = [name if each == old else each for each in whole.get("questions") or ()]


def _refer(item: Json, renamed: Callable[[str], str]) -> None:
    for field in _REFERENCES:
        if item.get(field):
            item[field] = renamed(item[field])
    for condition in item.get("enable_when") or ():
        condition["question"] = renamed(condition["question"])


def _has_options(item: Json) -> bool:
    return item["kind"] in {"one-of", "several-of"}


def _options(
    old: Iterable[Json], rows: Sequence[Json], fixed: frozenset[str]
) -> tuple[list[Json], dict[str, str]]:
    """The options that the rows make, and which codes have become which."""
    known = {option["code"]: option for option in old}
    kept = {row["code"] for row in rows if row["code"] in fixed}
    options: dict[str, Json] = {}
    codes: dict[str, str] = {}
    for row in rows:
        was, wanted = row["code"], row.get("name") or row["code"]
        if was in fixed and wanted != was:
            raise NameFixed
        taken = {*options, *(kept - {was})}
        code = slug(_short(wanted or row["label"]), taken, otherwise="answer")
        option = {**known.get(was, {}), "code": code, "label": row["label"], "weight": row.get("weight")}
        options[code] = {name: each for name, each in option.items() if each is not None}
        if was:
            codes[was] = code
    return list(options.values()), codes


def _take_options(sheet: Sheet, item: Json, options: list[Json], codes: Mapping[str, str]) -> None:
    item["options"] = copy.deepcopy(options)
    known = {option["code"] for option in options}
    _keep_lamps(sheet, item, known, codes)
    if item.get("initial") is not None:
        _keep_initial(item, known, codes)
    for each in sheet["items"]:
        for condition in each.get("enable_when") or ():
            if condition["question"] == item["link_id"]:
                condition["answer"] = codes.get(condition["answer"], condition["answer"])


def _keep_lamps(sheet: Sheet, item: Json, known: set[str], codes: Mapping[str, str]) -> None:
    if item.get("lamp"):
        lit = [codes.get(code, code) for code in item["lamp"].get("codes", ())]
        item["lamp"]["codes"] = [code for code in lit if code in known]
    for lamp in sheet.get("lamps", ()):
        # Others than this question may have an answer of the old code.
        if lamp.get("questions") == [item["link_id"]]:
            lamp["codes"] = [codes.get(code, code) for code in lamp.get("codes", ())]


def _keep_initial(item: Json, known: set[str], codes: Mapping[str, str]) -> None:
    """What stands there at first, as far as it is still an answer."""
    several = isinstance(item["initial"], list | tuple)
    begun = [codes.get(code, code) for code in (item["initial"] if several else [item["initial"]])]
    kept = [code for code in begun if code in known]
    item["initial"] = (kept or None) if several else next(iter(kept), None)
