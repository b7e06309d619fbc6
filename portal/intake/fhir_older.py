"""What other versions of the standard, and Bundles, say in their own way, put as R4 has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.intake.fhir_shapes import Json, Remarks, Unusable, under

# How STU3 calls what R4 calls otherwise.
_RENAMED = {"option": "answerOption"}
_ANSWERS = {"ValueSet", "CodeSystem"}
# What holds other resources, and where.
_HOLDS = {"Bundle": "entry", "Parameters": "parameter"}
# Of what newer versions say about answers beside the options: which of them means that there are others.
_CONSTRAINTS = {"optionsOnly": None, "optionsOrType": "open-choice", "optionsOrString": "open-choice"}


def unpacked(plain: Json, remarks: Remarks) -> Json:
    """The one Questionnaire in what it came wrapped in, with the answers that come beside it.

    Raises Unusable where there is none, or more than one.
    """
    kind = plain.get("resourceType")
    if kind is None and "item" not in plain:
        inner = _dicts(list(plain.values()))
        return _unwrapped(inner[0], remarks) if len(inner) == 1 else plain
    if isinstance(kind, str) and kind != "Questionnaire" and kind.lower() == "questionnaire":
        remarks("resourceType", f"{kind!r} is read as Questionnaire")
        return plain | {"resourceType": "Questionnaire"}
    name = _holding(plain)
    return _out_of(plain, name, remarks) if name else plain


def _unwrapped(inner: Json, remarks: Remarks) -> Json:
    remarks("the file", "holds one thing in another; that one is read")
    return unpacked(inner, remarks)


def _out_of(plain: Json, name: str, remarks: Remarks) -> Json:
    resources = _held_in(plain)
    found = [each for each in resources if each.get("resourceType") == "Questionnaire"]
    if len(found) != 1:
        holder = plain["resourceType"]
        raise Unusable(f"{name}: there are {len(found)} questionnaires in this {holder}; bring one at a time")
    remarks(name, f"is a {plain['resourceType']}; of it the questionnaire is read, with its lists of answers")
    beside = [each for each in resources if str(each.get("resourceType")) in _ANSWERS]
    contained = found[0].get("contained")
    held = [*(contained if isinstance(contained, list) else []), *beside]
    return {**found[0], "contained": held} if held else found[0]


def _held_in(holder: Json) -> list[Json]:
    """All resources in it, also of one that holds others again; `loaded` has seen to it that it is no deeper
    than a stack can bear."""
    name = _holding(holder)
    if name is None:
        return [holder]
    inner = _dicts([each.get("resource") for each in _dicts(holder.get(name))])
    return [resource for each in inner for resource in _held_in(each)]


def _holding(resource: Json) -> str | None:
    kind = resource.get("resourceType")
    return _HOLDS.get(kind) if isinstance(kind, str) else None


def put_as_r4(tree: Json, remarks: Remarks) -> None:
    """In place, every item as far as it can be told what was meant."""
    for path, item in items_in(tree):
        _put_item(item, path, remarks)


def items_in(holder: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every item of a file that nobody has looked at yet, with its path; what is no item is passed over."""
    for place, item in dicts_in(holder, "item", path):
        yield place, item
        yield from items_in(item, place)


def dicts_in(holder: Json, name: str, path: str) -> Iterator[tuple[str, Json]]:
    """The objects under this name with their paths, whether there is a list of them or one by itself."""
    values = holder.get(name)
    if isinstance(values, dict):
        yield under(path, name), values
    for at, each in enumerate(values if isinstance(values, list) else ()):
        if isinstance(each, dict):
            yield under(path, name, at), each


def _put_item(item: Json, path: str, remarks: Remarks) -> None:
    for old, new in _RENAMED.items():
        if old in item and new not in item:
            item[new] = item.pop(old)
            remarks(under(path, old), f"is of an older version of the standard; read as {new}")
    _put_value_set(item, path, remarks)
    _put_initial(item, path, remarks)
    for at, condition in enumerate(_dicts(item.get("enableWhen"))):
        _put_condition(condition, under(path, "enableWhen", at), remarks)
    _put_constraint(item, path, remarks)


def _put_constraint(item: Json, path: str, remarks: Remarks) -> None:
    constraint, kinds = item.get("answerConstraint"), ("coding", "choice", "string", "text")
    if not isinstance(constraint, str) or constraint not in _CONSTRAINTS or item.get("type") not in kinds:
        return
    item["type"] = _CONSTRAINTS[constraint] or item["type"]
    del item["answerConstraint"]
    what = "other answers are as good" if _CONSTRAINTS[constraint] else "one of these is chosen"
    remarks(under(path, "answerConstraint"), f"is of a newer version of the standard: {what}")


def _put_value_set(item: Json, path: str, remarks: Remarks) -> None:
    options = item.get("options")
    if (
        isinstance(options, dict)
        and isinstance(options.get("reference"), str)
        and "answerValueSet" not in item
    ):
        item["answerValueSet"] = options["reference"]
        del item["options"]
        remarks(under(path, "options"), "is of an older version of the standard; read as answerValueSet")


def _put_initial(item: Json, path: str, remarks: Remarks) -> None:
    names = [name for name in item if name.startswith("initial") and name not in {"initial"}]
    if len(names) == 1 and "initial" not in item:
        item["initial"] = [{names[0].replace("initial", "value"): item.pop(names[0])}]
        remarks(under(path, names[0]), "is of an older version of the standard; read as initial")


def _put_condition(condition: Json, path: str, remarks: Remarks) -> None:
    if "operator" in condition:
        return
    if isinstance(condition.get("hasAnswer"), bool):
        condition.update(operator="exists", answerBoolean=condition.pop("hasAnswer"))
    elif any(name.startswith("answer") for name in condition):
        condition["operator"] = "="
    else:
        return
    remarks(path, f"has no operator; read as {condition['operator']}")


def _dicts(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
