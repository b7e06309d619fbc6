"""In which order the items of a draft stand, and what stands in what: every move leaves it whole. Pure."""

from __future__ import annotations

from portal.errors import NotFound
from portal.making.sheet import Json, Sheet


def settle(sheet: Sheet) -> None:
    """Put every item right after what it stands in; what stands in nothing that can hold it stands alone."""
    items = sheet["items"]
    known = {item["link_id"]: item for item in items}
    for item in items:
        while item.get("within") and not _can_hold(known.get(item["within"])):
            _leave(item, known.get(item["within"]))
    inside: dict[str | None, list[Json]] = {}
    for item in items:
        inside.setdefault(item.get("within"), []).append(item)
    waiting, settled = inside.pop(None, [])[::-1], {}
    while waiting:
        item = waiting.pop()
        settled[item["key"]] = item
        waiting += inside.pop(item["link_id"], [])[::-1]
    # What stands in a circle was not reached.
    for item in items:
        if item["key"] not in settled:
            item.pop("within", None)
            settled[item["key"]] = item
    sheet["items"] = list(settled.values())


def move_up(sheet: Sheet, key: str) -> None:
    """Before what stands before it; out of its section from the top of it, into one that ends above it."""
    items = sheet["items"]
    at = place_of(sheet, key)
    item, above = items[at], _sibling_above(sheet, at)
    if above is not None and above["kind"] == "section":
        item["within"] = above["link_id"]
    elif above is not None:
        _insert(sheet, _taken_out(sheet, at), place_of(sheet, above["key"]))
    elif item.get("within"):
        holder = _called(sheet, item["within"])
        _stand_beside(item, holder)
        _insert(sheet, _taken_out(sheet, at), place_of(sheet, holder["key"]))
    settle(sheet)


def move_down(sheet: Sheet, key: str) -> None:
    """After what stands after it; out of its section from the end of it, into one that begins below it."""
    items = sheet["items"]
    at = place_of(sheet, key)
    item, below = items[at], _sibling_below(sheet, at)
    if below is not None and below["kind"] == "section":
        block = _taken_out(sheet, at)
        item["within"] = below["link_id"]
        _insert(sheet, block, place_of(sheet, below["key"]) + 1)
    elif below is not None:
        block = _taken_out(sheet, at)
        _insert(sheet, block, _end_of(sheet, place_of(sheet, below["key"])))
    elif item.get("within"):
        holder = _called(sheet, item["within"])
        block = _taken_out(sheet, at)
        _stand_beside(item, holder)
        _insert(sheet, block, _end_of(sheet, place_of(sheet, holder["key"])))
    settle(sheet)


def move_to(sheet: Sheet, key: str, number: int) -> None:
    """To this place in the list, counted from 1; what is beyond its end is its end.

    It stays in its section where the place lies in it, else it joins what stands at the place.
    """
    block = _taken_out(sheet, place_of(sheet, key))
    item, items = block[0], sheet["items"]
    at = max(0, min(number - 1, len(items)))
    following = items[at].get("within") if at < len(items) else None
    open_here = _chain(sheet, items[at - 1]) if at else []
    if item.get("within") not in open_here or _is_inside(sheet, following, item.get("within")):
        _stand_in(item, following)
    _insert(sheet, block, at)
    settle(sheet)


def move_into(sheet: Sheet, key: str, holder: str | None) -> None:
    """To the end of this section, by its link_id; out of all of them, and right after them, for none."""
    at = place_of(sheet, key)
    outermost = sheet["items"][at].get("within")
    block = _taken_out(sheet, at)
    if holder is None:
        while outermost and _called(sheet, outermost).get("within"):
            outermost = _called(sheet, outermost)["within"]
    end_of = holder or outermost
    _stand_in(block[0], holder)
    after = _end_of(sheet, place_of(sheet, _called(sheet, end_of)["key"])) if end_of else at
    _insert(sheet, block, after)
    settle(sheet)


def place_of(sheet: Sheet, key: str) -> int:
    """Where it stands in the list, counted from 0. Raises NotFound."""
    for at, item in enumerate(sheet["items"]):
        if item["key"] == key:
            return at
    raise NotFound


def block_of(sheet: Sheet, key: str) -> list[Json]:
    """The item and all that stands in it."""
    at = place_of(sheet, key)
    return list(sheet["items"][at : _end_of(sheet, at)])


def outline(sheet: Sheet) -> list[tuple[Json, int]]:
    """Every item with in how many others it stands, one in the other."""
    depths: dict[str | None, int] = {}
    for item in sheet["items"]:
        depths[item["link_id"]] = depths.get(item.get("within"), -1) + 1
    return [(item, depths[item["link_id"]]) for item in sheet["items"]]


def _can_hold(item: Json | None) -> bool:
    return item is not None and item["kind"] != "note"


def _leave(item: Json, holder: Json | None) -> None:
    _stand_in(item, holder.get("within") if holder else None)


def _stand_beside(item: Json, other: Json) -> None:
    _stand_in(item, other.get("within"))


def _stand_in(item: Json, holder: str | None) -> None:
    if holder is None:
        item.pop("within", None)
    else:
        item["within"] = holder


def _chain(sheet: Sheet, item: Json) -> list[str]:
    """The item and all that it stands in, the innermost first, by their link_ids."""
    chain = [item["link_id"]]
    known = {each["link_id"]: each for each in sheet["items"]}
    while item.get("within") in known and item["within"] not in chain:
        item = known[item["within"]]
        chain.append(item["link_id"])
    return chain


def _is_inside(sheet: Sheet, link_id: str | None, holder: str | None) -> bool:
    """Whether this one stands in the other, more deeply than the other itself."""
    return link_id is not None and link_id != holder and holder in _chain(sheet, _called(sheet, link_id))


def _called(sheet: Sheet, link_id: str) -> Json:
    found: Json = next(item for item in sheet["items"] if item["link_id"] == link_id)
    return found


def _end_of(sheet: Sheet, at: int) -> int:
    """Where the item at this place ends, with all that stands in it."""
    inside = {sheet["items"][at]["link_id"]}
    end = at + 1
    while end < len(sheet["items"]) and sheet["items"][end].get("within") in inside:
        inside.add(sheet["items"][end]["link_id"])
        end += 1
    return end


def _sibling_above(sheet: Sheet, at: int) -> Json | None:
    within = sheet["items"][at].get("within")
    for item in reversed(sheet["items"][:at]):
        if item.get("within") == within:
            return item  # type: ignore[no-any-return]
        if item["link_id"] == within:
            return None
    return None


def _sibling_below(sheet: Sheet, at: int) -> Json | None:
    end = _end_of(sheet, at)
    within = sheet["items"][at].get("within")
    if end < len(sheet["items"]) and sheet["items"][end].get("within") == within:
        return sheet["items"][end]  # type: ignore[no-any-return]
    return None


def _taken_out(sheet: Sheet, at: int) -> list[Json]:
    end = _end_of(sheet, at)
    block = sheet["items"][at:end]
    del sheet["items"][at:end]
    return block  # type: ignore[no-any-return]


def _insert(sheet: Sheet, block: list[Json], at: int) -> None:
    sheet["items"][at:at] = block
