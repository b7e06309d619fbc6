"""What other versions of the standard, and Bundles, say in their own way, put as R4 has it. Pure."""

from __future__ import annotations

from typing import Any

from portal.intake.fhir_shapes import Json, Remarks, Unusable, under

# How STU3 calls what R4 calls otherwise.
_RENAMED = {"option": "answerOption"}
_ANSWERS = {"ValueSet", "CodeSystem"}
_OPEN = "optionsOrString"


def unpacked(plain: Json, remarks: Remarks) -> Json:
    """The one Questionnaire in a Bundle, with the answers that come beside it. Raises Unusable if not one."""
    resources = _dicts([each.get("resource") for each in _dicts(plain.get("entry"))])
    found = [each for each in resources if each.get("resourceType") == "Questionnaire"]
    if len(found) != 1:
        raise Unusable(f"entry: there are {len(found)} questionnaires in this Bundle; bring one at a time")
    remarks("entry", "is a Bundle; of it the questionnaire is read, with its lists of answers")
    beside = [each for each in resources if each.get("resourceType") in _ANSWERS]
    contained = found[0].get("contained")
    held = [*(contained if isinstance(contained, list) else []), *beside]
    return {**found[0], "contained": held} if held else found[0]


def put_as_r4(tree: Json, remarks: Remarks) -> None:
    """In place, every item as far as it can be told what was meant."""
    waiting = [(under("", "item", at), item) for at, item in enumerate(_dicts(tree.get("item")))]
    while waiting:
        path, item = waiting.pop()
        _put_item(item, path, remarks)
        waiting += [(under(path, "item", at), inner) for at, inner in enumerate(_dicts(item.get("item")))]


def _put_item(item: Json, path: str, remarks: Remarks) -> None:
    for old, new in _RENAMED.items():
        if old in item and new not in item:
            item[new] = item.pop(old)
            remarks(under(path, old), f"is of an older version of the standard; read as {new}")
    _put_value_set(item, path, remarks)
    _put_initial(item, path, remarks)
    for at, condition in enumerate(_dicts(item.get("enableWhen"))):
        _put_condition(condition, under(path, "enableWhen", at), remarks)
    if item.get("answerConstraint") == _OPEN and item.get("type") in {"coding", "choice", "string"}:
        item["type"] = "open-choice"
        del item["answerConstraint"]
        remarks(under(path, "answerConstraint"), "is of a newer version of the standard; read as open-choice")


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
