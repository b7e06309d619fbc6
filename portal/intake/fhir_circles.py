"""Conditions of a FHIR file that wait for one another, so that none of them could ever be settled. Pure."""

from __future__ import annotations

from portal.intake.fhir_shapes import Json, Unusable, under

# By linkId: what it waits for, and the path that says so; what an item stands in has none.
_Waits = dict[str, list[tuple[str, str | None]]]


def refuse_circles(tree: Json) -> None:
    """Raises Unusable, with the path of a condition at fault. An item waits for what it stands in, too."""
    waits: _Waits = {}
    _gather(tree, "", None, waits)
    left = _never_settled(waits)
    if left:
        circle = _circle(waits, left)
        path = next(path for each in circle for needed, path in waits[each] if path and needed in circle)
        names = ", ".join(repr(each[:60]) for each in circle[:5])
        what = f"{names} wait for one another" if len(circle) > 1 else f"{names} waits for itself"
        raise Unusable(f"{path}: {what}, so it could never be settled")


def _gather(holder: Json, path: str, within: str | None, waits: _Waits) -> None:
    for position, item in enumerate(holder.get("item", ())):
        place = under(path, "item", position)
        waits[item["linkId"]] = [
            (each["question"], under(place, "enableWhen", at))
            for at, each in enumerate(item.get("enableWhen", ()))
        ]
        if within is not None:
            waits[item["linkId"]].append((within, None))
        _gather(item, place, item["linkId"], waits)


def _never_settled(waits: _Waits) -> dict[str, int]:
    """Those that remain once all that waits for nothing that is left is taken away, again and again."""
    needed_by: dict[str, list[str]] = {}
    open_needs = dict.fromkeys(waits, 0)
    for link_id, needs in waits.items():
        for needed, _path in needs:
            if needed in waits:
                needed_by.setdefault(needed, []).append(link_id)
                open_needs[link_id] += 1
    settled = [link_id for link_id, number in open_needs.items() if not number]
    while settled:
        done = settled.pop()
        del open_needs[done]
        for link_id in needed_by.get(done, ()):
            open_needs[link_id] -= 1
            if not open_needs[link_id]:
                settled.append(link_id)
    return open_needs


def _circle(waits: _Waits, left: dict[str, int]) -> list[str]:
    """From any that remains, whatever it waits for remains too: so the way leads into a circle."""
    way: dict[str, None] = {}
    link_id = next(iter(left))
    while link_id not in way:
        way[link_id] = None
        link_id = next(needed for needed, _path in waits[link_id] if needed in left)
    members = list(way)
    return members[members.index(link_id) :]
