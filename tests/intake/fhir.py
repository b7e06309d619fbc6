"""FHIR questionnaires of our own that tests speak of, and random ones, fit and unfit, for properties."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from portal.intake.fhir_reading import Brought, brought_in

HL7 = "http://hl7.org/fhir/StructureDefinition/"
HIDDEN = {"url": f"{HL7}questionnaire-hidden", "valueBoolean": True}
WEIGHT = f"{HL7}ordinalValue"
OFTEN = ("never", "sometimes", "often")


def resource(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "title": "Evenings",
        "item": list(items),
        **more,
    }


def item(link_id: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": f"About {link_id}?", **more}


def coded(code: str, weight: float | None = None, system: str = "urn:example:often") -> dict[str, Any]:
    option: dict[str, Any] = {"valueCoding": {"system": system, "code": code, "display": code.title()}}
    if weight is not None:
        option["extension"] = [{"url": WEIGHT, "valueDecimal": weight}]
    return option


def scored(link_id: str, **more: Any) -> dict[str, Any]:
    return item(link_id, "choice", answerOption=[coded(each, at) for at, each in enumerate(OFTEN)], **more)


def when(question: str, operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, **answer}


def control(code: str) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": code}
    return {"url": f"{HL7}questionnaire-itemControl", "valueCodeableConcept": {"coding": [coding]}}


def translated(text: str, language: str) -> dict[str, Any]:
    inner = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": f"{HL7}translation", "extension": inner}]}


def brought(tree: dict[str, Any], **more: Any) -> Brought:
    return brought_in(json.dumps(tree).encode(), otherwise="evenings", **more)


_SIMPLE = {
    "boolean": st.booleans().map(lambda value: {"answerBoolean": value}),
    "integer": st.integers(-9, 9).map(lambda value: {"answerInteger": value}),
    "decimal": st.sampled_from([0.5, 2, 7.25]).map(lambda value: {"answerDecimal": value}),
    "date": st.sampled_from(["2020", "2020-02", "2020-02-03"]).map(lambda value: {"answerDate": value}),
    "dateTime": st.sampled_from(["2020-02-03T10:00:00Z"]).map(lambda value: {"answerDateTime": value}),
    "time": st.sampled_from(["10:00:00", "23:59:59"]).map(lambda value: {"answerTime": value}),
    "string": st.sampled_from(["heron", "weir"]).map(lambda value: {"answerString": value}),
    "text": st.sampled_from(["heron", "weir"]).map(lambda value: {"answerString": value}),
    "url": st.just({"answerString": "https://example.org"}),
    "choice": st.sampled_from(OFTEN).map(lambda code: {"answerCoding": coded(code)["valueCoding"]}),
    "open-choice": st.sampled_from(OFTEN).map(lambda code: {"answerCoding": coded(code)["valueCoding"]}),
    "quantity": st.just({"answerQuantity": {"value": 3, "unit": "km"}}),
}
_OTHERS = ["group", "display", "attachment", "reference"]


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """Up to ten items, up to three deep, with conditions on earlier ones; all of it fits the standard."""
    root: dict[str, Any] = {"item": []}
    holders = [(root, 0)]
    earlier: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from([*_SIMPLE, *_OTHERS])) if number else "boolean"
        made = _item(draw, f"/{number}.x", kind, earlier)
        holder, depth = draw(st.sampled_from(holders[-3:]))
        # What follows in an earlier holder would stand before what is already there in a later one.
        holders = [each for each in holders if each[1] <= depth]
        holder.setdefault("item", []).append(made)
        if depth < 3 and kind != "display":
            holders.append((made, depth + 1))
        if kind in _SIMPLE:
            earlier.append(made)
    # No two places are the same object, so that one can be spoilt alone.
    return json.loads(json.dumps(resource(*root["item"], language="en")))  # type: ignore[no-any-return]


def _item(draw: st.DrawFn, link_id: str, kind: str, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    made = item(link_id, kind)
    if kind in {"choice", "open-choice"}:
        made["answerOption"] = [coded(code, draw(st.sampled_from([None, 1.0]))) for code in OFTEN]
    if kind in _SIMPLE:
        made["repeats"] = draw(st.booleans())
        made["required"] = draw(st.booleans())
        made["readOnly"] = bool(earlier) and draw(st.integers(0, 9)) == 0
    if earlier and draw(st.booleans()):
        made["enableWhen"] = [_condition(draw, draw(st.sampled_from(earlier))) for _ in range(2)]
        made["enableBehavior"] = draw(st.sampled_from(["all", "any"]))
    if draw(st.booleans()):
        made["prefix"] = "3a"
        made["extension"] = [draw(st.sampled_from([control("slider"), {"url": "urn:x", "valueCode": "y"}]))]
    return made


def _condition(draw: st.DrawFn, asked: dict[str, Any]) -> dict[str, Any]:
    operator = draw(st.sampled_from(["exists", "=", "!=", ">", "<", ">=", "<="]))
    if operator == "exists":
        return when(asked["linkId"], operator, answerBoolean=draw(st.booleans()))
    return when(asked["linkId"], operator, **draw(_SIMPLE[asked["type"]]))


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn, whole: st.SearchStrategy[Any] | None = None) -> dict[str, Any]:
    """A resource in which a few places hold something else, or nothing, or the same as another place."""
    tree = json.loads(json.dumps(draw(resources() if whole is None else whole)))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["drop", "junk", "junk", "copy"]))
        if what == "drop" and isinstance(holder, dict):
            holder.pop(key, None)
        elif what == "copy":
            other, name = draw(st.sampled_from(list(_places(tree))))
            holder[key] = json.loads(json.dumps(other[name]))
        else:
            holder[key] = draw(_JUNK)
    return tree


def _places(value: Any) -> list[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, each in list(inner):
        found.append((value, key))
        if isinstance(each, dict | list):
            found += _places(each)
    return found
