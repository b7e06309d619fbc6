"""What shape FHIR R4 gives a Questionnaire, and what a file holds made to fit it. Pure; runs nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from portal.errors import Refused

Json = dict[str, Any]

# A file beyond these is refused: nobody answers so many questions, and a page could not show them.
MOST_BYTES = 5_000_000
DEEPEST = 60
# How deep items may stand in one another.
DEEPEST_ITEM = 20
# Names and addresses that are longer are no names.
LONGEST_NAME = 2000

# Before every address that is the portal's own. They name things and lead nowhere: the host is reserved
# (RFC 2606), so it never comes to be another's. What one of them means stays; a new meaning gets a new one.
# docs/fhir.md says what each of them is.
OURS = "https://foyer.example/fhir"
XHTML = "http://hl7.org/fhir/StructureDefinition/rendering-xhtml"
_MARKUP = frozenset({XHTML})
# Contained resources of which nothing is made and nothing known: as JSON, so that they can be told again.
KEPT = f"{OURS}/StructureDefinition/kept"
# What an element of a file says under names that R4 does not know: as JSON, so that it can be told again.
UNKNOWN = f"{OURS}/StructureDefinition/unknown"
_LONGEST_ASIDE = 100_000
_CONTAINED = frozenset({"ValueSet", "CodeSystem", "Library"})

_ANY = (
    "base64Binary|boolean|canonical|code|date|dateTime|decimal|id|instant|integer|markdown|oid|positiveInt|"
    "string|time|unsignedInt|uri|url|uuid|Address|Age|Attachment|CodeableConcept|Coding|ContactPoint|Count|"
    "Distance|Duration|HumanName|Identifier|Money|Period|Quantity|Range|Ratio|Reference|ContactDetail|"
    "Expression|RelatedArtifact|UsageContext"
)
_ANSWER = "boolean|decimal|integer|date|dateTime|time|string|Coding|Quantity|Reference"
_QUANTITY = "value:decimal comparator:code unit:string system:uri code:code"
_MORE = "modifierExtension:Extension*"
_ABOUT = (
    f"{_MORE} id:id meta:Meta implicitRules:uri language:code contained:Resource* url:uri version:string "
    "identifier:Identifier* name:string title:string status:code experimental:boolean date:dateTime "
    "publisher:string contact:ContactDetail* description:markdown useContext:UsageContext* "
    "jurisdiction:CodeableConcept* purpose:markdown copyright:markdown"
)
# Element by element, as the standard's tables have it: `*` many, `!` has to be there, `a|b` one of these.
_TABLE = {
    "Extension": f"url:uri! value[x]:{_ANY}",
    "Address": "use:code type:code text:string line:string* city:string district:string state:string "
    "postalCode:string country:string period:Period",
    "Age": _QUANTITY,
    "Count": _QUANTITY,
    "Distance": _QUANTITY,
    "Duration": _QUANTITY,
    "Quantity": _QUANTITY,
    "Attachment": "contentType:code language:code data:base64Binary url:url size:unsignedInt "
    "hash:base64Binary title:string creation:dateTime",
    "CodeableConcept": "coding:Coding* text:string",
    "Coding": "system:uri version:string code:code display:string userSelected:boolean",
    "ContactDetail": "name:string telecom:ContactPoint*",
    "ContactPoint": "system:code value:string use:code rank:positiveInt period:Period",
    "Expression": "description:string name:id language:code! expression:string reference:uri",
    "HumanName": "use:code text:string family:string given:string* prefix:string* suffix:string* "
    "period:Period",
    "Identifier": "use:code type:CodeableConcept system:uri value:string period:Period assigner:Reference",
    "Meta": "versionId:id lastUpdated:instant source:uri profile:canonical* security:Coding* tag:Coding*",
    "Money": "value:decimal currency:code",
    "Period": "start:dateTime end:dateTime",
    "Range": "low:Quantity high:Quantity",
    "Ratio": "numerator:Quantity denominator:Quantity",
    "Reference": "reference:string type:uri identifier:Identifier display:string",
    "RelatedArtifact": "type:code! label:string display:string citation:markdown url:url "
    "document:Attachment resource:canonical",
    "UsageContext": "code:Coding! value[x]:CodeableConcept|Quantity|Range|Reference!",
    "Questionnaire": f"{_ABOUT} derivedFrom:canonical* subjectType:code* approvalDate:date "
    "lastReviewDate:date effectivePeriod:Period code:Coding* item:Item*",
    "Item": f"{_MORE} linkId:string definition:uri code:Coding* prefix:string text:string type:code "
    "enableWhen:EnableWhen* enableBehavior:code required:boolean repeats:boolean readOnly:boolean "
    "maxLength:integer answerValueSet:canonical answerOption:AnswerOption* initial:Initial* item:Item*",
    "EnableWhen": f"{_MORE} question:string! operator:code! answer[x]:{_ANSWER}!",
    "AnswerOption": f"{_MORE} value[x]:integer|date|time|string|Coding|Reference! initialSelected:boolean",
    "Initial": f"{_MORE} value[x]:{_ANSWER}|uri|Attachment!",
    "ValueSet": f"{_ABOUT} immutable:boolean compose:Compose expansion:Expansion",
    "Compose": f"{_MORE} lockedDate:date inactive:boolean include:Include*! exclude:Include*",
    "Include": f"{_MORE} system:uri version:string concept:Concept* filter:Filter* valueSet:canonical*",
    "Concept": f"{_MORE} code:code! display:string designation:Designation*",
    "Designation": f"{_MORE} language:code use:Coding value:string!",
    "Filter": f"{_MORE} property:code! op:code! value:string!",
    "Expansion": f"{_MORE} identifier:uri timestamp:dateTime! total:integer offset:integer "
    "parameter:Parameter* contains:Contains*",
    "CodeSystem": f"{_ABOUT} caseSensitive:boolean valueSet:canonical hierarchyMeaning:code content:code! "
    "compositional:boolean versionNeeded:boolean supplements:canonical count:unsignedInt "
    "filter:CodeFilter* property:CodeProperty* concept:Code*",
    "CodeFilter": f"{_MORE} code:code! description:string operator:code*! value:string!",
    "CodeProperty": f"{_MORE} code:code! uri:uri description:string type:code!",
    "Code": f"{_MORE} code:code! display:string definition:string designation:Designation* "
    "property:CodeValue* concept:Code*",
    "CodeValue": f"{_MORE} code:code! value[x]:code|Coding|string|integer|boolean|dateTime|decimal!",
    "Library": f"{_ABOUT} subtitle:string type:CodeableConcept! subject[x]:CodeableConcept|Reference "
    "usage:string approvalDate:date lastReviewDate:date effectivePeriod:Period topic:CodeableConcept* "
    "author:ContactDetail* editor:ContactDetail* reviewer:ContactDetail* endorser:ContactDetail* "
    "relatedArtifact:RelatedArtifact* content:Attachment*",
    "Parameter": f"{_MORE} name:string! value[x]:string|boolean|integer|decimal|uri|code|dateTime",
    "Contains": f"{_MORE} system:uri abstract:boolean inactive:boolean version:string code:code "
    "display:string designation:Designation* contains:Contains*",
}

_DAY = r"(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"
_ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
_URI = r"\S+"
_LOOSE_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)?(?:(?:^|[T ])(\d{1,2}:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?"
)
_PATTERNS = {
    "base64Binary": r"(\s*([0-9a-zA-Z+/=]){4}\s*)+",
    "canonical": _URI,
    "code": r"\S+( \S+)*",
    "date": _DAY,
    "dateTime": rf"{_DAY}|(?!0000)\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_CLOCK}{_ZONE}",
    "id": r"[A-Za-z0-9\-.]{1,64}",
    "instant": rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_CLOCK}{_ZONE}",
    "markdown": r"\s*\S[\s\S]*",
    "oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
    "string": r"\s*\S[\s\S]*",
    "time": _CLOCK,
    "uri": _URI,
    "url": _URI,
    "uuid": r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
_NAMES = frozenset({"canonical", "code", "uri"})
_LEAST = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
PRIMITIVES = frozenset([*_PATTERNS, *_LEAST, "boolean", "decimal"])
_TRUTHS = {"true": True, "false": False}
# Control characters but for tabs and line ends, halves of characters, and what is no character.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufdd0-\ufdef]")


class Unusable(Refused):
    """The file cannot be used at all. Its words begin with the line or the path at fault."""


class Remark(NamedTuple):
    """Something in a file that is not carried over as it stands there, and where."""

    path: str
    words: str


@dataclass
class Remarks:
    """All that is to be said of a file, in the order in which it was found."""

    found: list[Remark] = field(default_factory=list)

    def __call__(self, path: str, words: str) -> None:
        remark = Remark(path, words)
        if remark not in self.found[-50:]:
            self.found.append(remark)


class Slot(NamedTuple):
    """A place in an element."""

    name: str
    kind: str
    many: bool
    needed: bool
    # The group of alternatives that it belongs to: value[x].
    one_of: str | None


_NOTHING: Any = object()
_IN_WORDS = (
    (
        "Expecting property name",
        "a name in double quotes is missing here, or a comma too many stands before it",
    ),
    ("Expecting ',' delimiter", "a comma is missing here"),
    ("Expecting ':' delimiter", "a colon is missing here"),
    ("Expecting value", "a value is missing here, or what stands here is none"),
    ("Extra data", "the file goes on after its end"),
    ("Unterminated string", "the words that begin here have no end"),
    ("Invalid control character", "a line ends within words, or a character stands there that may not"),
    ("Invalid \\", "a backslash stands here that means nothing"),
)
_EMPTY = "item: there is nothing in this questionnaire"
_EARLY = "group: this is of an early version of the standard (DSTU2), which is not read"


def is_fhir(source: bytes) -> bool:
    """Whether this is meant as a FHIR resource rather than as a definition of the portal's own."""
    if is_xml(source):
        return True
    try:
        plain = json.loads(source)
    except (ValueError, RecursionError):
        return b'"resourceType"' in source
    return isinstance(plain, dict) and ("resourceType" in plain or ("item" in plain and "items" not in plain))


def is_xml(source: bytes) -> bool:
    """Whether it begins as XML does, in whichever of Unicode's ways."""
    head = source[:200].removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:].replace(b"\x00", b"")
    return head.lstrip().startswith(b"<")


def cleaned(plain: Json, remarks: Remarks) -> Json:
    """The Questionnaire with nothing in it that R4 has no place for; what is left out is remarked.

    Narrative and other markup is left out. Raises Unusable.
    """
    kind = plain.pop("resourceType", None)
    if kind is None:
        remarks("resourceType", "is missing; read as a Questionnaire")
    elif kind != "Questionnaire":
        raise Unusable(f"resourceType: this is a {str(kind)[:40]!r}, not a Questionnaire")
    # Narrative is markup.
    if plain.pop("text", None) is not None:
        remarks("text", "a narrative is markup, and is left out")
    aside = _set_aside(plain, remarks)
    tree = _fit_element("Questionnaire", plain, "", remarks)
    if tree is _NOTHING or not tree.get("item"):
        raise Unusable(_EARLY if "group" in plain else _EMPTY)
    if tree.get("status") not in {"draft", "active", "retired", "unknown"}:
        remarks("status", "is missing or unknown; taken as draft")
        tree["status"] = "draft"
    if aside:
        tree.setdefault("extension", []).append({"url": KEPT, "valueString": json.dumps(aside)})
    made: Json = {"resourceType": "Questionnaire", **tree}
    return made


def under(path: str, name: str, position: int | None = None) -> str:
    """The path of a part: item[3].item[0].text."""
    step = name if position is None else f"{name}[{position}]"
    return f"{path}.{step}" if path else step


def extensions(element: Json, *urls: str) -> Iterator[Json]:
    """The extensions of an element under any of these addresses."""
    return (each for each in element.get("extension", ()) if each["url"] in urls)


def extension_value(element: Json, *urls: str) -> Any:
    """The value of the first such extension that has one; None for none."""
    for each in extensions(element, *urls):
        for name, value in each.items():
            if name.startswith("value"):
                return value
    return None


def loaded(source: bytes, remarks: Remarks) -> Json:
    """The JSON object in this file, not nested beyond reason. Raises Unusable, with the line at fault."""
    if len(source) > MOST_BYTES:
        raise Unusable(f"the file: it is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        plain: Any = json.loads(
            _decoded(source, remarks), parse_constant=_no_number, object_pairs_hook=_pairs(remarks)
        )
    except (ValueError, RecursionError) as problem:
        raise Unusable(fault(problem)) from None
    if isinstance(plain, list) and len(plain) == 1:
        remarks("the file", "is a list of one; read as that one")
        plain = plain[0]
    if not isinstance(plain, dict):
        raise Unusable("line 1: this is no FHIR resource")
    refuse_depth(plain)
    return plain


def _decoded(source: bytes, remarks: Remarks) -> str:
    """The standard has UTF-8; what was saved in another of Unicode's ways says so by how it begins."""
    encoding = json.detect_encoding(source)
    if not encoding.startswith("utf-8"):
        remarks("the file", f"is {encoding[:6].upper()} and not UTF-8; read as such")
    return source.decode(encoding)


def fault(problem: ValueError | RecursionError) -> str:
    """Where a file that was to be JSON cannot be read, and why."""
    match problem:
        case UnicodeDecodeError():
            return f"byte {problem.start}: this is no {problem.encoding.upper()}"
        case json.JSONDecodeError() if not problem.doc[problem.pos :].strip():
            return f"line {problem.lineno}, column {problem.colno}: the file ends here, before it is complete"
        case json.JSONDecodeError():
            return f"line {problem.lineno}, column {problem.colno}: {_plainly(problem.msg)}"
        case RecursionError():
            return "the file: it is nested too deeply"
        case _:
            return f"the file: {str(problem)[:80]}"


def _plainly(message: str) -> str:
    """What the reader of JSON says, for people who have never met it."""
    return next((words for begins, words in _IN_WORDS if message.startswith(begins)), message)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _pairs(remarks: Remarks) -> Callable[[list[tuple[str, Any]]], Json]:
    def keep(pairs: list[tuple[str, Any]]) -> Json:
        plain = dict(pairs)
        return plain if len(plain) == len(pairs) else _joined(pairs, remarks)

    return keep


def _joined(pairs: list[tuple[str, Any]], remarks: Remarks) -> Json:
    """Of two lists under one name both are read; of anything else the last one."""
    plain: Json = {}
    for name, value in pairs:
        known = plain.get(name)
        if isinstance(known, list) and isinstance(value, list):
            plain[name] = known + value
            remarks(name[:60], "is there twice in one place; both are read")
        else:
            if name in plain:
                remarks(name[:60], "is there twice in one place; the last one counts")
            plain[name] = value
    return plain


def refuse_depth(plain: Json) -> None:
    """Level by level, so that no depth of a file can exhaust the stack."""
    level: list[tuple[str, int, Any]] = [("", 0, plain)]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(*each)]
        if not level:
            return
    raise Unusable(f"{level[0][0]}: nested more than {DEEPEST} levels deep")


def _inside(path: str, items: int, value: Any) -> Iterator[tuple[str, int, Any]]:
    if isinstance(value, list):
        yield from ((f"{path}[{position}]", items, each) for position, each in enumerate(value))
    elif isinstance(value, dict):
        for name, each in value.items():
            place, depth = under(path, str(name)[:60]), items + (name == "item")
            if depth > DEEPEST_ITEM:
                raise Unusable(f"{place}: items more than {DEEPEST_ITEM} levels deep")
            yield place, depth, each


def places_in(kind: str | None) -> Mapping[str, Slot]:
    """The places of an element of this kind by their names; none for one that is not known here."""
    return _slots(kind) if kind in _TABLE else {}


@cache
def _slots(kind: str) -> dict[str, Slot]:
    """The places of an element, by the names that they have in JSON."""
    slots: dict[str, Slot] = {}
    for text in ("id:string extension:Extension* " + _TABLE[kind]).split():
        name, _, kinds = text.partition(":")
        needed, kinds = kinds.endswith("!"), kinds.removesuffix("!")
        many, kinds = kinds.endswith("*"), kinds.removesuffix("*")
        if name.endswith("[x]"):
            stem = name.removesuffix("[x]")
            for one in kinds.split("|"):
                full = stem + one[0].upper() + one[1:]
                slots[full] = Slot(full, one, False, needed, name)
        else:
            slots[name] = Slot(name, kinds, many, needed, None)
    return slots


def _fit(kind: str, value: Any, path: str, remarks: Remarks) -> Any:
    if kind in PRIMITIVES:
        return _fit_primitive(kind, value, path, remarks)
    if kind == "Resource":
        return _fit_contained(value, path, remarks)
    return _fit_element(kind, value, path, remarks)


def _fit_element(kind: str, value: Any, path: str, remarks: Remarks) -> Any:
    """The element without what does not fit; _NOTHING if too little is left of it."""
    if not isinstance(value, dict):
        remarks(path, "is not an object, and is left out")
        return _NOTHING
    slots, fitted = _slots(kind), {}
    unknown = {name: each for name, each in value.items() if not _has_place(name, slots)}
    for name, each in value.items():
        kept = _NOTHING if name in unknown else _fit_property(name, each, slots, under(path, name), remarks)
        if kept is not _NOTHING:
            fitted[name] = kept
    _drop_alternatives(fitted, slots, path, remarks)
    if not fitted:
        remarks(path or "the file", "is empty, and is left out")
    if not fitted or _lacks(kind, fitted, slots, path, remarks):
        return _NOTHING
    if unknown:
        _keep_aside(kind, fitted, unknown, path, remarks)
    return fitted


def _has_place(name: str, slots: dict[str, Slot]) -> bool:
    slot = slots.get(name.removeprefix("_"))
    return slot is not None and (not name.startswith("_") or slot.kind in PRIMITIVES)


def _keep_aside(kind: str, fitted: Json, unknown: Json, path: str, remarks: Remarks) -> None:
    """What R4 has no name for, word for word in an extension; an extension can have none beside its value."""
    plain = json.dumps(_without_markup(unknown), sort_keys=True)
    can_be_kept = kind != "Extension" and len(plain) <= _LONGEST_ASIDE
    if can_be_kept:
        fitted["extension"] = [*fitted.get("extension", ()), {"url": UNKNOWN, "valueString": plain}]
    for name in unknown:
        what = "it is kept aside for export" if can_be_kept else "it is left out"
        remarks(under(path, name[:60]), f"is nothing that FHIR R4 knows here; {what}")


def _lacks(kind: str, fitted: Json, slots: dict[str, Slot], path: str, remarks: Remarks) -> bool:
    wanting = {slot.one_of or name for name, slot in slots.items() if slot.needed}
    wanting -= {slots[name].one_of or name for name in fitted if name in slots}
    if kind == "Extension" and len(fitted.keys() - {"id", "url"}) == 0:
        wanting.add("value[x]")
    if kind == "Extension" and fitted.get("url") in _MARKUP:
        remarks(path, "is markup, and is left out")
        return True
    if wanting:
        remarks(path, f"has no {' and no '.join(sorted(wanting))}, and is left out")
    return bool(wanting)


def _drop_alternatives(fitted: Json, slots: dict[str, Slot], path: str, remarks: Remarks) -> None:
    """Of value[x] there can be one, and an extension has either a value or extensions."""
    values = [name for name in fitted if name in slots and slots[name].one_of]
    if slots is _slots("Extension") and values and "extension" in fitted:
        remarks(path, "has a value and extensions; the extensions are left out")
        del fitted["extension"]
    for name in values[1:]:
        remarks(under(path, name), f"stands beside {values[0]}, and is left out")
        del fitted[name]


def _fit_property(name: str, value: Any, slots: dict[str, Slot], path: str, remarks: Remarks) -> Any:
    slot = slots[name.removeprefix("_")]
    if name.startswith("_"):
        return _fit_beside(slot, value, path, remarks)
    if not slot.many:
        if isinstance(value, list) and len(value) == 1:
            remarks(path, "is a list of one; read as that one")
            value = value[0]
        return _fit(slot.kind, value, path, remarks)
    if not isinstance(value, list):
        remarks(path, "is not a list; read as a list of one")
        value = [value]
    return _fit_list(slot.kind, value, path, remarks)


def _fit_list(kind: str, values: list[Any], path: str, remarks: Remarks) -> Any:
    fitted = [_fit(kind, each, f"{path}[{position}]", remarks) for position, each in enumerate(values)]
    kept = [each for each in fitted if each is not _NOTHING]
    return kept or _NOTHING


def _fit_beside(slot: Slot, value: Any, path: str, remarks: Remarks) -> Any:
    """What stands beside a simple value: its extensions, translations among them."""
    if slot.many:
        remarks(path, "stands beside a list, and is left out")
        return _NOTHING
    if not isinstance(value, dict) or not isinstance(value.get("extension"), list):
        remarks(path, "has no extensions, and is left out")
        return _NOTHING
    kept = _fit_list("Extension", value["extension"], under(path, "extension"), remarks)
    return _NOTHING if kept is _NOTHING else {"extension": kept}


def _set_aside(plain: Json, remarks: Remarks) -> list[Any]:
    """Take out the contained resources whose shape is not known here."""
    contained = plain.get("contained")
    if not isinstance(contained, list):
        return []
    aside, kept = [], []
    for position, each in enumerate(contained):
        kind = each.get("resourceType") if isinstance(each, dict) else None
        if isinstance(kind, str) and kind not in _CONTAINED:
            aside.append(_without_markup(each))
            place = under("", "contained", position)
            remarks(place, f"a {kind[:40]} is kept aside in an extension, and nothing is made of it")
        else:
            kept.append(each)
    plain["contained"] = kept
    if not kept:
        del plain["contained"]
    return aside


def _fit_contained(value: Any, path: str, remarks: Remarks) -> Any:
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _CONTAINED:
        remarks(path, "is no resource, and is left out")
        return _NOTHING
    if kind != "ValueSet":
        remarks(path, f"a {kind} is kept for export, and nothing is made of it")
    plain = {name: each for name, each in value.items() if name not in {"resourceType", "text"}}
    tree = _fit_element(kind, plain, path, remarks)
    if tree is _NOTHING:
        return tree
    tree.setdefault("status", "unknown")
    return {"resourceType": kind} | tree


def _without_markup(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_markup(each) for each in value if not _is_markup(each)]
    if isinstance(value, dict):
        return {name: _without_markup(each) for name, each in value.items() if not _is_markup(each)}
    return _UNSHOWABLE.sub("", value) if isinstance(value, str) else value


def _is_markup(value: Any) -> bool:
    return isinstance(value, dict) and ("div" in value or str(value.get("url")) in _MARKUP)


def _fit_primitive(kind: str, value: Any, path: str, remarks: Remarks) -> Any:
    fitted = _simple(kind, value)
    if fitted is _NOTHING:
        remarks(path, f"is no {kind}, and is left out")
    elif fitted != value or type(fitted) is not type(value):
        remarks(path, f"is no {kind} as it stands; read as {str(fitted)[:60]!r}")
    return fitted


def _simple(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else _TRUTHS.get(str(value).strip().lower(), _NOTHING)
    if kind in _PATTERNS:
        return _text(kind, value)
    return _number(kind, value)


def _text(kind: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _NOTHING
    text = _UNSHOWABLE.sub("", str(value))
    if kind not in {"string", "markdown"}:
        text = _as_moment(kind, text.strip())
    if kind in _NAMES and len(text) > LONGEST_NAME:
        return _NOTHING
    return text if re.fullmatch(_PATTERNS[kind], text) and _is_day(kind, text) else _NOTHING


def _as_moment(kind: str, text: str) -> str:
    """Days and times that say less than the standard asks, or more, as it has them; others as they are."""
    found = _LOOSE_MOMENT.fullmatch(text)
    if found is None or kind not in {"date", "dateTime", "instant", "time"}:
        return text
    day, clock, seconds, zone = found.groups()
    if kind == "time":
        return f"{clock.zfill(5)}{seconds or ':00'}" if not day and clock else text
    if kind == "date" or not clock:
        return day or text
    return f"{day}T{clock.zfill(5)}{seconds or ':00'}{zone or 'Z'}" if day else text


def _is_day(kind: str, text: str) -> bool:
    """Whether the day in it is one that the calendar has."""
    if kind not in {"date", "dateTime", "instant"} or len(text) < len("2026-01-01"):
        return True
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _number(kind: str, value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return _NOTHING
    if kind == "decimal":
        return value
    if int(value) != value or not _LEAST[kind] <= value < 2**31:
        return _NOTHING
    return int(value)


def _is_finite(value: int | float) -> bool:
    return isinstance(value, int) and abs(value) < 10**18 or isinstance(value, float) and math.isfinite(value)
