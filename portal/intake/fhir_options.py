"""The answers to choose from in a FHIR item: written there, or in a value set of the file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from portal.intake.fhir_shapes import (
    LONGEST_NAME,
    UNKNOWN,
    Json,
    Remark,
    Remarks,
    Unusable,
    extension_value,
    extensions,
    under,
)
from portal.intake.questionnaire import LONGEST_CODE, LONGEST_WORDS, MOST_OPTIONS

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
_WEIGHTS = (
    ORDINAL,
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/valueset-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/codesystem-ordinalValue",
)


# How a code system's property is called that says what an answer counts.
_WEIGHING = frozenset({"itemWeight", "ordinalValue"})

_HOW = "bring both in one Bundle"

# Of all questions together: beyond, a small file could keep a reader busy for minutes.
MOST_ANSWERS = 50_000
# How deep value sets may stand in one another.
_DEEPEST = 50


@dataclass(frozen=True)
class Words:
    """Which language is wanted, and which one the file is in; None where that is not said."""

    wanted: str | None
    own: str | None = None
    # What the file's own code systems say of a code, by the system and the code.
    codes: Mapping[tuple[str, str], Json] = field(default_factory=dict)

    def known(self, coding: Json) -> Json:
        """The coding, with what its code system says of it where it says nothing itself."""
        return self.codes.get((str(coding.get("system")), str(coding.get("code"))), {}) | coding

    def of(self, element: Json, name: str) -> str | None:
        """The text under this name, in the language that is wanted if it is there; plain, on its lines."""
        text = element.get(name)
        if text is not None and not self._is_own():
            beside = element.get(f"_{name}", {})
            text = next((each for each in self._translations(beside)), text)
        return str(text).strip() if text is not None else None

    def of_concept(self, concept: Json) -> str | None:
        """The words of a code, by its designations too."""
        if not self._is_own():
            for each in concept.get("designation", ()):
                if self._fits(each.get("language")):
                    return str(each["value"]).strip()
        return self.of(concept, "display")

    def has(self, tree: Json) -> bool:
        """Whether anything in a file is in the language that is wanted."""
        return self._is_own() or any(self._is_in(each) for each in _elements(tree))

    def _is_own(self) -> bool:
        return self.wanted is None or self._fits(self.own)

    def _fits(self, language: object) -> bool:
        if not isinstance(language, str) or self.wanted is None:
            return False
        return language.lower().split("-")[0] == self.wanted.lower().split("-")[0]

    def _translations(self, beside: Json) -> Iterator[str]:
        for each in extensions(beside, TRANSLATION):
            if self._fits(extension_value(each, "lang")):
                content = extension_value(each, "content")
                if isinstance(content, str):
                    yield content

    def _is_in(self, element: Json) -> bool:
        designated = "value" in element and self._fits(element.get("language"))
        return designated or bool(list(self._translations(element)))


def codes_in(tree: Json) -> dict[tuple[str, str], Json]:
    """All that the code systems in a file say of their codes, by the system and the code."""
    found: dict[tuple[str, str], Json] = {}
    for each in tree.get("contained", ()):
        if each.get("resourceType") == "CodeSystem" and "url" in each:
            for concept in _leaf_by_leaf(each):
                plain = {name: value for name, value in concept.items() if name != "concept"}
                found.setdefault((each["url"], concept["code"]), plain)
    return found


def languages_in(tree: Json) -> tuple[str, ...]:
    """The languages that a file holds words in, its own first; each once, however it is spelled there."""
    codes = [tree.get("language")]
    for element in _elements(tree):
        codes += [extension_value(each, "lang") for each in extensions(element, TRANSLATION)]
        codes += [element.get("language")] if "value" in element else []
    found: dict[str, str] = {}
    for code in codes:
        if isinstance(code, str):
            found.setdefault(code.lower().split("-")[0], code)
    return tuple(found.values())


def slug(text: str, taken: Iterable[str], *, otherwise: str) -> str:
    """A code of the portal's own for a name of another system, unlike those that are taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[: LONGEST_CODE - 6].strip("-") or otherwise
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name


def coding_of(element: Json) -> Json:
    """What a definition keeps of a code; words too long for it are cut where they are shown."""
    return {
        name: element[name]
        for name in ("system", "code", "display")
        if name in element and len(element[name]) <= LONGEST_NAME
    }


def cut(text: str, path: str, remarks: Remarks) -> str:
    """The text, as much of it as a page of the portal has room for."""
    if len(text) <= LONGEST_WORDS:
        return text
    remarks(path, f"is longer than {LONGEST_WORDS:,} characters, and is cut")
    return text[: LONGEST_WORDS - 1].rstrip() + "…"


class Beside:
    """What a file holds beside its items, by what refers to it; each list of answers is read once."""

    def __init__(self, tree: Json) -> None:
        self._by_id: dict[str, tuple[str, Json]] = {}
        self._by_url: dict[str, tuple[str, Json]] = {}
        # By what refers to it, with what was remarked of it below the item that did.
        self._lists: dict[str, tuple[list[Json], list[Remark]]] = {}
        self._room = MOST_ANSWERS
        for position, each in enumerate(tree.get("contained", ())):
            place = under("", "contained", position)
            self._by_id.setdefault(each.get("id", ""), (place, each))
            self._by_url.setdefault(each.get("url", ""), (place, each))

    def referred(self, reference: str, kind: str) -> tuple[str, Json] | None:
        """What is under a reference like #colours, or under an address of its own, with its path."""
        if reference.startswith("#"):
            found = self._by_id.get(reference[1:])
        else:
            found = self._by_url.get(reference.partition("|")[0])
        return found if found and found[1].get("resourceType") == kind else None

    def options_of(self, item: Json, path: str, words: Words, remarks: Remarks) -> list[Json]:
        """The options as a definition has them; none where the file does not hold them. Raises Unusable."""
        reference = None if "answerOption" in item else item.get("answerValueSet")
        if reference in self._lists:
            options, said = self._lists[reference]
            for remark in said:
                remarks(path + remark.path, remark.words)
        else:
            before = len(remarks.found)
            options = _options_of(self, item, path, words, remarks)
            if reference is not None:
                new = remarks.found[before:]
                said = [
                    Remark(each.path[len(path) :], each.words) for each in new if each.path.startswith(path)
                ]
                self._lists[reference] = options, said
        self._room -= len(options)
        if self._room < 0:
            raise Unusable(f"{path}: with this there are more than {MOST_ANSWERS:,} answers to choose from")
        return options


def _options_of(beside: Beside, item: Json, path: str, words: Words, remarks: Remarks) -> list[Json]:
    options: dict[str, Json] = {}
    seen: set[tuple[str, str]] = set()
    read = 0
    # One more than there may be tells that there are too many; a hostile file may hold any number.
    for place, option in islice(_written(beside, item, path, words, remarks), MOST_OPTIONS + 1):
        read += 1
        option["label"] = cut(option["label"], place, remarks)
        coding = option["coding"]
        same = (str(coding.get("system")), str(coding.get("code") or option["label"]))
        if same in seen:
            remarks(place, "is the same answer as one before, and is left out")
            continue
        seen.add(same)
        option["code"] = slug(coding.get("code") or option["label"], options, otherwise="answer")
        options[option["code"]] = option
    if read > MOST_OPTIONS:
        remarks(path, f"has more than {MOST_OPTIONS} options; it is asked for in the client's own words")
        return []
    return list(options.values())


def _written(
    beside: Beside, item: Json, path: str, words: Words, remarks: Remarks
) -> Iterator[tuple[str, Json]]:
    if "answerOption" in item:
        for position, option in enumerate(item["answerOption"]):
            place = under(path, "answerOption", position)
            _say_of_option(option, place, remarks)
            made = _of_option(option, words)
            if made:
                yield place, made
            else:
                remarks(place, "has no words, and is left out")
    elif "answerValueSet" in item:
        yield from _of_value_set(
            beside, item["answerValueSet"], under(path, "answerValueSet"), words, remarks
        )


def _say_of_option(option: Json, path: str, remarks: Remarks) -> None:
    for each in (*option.get("extension", ()), *option.get("valueCoding", {}).get("extension", ())):
        if each["url"] not in {*_WEIGHTS, UNKNOWN}:
            remarks(path, f"{each['url'].rsplit('/', 1)[-1][:60]} is kept for export, and not used")


def _of_option(option: Json, words: Words) -> Json | None:
    coding = option.get("valueCoding")
    weight = extension_value(option, *_WEIGHTS)
    if coding is None:
        value = next(each for name, each in option.items() if name.startswith("value"))
        text = words.of(option, "valueString") if "valueString" in option else _plain(value)
        return _made(text, {"display": (text or "")[:LONGEST_NAME]}, weight)
    known = words.known(coding)
    text = words.of_concept(known) or coding.get("code")
    return _made(text, coding_of(coding), _weight_of(known) if weight is None else weight)


def _weight_of(concept: Json) -> object:
    """What it counts: by an extension, or by a property as newer code systems have it."""
    weights = (
        each.get("valueDecimal", each.get("valueInteger"))
        for each in concept.get("property", ())
        if each["code"] in _WEIGHING
    )
    weight = extension_value(concept, *_WEIGHTS)
    return next(weights, None) if weight is None else weight


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("display") or value.get("reference") or "")
    return str(value)


def _made(text: str | None, coding: Json, weight: object) -> Json | None:
    if not text or not text.strip():
        return None
    scored = isinstance(weight, int | float) and not isinstance(weight, bool)
    return {"label": text.strip(), "coding": coding, "weight": float(weight) if scored else None}  # type: ignore[arg-type]


def _of_value_set(
    beside: Beside,
    reference: str,
    path: str,
    words: Words,
    remarks: Remarks,
    within: tuple[str, ...] = (),
    done: set[str] | None = None,
) -> Iterator[tuple[str, Json]]:
    """Its codes and those of the value sets that it takes in, each set once. Raises Unusable for a circle."""
    done = set() if done is None else done
    if reference in within:
        raise Unusable(f"{path}: the value sets {', '.join(within)[:200]} hold one another")
    if len(within) > _DEEPEST:
        raise Unusable(f"{path}: value sets in value sets more than {_DEEPEST} levels deep")
    held = beside.referred(reference, "ValueSet")
    if held is None:
        remarks(path, f"{reference[:200]!r} is not in the file, so its answers are not known: {_HOW}")
        return
    place, found = held
    yield from _own_codes(beside, found, place, words)
    if not _is_expanded(found):
        for where, inner in _included(beside, found, f"{place}.compose", remarks):
            if inner not in done:
                yield from _of_value_set(beside, inner, where, words, remarks, (*within, reference), done)
    done.add(reference)


def _own_codes(beside: Beside, value_set: Json, place: str, words: Words) -> Iterator[tuple[str, Json]]:
    for concept in _concepts(beside, value_set):
        kept = coding_of(concept)
        known = words.known(concept)
        made = _made(words.of_concept(known) or concept.get("code"), kept, _weight_of(known))
        if made:
            yield place, made


def _included(beside: Beside, value_set: Json, path: str, remarks: Remarks) -> Iterator[tuple[str, str]]:
    """The other value sets that this one takes in, each with the path that names it."""
    compose = value_set.get("compose", {})
    for position, include in enumerate(compose.get("include", ())):
        where = under(path, "include", position)
        known = "concept" in include or "valueSet" in include or _code_system(beside, include)
        if "filter" in include or not known:
            remarks(where, "names answers by a rule and not one by one, so they are not known")
        for number, inner in enumerate(include.get("valueSet", ())):
            yield under(where, "valueSet", number), inner
    for position, exclude in enumerate(compose.get("exclude", ())):
        if "concept" not in exclude:
            remarks(under(path, "exclude", position), "leaves answers out by a rule, which is not followed")


def _is_expanded(value_set: Json) -> bool:
    """Whether its answers stand there one by one; an expansion that holds nothing says nothing."""
    return bool(value_set.get("expansion", {}).get("contains"))


def _concepts(beside: Beside, value_set: Json) -> Iterator[Json]:
    if _is_expanded(value_set):
        yield from _expanded(value_set["expansion"])
        return
    compose = value_set.get("compose", {})
    left_out = {
        (each.get("system"), concept.get("code"))
        for each in compose.get("exclude", ())
        for concept in each.get("concept", ())
    }
    for include in compose.get("include", ()):
        system = {"system": include["system"]} if "system" in include else {}
        for concept in _included_concepts(beside, include):
            if (include.get("system"), concept.get("code")) not in left_out:
                yield system | concept


def _included_concepts(beside: Beside, include: Json) -> Iterator[Json]:
    """Those that are named; all of a code system of the file where none is."""
    if "concept" in include:
        yield from include["concept"]
    elif "filter" not in include and "valueSet" not in include:
        yield from _leaf_by_leaf(_code_system(beside, include) or {})


def _leaf_by_leaf(code_system: Json) -> Iterator[Json]:
    waiting = list(code_system.get("concept", ()))[::-1]
    while waiting:
        concept = waiting.pop()
        yield concept
        waiting += concept.get("concept", ())[::-1]


def _code_system(beside: Beside, include: Json) -> Json | None:
    held = beside.referred(include["system"], "CodeSystem") if "system" in include else None
    return held[1] if held else None


def _expanded(holder: Json) -> Iterator[Json]:
    for each in holder.get("contains", ()):
        if not each.get("abstract") and not each.get("inactive"):
            yield each
        yield from _expanded(each)


def _elements(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _elements(each)
