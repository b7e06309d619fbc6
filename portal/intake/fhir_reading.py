"""A FHIR R4 Questionnaire read as a definition, with a remark for all that is not carried over. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from portal.intake.fhir_conditions import conditions_of, initial_of
from portal.intake.fhir_loose import loosened
from portal.intake.fhir_mending import mend, walked
from portal.intake.fhir_older import put_as_r4, unpacked
from portal.intake.fhir_options import (
    TRANSLATION,
    Beside,
    Words,
    codes_in,
    coding_of,
    cut,
    languages_in,
    slug,
)
from portal.intake.fhir_shapes import (
    KEPT,
    OURS,
    UNKNOWN,
    Json,
    Remark,
    Remarks,
    Unusable,
    cleaned,
    extension_value,
    extensions,
    is_xml,
    loaded,
    under,
)
from portal.intake.fhir_xml import from_xml
from portal.intake.minutes import minutes_of
from portal.intake.questionnaire import (
    TAKEN,
    Item,
    LampRule,
    Malformed,
    Note,
    OneOf,
    Part,
    Questionnaire,
    Section,
    SeveralOf,
    as_definition,
    lamp_of,
)

_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
HIDDEN = f"{_HL7}questionnaire-hidden"
UNIT = f"{_HL7}questionnaire-unit"
MIN, MAX = f"{_HL7}minValue", f"{_HL7}maxValue"
_CONTROL = f"{_HL7}questionnaire-itemControl"
# By the last of their addresses, which have moved more than once.
_CALCULATED = frozenset(
    ["sdc-questionnaire-calculatedExpression", "questionnaire-calculatedExpression", "cqf-calculatedValue"]
)
# Newer versions say beside the type whether other answers are as good; so do R4 files that borrow it.
_CONSTRAINT = (
    f"{_SDC}sdc-questionnaire-answerConstraint",
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Questionnaire.item.answerConstraint",
)
# What only the portal's own definitions say, as JSON: all that the standard has no place for.
OWN_ITEM = f"{OURS}/StructureDefinition/item"
OWN_QUESTIONNAIRE = f"{OURS}/StructureDefinition/questionnaire"
_SAID_BY_FHIR = frozenset(
    ["link_id", "kind", "text", "prefix", "enable_when", "enable_behaviour", "within", "hidden", "origin"]
    + ["codes", "wanted", "read_only", "initial", "several", "max_length", "options", "other"]
    + ["unit", "unit_coding"]
)
_ROOT_SAID_BY_FHIR = frozenset(["title", "items", "source", "source_language"])
OWN_NAMES = tuple(name for name in Questionnaire.model_fields if name not in _ROOT_SAID_BY_FHIR)

_UNDERSTOOD = frozenset([HIDDEN, UNIT, MIN, MAX, _CONTROL, *_CONSTRAINT, OWN_ITEM, UNKNOWN])
# The published totals that are worked out from answers, by their LOINC codes; and how such items are worded.
_TOTALS = frozenset({"44261-6", "70274-6", "55758-7", "69725-0", "71956-7"})
_TOTAL_WORDS = re.compile(
    r"\b(total|sum) score\b|\bscore total\b|\bgesamt(wert|punktzahl|score)\b", re.IGNORECASE
)
_NUMBERS = frozenset({"decimal", "integer", "quantity"})
# What is understood on items of these types alone.
_ONLY_ON: Mapping[str, frozenset[str]] = {
    UNIT: _NUMBERS,
    MIN: _NUMBERS | {"date"},
    MAX: _NUMBERS | {"date"},
    **dict.fromkeys(_CONSTRAINT, frozenset({"choice", "open-choice", "string"})),
}
_KEPT = "is kept for export, and clients do not see it"
# What a file says about itself.
_ABOUT_IT = (
    *("description", "purpose", "publisher", "contact", "date", "effectivePeriod", "approvalDate"),
    *("lastReviewDate", "useContext", "jurisdiction", "identifier", "derivedFrom", "code"),
)
_CONTROLS_MET = frozenset(
    {"radio-button", "check-box", "text-box", "help", "flyover", "text-area", "open-choice"}
)
_MOST_CODES = 50
_LONGEST_PREFIX = 100
_LONGEST_LINE, _LONGEST_TEXT = 500, 5000
_NO_ANSWER = {
    "attachment": "This asks for a file, which cannot be given here.",
    "reference": "This asks for a record elsewhere, which cannot be given here.",
}

_PART: TypeAdapter[Part] = TypeAdapter(Part)
_KNOWN = {get_args(each.model_fields["kind"].annotation)[0]: each.model_fields for each in get_args(Item)}
_KNOWN |= {"section": Section.model_fields}


@dataclass(frozen=True)
class Brought:
    """A definition from a file, and what there is to say of the file before it is accepted."""

    questionnaire: Questionnaire
    remarks: list[Remark]
    # In which languages it can be read (BCP 47), its own first where it says so.
    languages: tuple[str, ...] = ()


@dataclass
class _Reading:
    """What has been read of a file so far."""

    tree: Json
    words: Words
    remarks: Remarks
    why: str
    beside: Beside
    # Of all that there is.
    link_ids: frozenset[str]
    parts: dict[str, Part] = field(default_factory=dict)
    # By linkId.
    by_origin: dict[str, Part] = field(default_factory=dict)


def brought_in(source: bytes, *, otherwise: str, language: str | None = None) -> Brought:
    """The definition in a FHIR R4 Questionnaire, in JSON or XML.

    `otherwise` names one that has no name of its own.
    `language`: which of the file's languages is wanted (BCP 47), if not its own. Raises Unusable, which
    names the line or path at fault. Nothing in the file is ever run, and nothing is fetched.
    """
    remarks = Remarks()
    plain = unpacked(from_xml(source) if is_xml(source) else loaded(source, remarks), remarks)
    put_as_r4(plain, remarks)
    loosened(plain, remarks)
    tree = cleaned(plain, remarks)
    mend(tree, remarks)
    words = Words(language, tree.get("language"))
    if not words.has(tree):
        raise Unusable(f"language: nothing in this file is in {str(language)[:20]!r}")
    questionnaire = read(tree, remarks=remarks, otherwise=otherwise, language=language)
    return Brought(questionnaire, remarks.found, languages_in(tree))


def read(tree: Json, *, remarks: Remarks, otherwise: str, language: str | None) -> Questionnaire:
    """The definition in a resource that was cleaned and mended. Raises Unusable."""
    words = Words(language, tree.get("language"), codes_in(tree))
    title = words.of(tree, "title") or tree.get("name") or otherwise
    if "title" not in tree:
        remarks("title", f"is missing; clients see it called {title[:60]!r}")
    own = _own(tree, OWN_QUESTIONNAIRE, frozenset(OWN_NAMES), "extension", remarks)
    why = f"it is part of “{title[:200]}”, which your therapist reads before you meet."
    reading = _Reading(
        tree, words, remarks, why, Beside(tree), frozenset(item["linkId"] for _, item in walked(tree))
    )
    for path, item, within in _with_holders(tree):
        _read_item(reading, path, item, within)
    _say_of_root(tree, remarks)
    plain = {
        "name": slug(tree.get("name") or tree.get("id") or title, (), otherwise="questions"),
        "title": cut(title, "title", remarks),
        "minutes": 1,
        "items": list(reading.parts.values()),
        "scales": _scales(reading),
        "source": json.dumps(
            tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ),
        "source_language": language,
    }
    return _definition(plain, own, remarks)


def own_names(kind: str) -> frozenset[str]:
    """What an item of this kind can say that FHIR has no place for."""
    return frozenset(_KNOWN[kind]) - _SAID_BY_FHIR


def fhir_items(tree: Json) -> dict[str, Json]:
    """The items of a resource by their linkIds, without what they hold."""
    return {
        item["linkId"]: {name: each for name, each in item.items() if name != "item"}
        for _, item in walked(tree)
    }


def _definition(plain: Json, own: Json, remarks: Remarks) -> Questionnaire:
    """With what the portal itself had said of it, if that still fits. Raises Unusable."""
    if own:
        try:
            made = as_definition(plain | own)
            for lamp in made.lamps:
                _say_of_lamp(lamp, "extension", remarks)
            return made
        except Malformed as problem:
            remarks("extension", f"what the portal had noted does not fit: {str(problem)[:300]}")
            plain |= {"items": [_by_itself(part) for part in plain["items"]]}
    try:
        made = as_definition(plain)
    except Malformed as problem:
        raise Unusable(problem.problems[0].removeprefix("the file: Value error, ")) from None
    return made.model_copy(update={"minutes": minutes_of(made)})


def _say_of_lamp(rule: LampRule | None, path: str, remarks: Remarks) -> None:
    """Clients would read its words in a hard moment: whoever takes them over has read them before."""
    if rule is not None:
        words = " ".join(f"{rule.heading}: {rule.words}".split())
        remarks(path, f"brings a lamp, and clients will read: “{words[:300]}”")


def _by_itself(part: Part) -> Part:
    """Without the answer list that it shares: there is none where nothing was noted."""
    return part.model_copy(update={"answer_list": None}) if isinstance(part, OneOf | SeveralOf) else part


def _with_holders(
    tree: Json, path: str = "", holder: str | None = None
) -> list[tuple[str, Json, str | None]]:
    """Every item with its path and the linkId of what it stands in."""
    found: list[tuple[str, Json, str | None]] = []
    for position, item in enumerate(tree.get("item", ())):
        place = under(path, "item", position)
        found.append((place, item, holder))
        found += _with_holders(item, place, item["linkId"])
    return found


def _read_item(reading: _Reading, path: str, item: Json, within: str | None) -> None:
    plain = _common(reading, path, item, within) | _KINDS[item["type"]](reading, path, item)
    _say_of_item(reading, path, item)
    if plain["kind"] not in {"section", "note"}:
        plain |= _asking(reading, path, item)
    part = _PART.validate_python(plain)
    own = _own(item, OWN_ITEM, own_names(part.kind), under(path, "extension"), reading.remarks)
    if own:
        part = _with_own(part, own, path, reading.remarks)
        _say_of_lamp(lamp_of(part), under(path, "extension"), reading.remarks)
    if not isinstance(part, Note | Section):
        initial = initial_of(item, part, path, reading.remarks)
        part = part if initial is None else part.model_copy(update={"initial": initial})
    reading.parts[part.link_id] = part
    reading.by_origin[item["linkId"]] = part


def _common(reading: _Reading, path: str, item: Json, within: str | None) -> Json:
    conditions = conditions_of(item, reading.by_origin, reading.link_ids, path, reading.remarks)
    behaviour = item.get("enableBehavior", "all")
    text = reading.words.of(item, "text")
    plain: Json = {
        "link_id": slug(item["linkId"], {*reading.parts, *TAKEN}, otherwise="item"),
        "origin": item["linkId"],
        "text": cut(text or "", under(path, "text"), reading.remarks),
        "prefix": _prefix(reading, path, item),
        "enable_when": conditions,
        "enable_behaviour": behaviour if behaviour in {"all", "any"} else "all",
        "within": reading.by_origin[within].link_id if within is not None else None,
        "hidden": _is_hidden(reading, path, item) or _is_worked_out(reading, path, item),
        "codes": _codes(item),
    }
    if not plain["text"] and item["type"] != "group":
        plain["text"] = next((each["display"] for each in item.get("code", ()) if "display" in each), None)
        plain["text"] = cut(plain["text"] or f"Question {item['linkId']}", path, reading.remarks)
        reading.remarks(under(path, "text"), f"is missing; asked as {plain['text'][:60]!r}")
    return plain


def _prefix(reading: _Reading, path: str, item: Json) -> str | None:
    prefix = reading.words.of(item, "prefix") or ""
    if len(prefix) > _LONGEST_PREFIX:
        reading.remarks(under(path, "prefix"), f"is longer than {_LONGEST_PREFIX} characters, and is cut")
    return prefix[:_LONGEST_PREFIX].strip() or None


def _is_hidden(reading: _Reading, path: str, item: Json) -> bool:
    value = extension_value(item, HIDDEN)
    if not isinstance(value, bool | None):
        reading.remarks(path, f"is hidden by {str(value)[:20]!r}, which is no boolean; read as one")
    return value is True or str(value).strip().lower() == "true"


def _codes(item: Json) -> list[Json]:
    codes = [coding_of(each) for each in item.get("code", ())]
    return [each for each in codes if each][:_MOST_CODES]


def _asking(reading: _Reading, path: str, item: Json) -> Json:
    if item.get("required"):
        reading.remarks(under(path, "required"), "becomes a wish: nobody has to answer before they can send")
    return {
        "why": reading.why,
        "wanted": item.get("required", False),
        "read_only": item.get("readOnly", False),
    }


def _is_worked_out(reading: _Reading, path: str, item: Json) -> bool:
    """A total, or what only an expression could fill in: nothing that a client can be asked."""
    if item["type"] in {"group", "display"}:
        return False
    text, codes = item.get("text", ""), {each.get("code") for each in item.get("code", ())}
    total = bool(_TOTALS & codes) or bool(_TOTAL_WORDS.search(text))
    worked_out = (total and item["type"] in _NUMBERS) or any(
        _called(each) in _CALCULATED for each in item.get("extension", ())
    )
    if worked_out:
        reading.remarks(path, "is worked out and not answered; it is not asked, and no expression is run")
    return worked_out


def _section(reading: _Reading, path: str, item: Json) -> Json:
    for name in ("repeats", "required", "readOnly"):
        if item.get(name):
            reading.remarks(under(path, name), "on a group is kept for export; its questions are asked once")
    return {"kind": "section"}


def _note(_reading: _Reading, _path: str, _item: Json) -> Json:
    return {"kind": "note"}


def _no_answer(reading: _Reading, path: str, item: Json) -> Json:
    reading.remarks(path, f"{item['type']} cannot be answered here; it is shown as a note")
    text = reading.words.of(item, "text") or ""
    # A note holds nothing, and what stands within this one is still asked.
    kind = "section" if "item" in item else "note"
    return {"kind": kind, "text": f"{text} {_NO_ANSWER[item['type']]}".strip()}


def _yes_no(reading: _Reading, path: str, item: Json) -> Json:
    if item.get("repeats"):
        reading.remarks(under(path, "repeats"), "on a yes or no is kept for export; one answer is asked for")
    return {"kind": "yes-no"}


def _text(reading: _Reading, path: str, item: Json) -> Json:
    if item["type"] == "string" and "answerOption" in item:
        return _choice(reading, path, item)
    long = item["type"] == "text" or "text-area" in _controls(item) or _needs_room(item)
    most = _LONGEST_TEXT if long else _LONGEST_LINE
    asked = item.get("maxLength", most)
    if not 1 <= asked <= most:
        reading.remarks(under(path, "maxLength"), f"is {asked}; there is room for {most} characters here")
        asked = most
    if long:
        if item.get("repeats"):
            reading.remarks(
                under(path, "repeats"), "on a long text is kept for export; one answer is asked for"
            )
        return {"kind": "long-text", "max_length": asked}
    return {"kind": "short-text", "max_length": asked, "several": item.get("repeats", False)}


def _needs_room(item: Json) -> bool:
    """What may be longer than a line has room for is given several lines, unless there are several of it."""
    return item.get("maxLength", 0) > _LONGEST_LINE and not item.get("repeats")


def _simple(kind: str) -> Callable[[_Reading, str, Json], Json]:
    def made(reading: _Reading, path: str, item: Json) -> Json:
        if "answerOption" in item:
            reading.remarks(under(path, "answerOption"), f"any {kind} can be answered, not only these")
        return {"kind": kind, "several": item.get("repeats", False)}

    return made


def _date(reading: _Reading, path: str, item: Json) -> Json:
    limits = {"min": extension_value(item, MIN), "max": extension_value(item, MAX)}
    kept = {name: each for name, each in limits.items() if _is_day(each)}
    _say_of_limits(reading, path, [each for each in limits.values() if each is not None], len(kept))
    if kept.get("min", "") > kept.get("max", "9"):
        reading.remarks(path, "its last day is before its first; any day can be answered")
        kept = {}
    return _simple("date")(reading, path, item) | kept


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(19|20|21)\d\d-\d\d-\d\d", value) is not None


def _number(reading: _Reading, path: str, item: Json) -> Json:
    options = [each["valueInteger"] for each in item.get("answerOption", ()) if "valueInteger" in each]
    said = [each for each in (extension_value(item, MIN), extension_value(item, MAX)) if each is not None]
    _say_of_limits(reading, path, said, sum(_as_limit(each) is not None for each in said))
    low, high = _limit(item, MIN, min(options, default=None)), _limit(item, MAX, max(options, default=None))
    plain = _simple("number")(reading, path, item) | {"whole": item["type"] == "integer"}
    if low is not None and high is not None and low > high:
        reading.remarks(path, "its largest number is below its smallest; any number can be answered")
        low = high = None
    plain |= {name: each for name, each in (("min", low), ("max", high)) if each is not None}
    unit = extension_value(item, UNIT)
    if isinstance(unit, str) and unit.strip():
        reading.remarks(path, f"its unit is the word {unit[:40]!r} and no code; it is shown as it stands")
        plain["unit"] = cut(unit, path, reading.remarks)
    if isinstance(unit, dict) and (unit.get("display") or unit.get("code")):
        plain["unit"] = cut(unit.get("display") or unit["code"], path, reading.remarks)
        plain["unit_coding"] = coding_of(unit)
    return plain


def _limit(item: Json, url: str, otherwise: int | None) -> int | float | None:
    limit = _as_limit(extension_value(item, url))
    return otherwise if limit is None else limit


def _as_limit(value: Any) -> int | float | None:
    value = value.get("value") if isinstance(value, dict) else value
    known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e9
    return value if known else None


def _say_of_limits(reading: _Reading, path: str, said: list[Any], used: int) -> None:
    if used < len(said):
        reading.remarks(path, "its least or its greatest answer cannot be used here, and is kept for export")


def _choice(reading: _Reading, path: str, item: Json) -> Json:
    options = reading.beside.options_of(item, path, reading.words, reading.remarks)
    others = extension_value(item, *_CONSTRAINT) in {"optionsOrType", "optionsOrString"}
    open_ended = item["type"] == "open-choice" or "open-choice" in _controls(item) or others
    several = item.get("repeats", False)
    if not options:
        reading.remarks(path, "has no options that are known; it is asked for in the client's own words")
        return {"kind": "short-text", "max_length": 500, "several": several}
    return {"kind": "several-of" if several else "one-of", "options": options, "other": open_ended}


_KINDS: Mapping[str, Callable[[_Reading, str, Json], Json]] = {
    "group": _section,
    "display": _note,
    "attachment": _no_answer,
    "reference": _no_answer,
    "boolean": _yes_no,
    "string": _text,
    "text": _text,
    "choice": _choice,
    "open-choice": _choice,
    "date": _date,
    "dateTime": _simple("moment"),
    "time": _simple("time"),
    "url": _simple("address"),
    "integer": _number,
    "decimal": _number,
    "quantity": _number,
}


def _controls(item: Json) -> set[str]:
    """How the file would have it shown."""
    concepts = [each.get("valueCodeableConcept", {}) for each in extensions(item, _CONTROL)]
    return {coding.get("code", "") for concept in concepts for coding in concept.get("coding", ())}


def _say_of_item(reading: _Reading, path: str, item: Json) -> None:
    for control in sorted(_controls(item) - _CONTROLS_MET):
        reading.remarks(path, f"is not shown as a {control[:40]!r}, but in the portal's own way")
    if "modifierExtension" in item:
        reading.remarks(under(path, "modifierExtension"), "changes what this means in a way not known here")
    _say_of_text(reading, path, item)
    for position, each in enumerate(item.get("extension", ())):
        if not _is_understood(each, item["type"]):
            what = "an expression is never run; " if "valueExpression" in each else ""
            said = f"{what}{_called(each)} is kept for export, and not used"
            reading.remarks(under(path, "extension", position), said)


def _is_understood(extension: Json, kind: str) -> bool:
    """Whether what it says counts on an item of this type."""
    url = extension["url"]
    if _called(extension) in _CALCULATED:
        return True
    return url in _UNDERSTOOD and kind in _ONLY_ON.get(url, {kind})


def _say_of_text(reading: _Reading, path: str, item: Json) -> None:
    if "definition" in item:
        reading.remarks(under(path, "definition"), _KEPT)
    for each in item.get("_text", {}).get("extension", ()):
        if each["url"] not in {TRANSLATION, UNKNOWN}:
            reading.remarks(under(path, "_text"), f"{_called(each)} is kept for export, and not used")


def _called(extension: Json) -> str:
    """The last of its address, by which people know it."""
    return str(extension["url"]).rsplit("/", 1)[-1][:60]


def _say_of_root(tree: Json, remarks: Remarks) -> None:
    _say_who_made_it(tree, remarks)
    if "modifierExtension" in tree:
        remarks("modifierExtension", "changes what all of this means in a way not known here")
    for position, each in enumerate(tree.get("extension", ())):
        if each["url"] not in {OWN_QUESTIONNAIRE, KEPT, UNKNOWN}:
            remarks(under("", "extension", position), f"{_called(each)} is kept for export, and not used")


def _say_who_made_it(tree: Json, remarks: Remarks) -> None:
    if "copyright" in tree:
        remarks("copyright", f"see that you may use this: “{' '.join(tree['copyright'].split())[:300]}”")
    if tree["status"] == "retired":
        remarks("status", "whoever made this has retired it")
    if tree.get("experimental"):
        remarks("experimental", "whoever made this calls it a trial, not meant for real use")
    for name in (name for name in _ABOUT_IT if name in tree):
        remarks(name, _KEPT)


def _own(element: Json, url: str, names: frozenset[str], path: str, remarks: Remarks) -> Json:
    """What the portal itself had noted there: JSON in a text."""
    text = extension_value(element, url)
    if text is None:
        return {}
    try:
        plain = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        plain = None
    if isinstance(plain, dict) and plain.keys() <= names:
        return plain
    remarks(path, "what the portal had noted cannot be read, and is not used")
    return {}


def _with_own(part: Part, own: Json, path: str, remarks: Remarks) -> Part:
    try:
        return _PART.validate_python(part.model_dump(exclude_defaults=True) | own)
    except ValidationError:
        remarks(path, "what the portal had noted does not fit, and is not used")
        return part


def _scales(reading: _Reading) -> list[Json]:
    """For each outermost group, and for what stands in none, a sum of what has weights, up to its total."""
    gathered: dict[str | None, list[str]] = {}
    finished: set[str | None] = set()
    for path, item, _within in _with_holders(reading.tree):
        part = reading.by_origin[item["linkId"]]
        outermost = _outermost(reading, part)
        if outermost in gathered and part.hidden and item["type"] in _NUMBERS:
            finished.add(outermost)
        weighted = part.kind in {"one-of", "several-of"} and any(
            each.weight is not None for each in part.options
        )
        if weighted and not part.hidden and outermost in finished:
            reading.remarks(path, "has weights, but stands after the total; it is not counted")
        elif weighted and not part.hidden:
            gathered.setdefault(outermost, []).append(part.link_id)
    made: dict[str, Json] = {}
    for holder, asked in gathered.items():
        if len(asked) > 1:
            name = slug(holder or "sum", made, otherwise="sum")
            made[name] = _scale(reading, holder, name, asked)
    return list(made.values())


def _outermost(reading: _Reading, part: Part) -> str | None:
    holder = part.within
    while holder is not None and reading.parts[holder].within is not None:
        holder = reading.parts[holder].within
    return holder


def _scale(reading: _Reading, holder: str | None, name: str, asked: list[str]) -> Json:
    title = reading.words.of(reading.tree, "title") or reading.tree.get("name") or "Sum"
    if holder is not None and reading.parts[holder].text:
        title = reading.parts[holder].text
    title = title[:200]
    reading.remarks(
        "score",
        f"{title!r} adds up {len(asked)} answers, with no total unless all are given: {', '.join(asked)}",
    )
    return {"name": name, "title": title, "questions": asked}
