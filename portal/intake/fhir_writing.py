"""A definition written as a FHIR R4 Questionnaire: what came from a file as it came, the rest anew. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from portal.intake.fhir_options import ORDINAL
from portal.intake.fhir_reading import (
    HIDDEN,
    MAX,
    MIN,
    OWN_ITEM,
    OWN_NAMES,
    OWN_QUESTIONNAIRE,
    UNIT,
    fhir_items,
    own_names,
    read,
)
from portal.intake.fhir_shapes import OURS, Json, Remarks
from portal.intake.questionnaire import (
    Coding,
    Condition,
    DateQuestion,
    LongText,
    MomentQuestion,
    Note,
    NumberQuestion,
    OneOf,
    Operator,
    Option,
    Part,
    Question,
    Questionnaire,
    Repeatable,
    Section,
    SeveralOf,
    ShortText,
    TimeQuestion,
)
from portal.intake.replies import each_of

# Before the name of a questionnaire, for one that brings no address of its own.
CANONICAL = f"{OURS}/Questionnaire"
_TYPES = {
    "section": "group",
    "note": "display",
    "short-text": "string",
    "long-text": "text",
    "one-of": "choice",
    "several-of": "choice",
    "yes-no": "boolean",
    "date": "date",
    "time": "time",
    "moment": "dateTime",
    "address": "url",
}
_VALUE_NAMES = {"yes-no": "Boolean", "date": "Date", "address": "Uri"}
# Of the portal's own names, what the standard has a place for after all, by the type of the item.
_LIMITS = frozenset({"min", "max"})


def written(questionnaire: Questionnaire, *, version: str | None = None) -> Json:
    """The Questionnaire resource. An item that is still as it was read from a file is written as it came.

    `version`: what tells it from others of its name, as `version_of` has it.
    """
    tree: Json = json.loads(questionnaire.source) if questionnaire.source else {}
    before = _as_read(questionnaire, tree)
    came, unchanged = fhir_items(tree), {part.origin: part for part in before.items} if before else {}
    elements: dict[str, Json] = {}
    root: Json = {}
    for part in questionnaire.items:
        element = dict(came.get(part.origin or "", {}))
        if not element or unchanged.get(part.origin) != part:
            element = _anew(element, part, questionnaire)
        elements[part.link_id] = element
        holder = root if part.within is None else elements[part.within]
        holder.setdefault("item", []).append(element)
    return _root(questionnaire, tree, before, version) | root


def version_of(number: int, definition_hash: str) -> str:
    """What a version is called outside: its number, and enough of its hash to tell practices apart."""
    return f"{number}-{definition_hash[:8]}"


def canonical_of(questionnaire: Questionnaire, version: str | None) -> str:
    """Where others say they have it from: address|version. What came from a file and is as it came keeps the
    file's."""
    tree: Json = json.loads(questionnaire.source) if questionnaire.source else {}
    url, number = _identity(questionnaire, tree, _as_read(questionnaire, tree), version)
    return f"{url}|{number}" if number else url


def _identity(
    questionnaire: Questionnaire, tree: Json, before: Questionnaire | None, version: str | None
) -> tuple[str, str | None]:
    if "url" in tree and before == questionnaire:
        return tree["url"], tree.get("version")
    return f"{CANONICAL}/{questionnaire.name}", version


def type_of(part: Part, came: Mapping[str, Json]) -> str:
    """The FHIR type of an item: that of the file it came from, else the one that is nearest."""
    if part.origin is not None and part.origin in came:
        return str(came[part.origin]["type"])
    if isinstance(part, NumberQuestion):
        return "quantity" if part.unit else "integer" if part.whole else "decimal"
    if isinstance(part, OneOf | SeveralOf) and part.other:
        return "open-choice"
    return _TYPES[part.kind]


def name_of(part: Part) -> str:
    """Its linkId outside of the portal."""
    return part.origin or part.link_id


def answer_to(question: Question, kind: str, value: str | bool | int | float, *, offset: str) -> Json:
    """One answer as value[x] has it, without the *value*: {"Coding": {…}}.

    `kind` is the FHIR type of the item; `offset` is that of the clock which a moment was told by: +01:00.
    """
    match question:
        case OneOf() | SeveralOf():
            return _choice(question, str(value))
        case NumberQuestion() if kind == "quantity":
            return {"Quantity": {"value": value} | _unit(question)}
        case NumberQuestion():
            return {"Integer" if kind == "integer" and isinstance(value, int) else "Decimal": value}
        case TimeQuestion():
            return {"Time": f"{value}:00"}
        case MomentQuestion():
            return {"DateTime": f"{value}:00{offset}"}
        case ShortText() | LongText():
            return {"String": value}
        case _:
            return {_VALUE_NAMES[question.kind]: value}


def _as_read(questionnaire: Questionnaire, tree: Json) -> Questionnaire | None:
    if not tree:
        return None
    return read(
        tree, remarks=Remarks(), otherwise=questionnaire.title, language=questionnaire.source_language
    )


def _root(
    questionnaire: Questionnaire, tree: Json, before: Questionnaire | None, version: str | None
) -> Json:
    root = {name: each for name, each in tree.items() if name != "item"}
    url, number = _identity(questionnaire, tree, before, version)
    if before == questionnaire:
        return root | ({"url": url, "version": version} if version and "url" not in tree else {})
    plain = questionnaire.model_dump(mode="json", exclude_defaults=True)
    own = {name: plain[name] for name in OWN_NAMES if name in plain}
    rest = [each for each in root.get("extension", ()) if each["url"] != OWN_QUESTIONNAIRE]
    made = {
        "resourceType": "Questionnaire",
        "name": questionnaire.name,
        "status": "active",
        "subjectType": ["Patient"],
        # Whose version the file was is none of ours.
        **{name: each for name, each in root.items() if name != "version"},
        "url": url,
        "title": questionnaire.title,
        "extension": [*rest, {"url": OWN_QUESTIONNAIRE, "valueString": _json(own)}],
    }
    made |= {"version": number} if number else {}
    return made | _derived(tree, url)


def _derived(tree: Json, url: str) -> Json:
    """Of what it was made, where the file that it came from says who it was."""
    if "url" not in tree or tree["url"] == url:
        return {}
    came = f"{tree['url']}|{tree['version']}" if "version" in tree else tree["url"]
    known = tree.get("derivedFrom", [])
    return {"derivedFrom": [*known, *([came] if came not in known else [])]}


def _anew(came: Json, part: Part, questionnaire: Questionnaire) -> Json:
    """The item as it is now, with what the file said of it beyond what the portal makes of it."""
    ours = {HIDDEN, UNIT, MIN, MAX, OWN_ITEM}
    extensions = [each for each in came.get("extension", ()) if each["url"] not in ours]
    extensions += _extensions(part, type_of(part, {}))
    kept = {name: came[name] for name in ("id", "definition", "modifierExtension") if name in came}
    codes = came.get("code") or [each.model_dump(exclude_none=True) for each in part.codes]
    element = kept | ({"code": codes} if codes else {}) | _built(part, questionnaire)
    return element | ({"extension": extensions} if extensions else {})


def _built(part: Part, questionnaire: Questionnaire) -> Json:
    kind = type_of(part, {})
    element: Json = {"linkId": name_of(part), "type": kind}
    if part.text:
        element["text"] = part.text
    if part.prefix:
        element["prefix"] = part.prefix
    if part.enable_when:
        element["enableWhen"] = [_condition(each, questionnaire) for each in part.enable_when]
    if len(part.enable_when) > 1 or (part.enable_when and part.enable_behaviour == "any"):
        element["enableBehavior"] = part.enable_behaviour
    if not isinstance(part, Section | Note):
        element |= _question(part, kind)
    return element


def _question(part: Question, kind: str) -> Json:
    element: Json = {}
    if part.wanted:
        element["required"] = True
    if part.read_only:
        element["readOnly"] = True
    if isinstance(part, SeveralOf) or (isinstance(part, Repeatable) and part.several):
        element["repeats"] = True
    if isinstance(part, ShortText | LongText):
        element["maxLength"] = part.max_length
    if isinstance(part, OneOf | SeveralOf):
        element["answerOption"] = [_option(each) for each in part.options]
    if part.initial is not None:
        element["initial"] = [
            _named("value", answer_to(part, kind, each, offset="Z")) for each in each_of(part.initial)
        ]
    return element


def _extensions(part: Part, kind: str) -> list[Json]:
    extensions: list[Json] = [{"url": HIDDEN, "valueBoolean": True}] if part.hidden else []
    if isinstance(part, NumberQuestion | DateQuestion):
        extensions += _limits(part, kind)
    if isinstance(part, NumberQuestion) and part.unit:
        coding = part.unit_coding or Coding(display=part.unit)
        extensions.append({"url": UNIT, "valueCoding": coding.model_dump(exclude_none=True)})
    plain = part.model_dump(mode="json", exclude_defaults=True)
    own = {name: plain[name] for name in own_names(part.kind) - _LIMITS if name in plain}
    return [*extensions, {"url": OWN_ITEM, "valueString": _json(own)}] if own else extensions


def _limits(part: NumberQuestion | DateQuestion, kind: str) -> list[Json]:
    value = "valueDate" if kind == "date" else "valueInteger" if kind == "integer" else "valueDecimal"
    usual = {name: type(part).model_fields[name].default for name in ("min", "max")}
    return [
        {"url": url, value: int(limit) if value == "valueInteger" else limit}
        for url, name in ((MIN, "min"), (MAX, "max"))
        if (limit := getattr(part, name)) != usual[name]
    ]


def _condition(condition: Condition, questionnaire: Questionnaire) -> Json:
    asked = questionnaire.by_link_id[condition.question]
    plain: Json = {"question": name_of(asked), "operator": condition.operator.value}
    if condition.operator is Operator.EXISTS or isinstance(asked, Note | Section):
        return plain | {"answerBoolean": condition.answer}
    answer = answer_to(asked, type_of(asked, {}), condition.answer, offset="Z")
    # A condition knows no addresses.
    return plain | _named("answer", {name.replace("Uri", "String"): each for name, each in answer.items()})


def _option(option: Option) -> Json:
    element = _named("value", _coded(option))
    if option.weight is not None:
        element["extension"] = [{"url": ORDINAL, "valueDecimal": option.weight}]
    return element


def _choice(question: OneOf | SeveralOf, code: str) -> Json:
    option = next((each for each in question.options if each.code == code), None)
    if option is not None:
        return _coded(option)
    return {"String": " ".join(code[1:].split()) or "Something else"}


def _coded(option: Option) -> Json:
    """Own options by their own codes; others by theirs, and those that are words alone as words."""
    if option.coding is None:
        return {"Coding": {"code": option.code, "display": option.label}}
    if option.coding.code is None and option.coding.system is None:
        return {"String": option.coding.display or option.label}
    return {"Coding": option.coding.model_dump(exclude_none=True)}


def _unit(question: NumberQuestion) -> Json:
    coding = question.unit_coding
    plain = {"unit": question.unit} if question.unit else {}
    if coding is not None and coding.code:
        plain["code"] = coding.code
        if coding.system:
            plain["system"] = coding.system
    return plain


def _named(stem: str, value: Json) -> Json:
    return {stem + name: each for name, each in value.items()}


def _json(plain: Json) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
