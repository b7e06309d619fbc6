"""What home-made files write in other clothes, put as the standard has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.intake.fhir_older import dicts_in, items_in
from portal.intake.fhir_shapes import Json, Remarks, under

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_BEHAVIOURS = {"and": "all", "or": "any"}
# Where a coding stands by itself instead of under valueCoding.
_OF_CODING = frozenset({"system", "version", "code", "display", "extension", "id"})
# A value set says when it was expanded. Where a file does not, this is the standard's own first day.
_LONG_AGO = "2014-09-30"


def loosened(plain: Json, remarks: Remarks) -> None:
    """In place: options that are bare words, names that no reference could hold, and the like."""
    names = _rename_contained(plain, remarks)
    for path, resource in _contained(plain):
        _put_expansion(resource, path, remarks)
        for place, include in _includes(resource, path):
            _refer(include, "valueSet", names, place, remarks)
    for path, item in items_in(plain):
        _put_options(item, path, remarks)
        _put_behaviour(item, path, remarks)
        _refer(item, "answerValueSet", names, path, remarks)


def _contained(plain: Json) -> list[tuple[str, Json]]:
    return list(dicts_in(plain, "contained", ""))


def _includes(resource: Json, path: str) -> Iterator[tuple[str, Json]]:
    for place, compose in dicts_in(resource, "compose", path):
        yield from dicts_in(compose, "include", place)


def _rename_contained(plain: Json, remarks: Remarks) -> Mapping[str, str]:
    """The names of what is contained, by what the file calls it; each such as a reference can hold."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path, resource in _contained(plain):
        if "resourceType" not in resource and resource.keys() & {"compose", "expansion"}:
            resource["resourceType"] = "ValueSet"
            remarks(under(path, "resourceType"), "is missing; read as a ValueSet")
        called = resource.get("id")
        called = called[0] if isinstance(called, list) and len(called) == 1 else called
        if not isinstance(called, str) or not called.strip("# "):
            continue
        plainly = called.strip().removeprefix("#")
        if plainly not in names:
            names[plainly] = _free(plainly, taken)
            taken.add(names[plainly])
        if resource["id"] != names[plainly]:
            resource["id"] = names[plainly]
            remarks(under(path, "id"), f"{called[:60]!r} is no name here; read as {names[plainly]!r}")
    return names


def _free(called: str, taken: set[str]) -> str:
    if _ID.fullmatch(called) and called not in taken:
        return called
    stem = re.sub(r"[^A-Za-z0-9\-.]+", "-", called)[:56].strip("-") or "list"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name


def _refer(holder: Json, name: str, names: Mapping[str, str], path: str, remarks: Remarks) -> None:
    """References to what is contained, each as #name."""
    value = holder.get(name)
    put = [_reference(each, names) for each in value] if isinstance(value, list) else _reference(value, names)
    if put != value:
        holder[name] = put
        remarks(under(path, name), f"is read as {put!s:.200}")


def _reference(value: Any, names: Mapping[str, str]) -> Any:
    """An address is left as it is, and so is the name of nothing that is there."""
    called = value.strip().removeprefix("#") if isinstance(value, str) else ""
    return f"#{names[called]}" if called in names else value


def _put_expansion(resource: Json, path: str, remarks: Remarks) -> None:
    for place, expansion in dicts_in(resource, "expansion", path):
        if expansion.get("contains") and "timestamp" not in expansion:
            expansion["timestamp"] = _LONG_AGO
            remarks(under(place, "timestamp"), f"is missing; taken as {_LONG_AGO}")


def _put_behaviour(item: Json, path: str, remarks: Remarks) -> None:
    said = item.get("enableBehavior")
    if not isinstance(said, str) or said in {"all", "any"}:
        return
    plainly = said.strip().lower()
    plainly = _BEHAVIOURS.get(plainly, plainly)
    if plainly in {"all", "any"}:
        item["enableBehavior"] = plainly
        remarks(under(path, "enableBehavior"), f"{said[:20]!r} is read as {plainly}")


def _put_options(item: Json, path: str, remarks: Remarks) -> None:
    options = item.get("answerOption")
    if isinstance(options, list):
        for at, option in enumerate(options):
            options[at] = _put_option(option, under(path, "answerOption", at), remarks)


def _put_option(option: Any, path: str, remarks: Remarks) -> Any:
    put = option
    if isinstance(option, str):
        put = {"valueString": option}
    elif isinstance(option, dict):
        put = next((made for put_as in _PUT_AS if (made := put_as(option)) is not None), option)
    if put is not option:
        name = next(each for each in put if each.startswith("value"))
        remarks(path, f"is no answer as it stands; read as {name}")
    return put


def _of_bare_value(option: Json) -> Json | None:
    """{"value": "Often"} or {"value": {"code": "often"}}."""
    value = option.get("value")
    if not isinstance(value, str | dict) or any(
        each.startswith("value") for each in option.keys() - {"value"}
    ):
        return None
    rest = {name: each for name, each in option.items() if name != "value"}
    return rest | {"valueString" if isinstance(value, str) else "valueCoding": value}


def _of_words_for_a_code(option: Json) -> Json | None:
    """{"valueCoding": "Often"}, and numbers that the standard knows no answers of: {"valueDecimal": 0.5}."""
    for name, kind in (("valueCoding", str), ("valueDecimal", int | float)):
        if isinstance(option.get(name), kind) and _values_in(option) == 1:
            rest = {other: each for other, each in option.items() if other != name}
            return rest | {"valueString": str(option[name])}
    return None


def _values_in(option: Json) -> int:
    return sum(name.startswith("value") for name in option)


def _of_bare_coding(option: Json) -> Json | None:
    """{"code": "often", "display": "Often"}."""
    if not option.keys() & {"code", "display"} or option.keys() - _OF_CODING - {"initialSelected"}:
        return None
    beside = {name: option[name] for name in ("initialSelected",) if name in option}
    return beside | {"valueCoding": {name: each for name, each in option.items() if name not in beside}}


_PUT_AS: tuple[Callable[[Json], Json | None], ...] = (
    _of_bare_value,
    _of_words_for_a_code,
    _of_bare_coding,
)
