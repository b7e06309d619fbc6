"""The draft of a questionnaire as data: it may hold what no definition may, and says what is amiss. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from portal.intake.minutes import minutes_of
from portal.intake.questionnaire import (
    AddressQuestion,
    AnswerList,
    DateQuestion,
    LongText,
    Malformed,
    MomentQuestion,
    Note,
    NumberQuestion,
    OneOf,
    Part,
    Questionnaire,
    Scale,
    Section,
    SeveralOf,
    ShortText,
    TimeQuestion,
    WideLampRule,
    YesNo,
    as_definition,
    misfits,
)

# {"title", "minutes", "minutes_more", "items", "scales", "answer_lists", "lamps", "source_language", "gone",
# "next"}: parts as in a definition, each item with a "key" that is its own for good. "gone" are items that
# were taken out.
Sheet = dict[str, Any]
Json = dict[str, Any]

MODELS: Mapping[str, type[BaseModel]] = {
    "short-text": ShortText,
    "long-text": LongText,
    "one-of": OneOf,
    "several-of": SeveralOf,
    "yes-no": YesNo,
    "number": NumberQuestion,
    "date": DateQuestion,
    "time": TimeQuestion,
    "moment": MomentQuestion,
    "address": AddressQuestion,
    "note": Note,
    "section": Section,
}
_NOTHING: tuple[Any, ...] = ("", None, [], ())
_PART: TypeAdapter[Part] = TypeAdapter(Part)
_SCALE, _LIST, _LAMP = TypeAdapter(Scale), TypeAdapter(AnswerList), TypeAdapter(WideLampRule)
_CARRIED = ("minutes", "minutes_more", "items", "scales", "answer_lists", "lamps")
_UNSAID = dict.fromkeys(name for model in MODELS.values() for name in model.model_fields)
_MOST_CHARACTERS = 60
_ROUNDS = 20


class Problem(NamedTuple):
    """What keeps a draft from being published, and where: an item's link_id, or none for all of it."""

    link_id: str | None
    # The name of the field that it is about, where it is one.
    field: str
    words: str


@dataclass(frozen=True)
class Judged:
    """What a draft amounts to so far."""

    problems: list[Problem]
    # All of it that is fit, which is a definition only where there are no problems; None where nothing is.
    fit: Questionnaire | None
    # The items that are not in it.
    left_out: frozenset[str] = field(default_factory=frozenset)

    @property
    def definition(self) -> Questionnaire | None:
        return None if self.problems else self.fit


def empty(title: str) -> Sheet:
    """A sheet of paper with a title and nothing else."""
    return {
        "title": title,
        "minutes": None,
        "minutes_more": None,
        "items": [],
        "scales": [],
        "answer_lists": [],
        "lamps": [],
        "gone": [],
        "next": 1,
    }


def of_definition(questionnaire: Questionnaire) -> Sheet:
    """The draft that says what this definition says; its source is kept beside it."""
    plain = questionnaire.model_dump(mode="json", exclude_defaults=True)
    sheet = empty(questionnaire.title) | {name: plain[name] for name in _CARRIED if name in plain}
    if questionnaire.source_language:
        sheet["source_language"] = questionnaire.source_language
    for item in sheet["items"]:
        item["key"] = new_key(sheet)
    return sheet


def new_key(sheet: Sheet) -> str:
    """A key that no item of this sheet has had before."""
    sheet["next"] += 1
    return f"i{sheet['next'] - 1}"


def loaded(text: str) -> Sheet:
    sheet: Sheet = json.loads(text)
    return sheet


def stored(sheet: Sheet) -> str:
    return json.dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def texts_of(sheet: Sheet) -> dict[str, str]:
    """What people know an item by: its words, as many as fit in a line. What is gone is known too."""
    gone = {each["item"]["link_id"]: known_by(each["item"]) for each in sheet["gone"]}
    return gone | {item["link_id"]: known_by(item) for item in sheet["items"]}


def spelled_out(item: Json) -> Json:
    """The item with a None for all that an item of any kind can say and this one does not."""
    return {**_UNSAID, **item}


def known_by(item: Json) -> str:
    text = " ".join(str(item.get("text") or "").split())
    if not text:
        return "A section without words" if item["kind"] == "section" else "Without words yet"
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1].rstrip() + "…"


def judged(sheet: Sheet, *, name: str, source: str | None) -> Judged:
    """What keeps this draft from being a definition, and how far it is one."""
    texts, link_ids = texts_of(sheet), {item["link_id"] for item in sheet["items"]}
    parts, problems = _parts(sheet)
    scales = _checked(_SCALE, sheet["scales"], "scales", problems)
    lists = _checked(_LIST, sheet["answer_lists"], "answer_lists", problems)
    lamps = _checked(_LAMP, sheet.get("lamps", []), "lamps", problems)
    problems += _problems_of_frame(sheet)
    base: dict[str, Any] = {
        "name": name,
        "title": str(sheet["title"] or "").strip() or "Without a title",
        "minutes": sheet["minutes"] if _is_minutes(sheet["minutes"]) else 1,
        "minutes_more": more if _is_minutes(more := sheet.get("minutes_more")) else None,
        "answer_lists": tuple(lists),
        "source": source,
        "source_language": sheet.get("source_language"),
    }
    unread = link_ids - parts.keys()
    together: dict[str, list[Any]] = {"items": list(parts.values()), "scales": scales, "lamps": lamps}
    unchecked: dict[str, Any] = base | {place: tuple(each) for place, each in together.items()}
    whole = Questionnaire.model_construct(**unchecked)
    for problem in misfits(whole):
        path, words = _place_and_words(problem, list(parts))
        if not unread & set(_QUOTED.findall(words)):
            problems.append(Problem(path, "", _plain(words, texts)))
    questionnaire = _as_far_as_fit(together, base)
    questionnaire = questionnaire and _with_minutes(questionnaire, sheet)
    kept = questionnaire.by_link_id.keys() if questionnaire else set()
    return Judged(problems, questionnaire, frozenset(link_ids - kept))


def _with_minutes(questionnaire: Questionnaire, sheet: Sheet) -> Questionnaire:
    """With our count, where nobody has said otherwise."""
    if sheet["minutes"] is not None:
        return questionnaire
    counted = {"minutes": minutes_of(questionnaire)}
    if sheet.get("minutes_more") is None and questionnaire.beyond:
        counted["minutes_more"] = minutes_of(questionnaire, more=True)
    return questionnaire.model_copy(update=counted)


def plain_item(item: Json) -> Json:
    """The item without what its kind cannot have, and without what is empty."""
    names = MODELS[item["kind"]].model_fields
    return {name: each for name, each in item.items() if name in names and each not in _NOTHING}


def _parts(sheet: Sheet) -> tuple[dict[str, Part], list[Problem]]:
    parts: dict[str, Part] = {}
    problems: list[Problem] = []
    for item in sheet["items"]:
        try:
            parts[item["link_id"]] = _PART.validate_python(_without_half_a_lamp(plain_item(item)))
        except ValidationError as unfit:
            problems += [Problem(item["link_id"], *each) for each in _said_once(unfit)]
    return parts, problems


def _said_once(unfit: ValidationError) -> list[tuple[str, str]]:
    """Each field with its words: of two of the same words the first, and none of what only holds another."""
    said = sorted({_field_and_words(_place_of(each), each["type"]) for each in unfit.errors()}, reverse=True)
    fields = [name for name, _ in said]
    deepest = {words: name for name, words in said if not any(each.startswith(f"{name}.") for each in fields)}
    return sorted((name, words) for words, name in deepest.items())


def _place_of(error: Any) -> tuple[int | str, ...]:
    """Of what a lamp does not say as a whole, the part that is missing."""
    place: tuple[int | str, ...] = error["loc"]
    if place[-1:] == ("lamp",) and error["type"] == "value_error":
        return *place, _field_of({"loc": (), "msg": error["msg"]})
    return place


def _without_half_a_lamp(plain: Json) -> Json:
    """A lamp in which nothing was said yet is none."""
    lamp = plain.get("lamp")
    if isinstance(lamp, dict) and all(each in _NOTHING for each in lamp.values()):
        del plain["lamp"]
    return plain


def _checked(adapter: TypeAdapter[Any], parts: list[Json], place: str, problems: list[Problem]) -> list[Any]:
    kept = []
    for each in parts:
        try:
            plain = {name: value for name, value in each.items() if value not in _NOTHING}
            kept.append(adapter.validate_python(plain))
        except ValidationError as unfit:
            said = {_WORDS.get(_field_of(error), "something is amiss") for error in unfit.errors()}
            title = each.get("title") or each.get("heading") or "one without a title"
            problems += [
                Problem(None, place, f"{_WHOLES[place]} “{title}”: {words}.") for words in sorted(said)
            ]
    return kept


_WHOLES = {"scales": "The score", "answer_lists": "The answer list", "lamps": "The lamp"}


def _field_of(error: Any) -> str:
    """Of what its parts do not say together, that which is missing."""
    if error["loc"]:
        return str(error["loc"][0])
    return "minutes" if "minutes" in error["msg"] else "codes"


def _problems_of_frame(sheet: Sheet) -> list[Problem]:
    problems = []
    if not str(sheet["title"] or "").strip():
        problems.append(Problem(None, "title", "It has no title yet."))
    if sheet["minutes"] is not None and not _is_minutes(sheet["minutes"]):
        problems.append(Problem(None, "minutes", "Its minutes are no number from 1 to 240."))
    return problems


def _is_minutes(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 240


def _as_far_as_fit(together: Mapping[str, list[Any]], base: Mapping[str, Any]) -> Questionnaire | None:
    """Without what does not fit, and without what does not fit once that is left out."""
    kept = dict(together)
    for _ in range(_ROUNDS):
        try:
            return as_definition({**base, **kept})
        except Malformed as malformed:
            unfit = [_AT.findall(problem) for problem in malformed.problems]
        at_fault = {(place, int(number)) for found in unfit for place, number in found}
        if not at_fault:
            return None
        for place, parts in kept.items():
            kept[place] = [each for number, each in enumerate(parts) if (place, number) not in at_fault]
    return None


def _field_and_words(path: tuple[int | str, ...], kind: str) -> tuple[str, str]:
    """The field at fault and what is amiss; the path begins with the kind of the item."""
    names = [str(step) for step in path[1:] if not isinstance(step, int)]
    dotted = ".".join(names) or "kind"
    if kind == "string_too_long":
        return dotted, f"{_CALLED.get(names[0], 'Something')} is too long."
    words = _WORDS.get(dotted) or _WORDS.get(names[0] if names else "") or "something is amiss"
    return dotted, f"{words[0].upper()}{words[1:]}."


_CALLED = {"text": "What clients read", "why": "Why it is asked", "options": "One of the answers"}
_WORDS = {
    "text": "it has no words yet",
    "why": "it does not say why it is asked",
    "options": "it has no answers to choose from",
    "options.label": "one of its answers has no words",
    "options.weight": "one of its scores is no number",
    "options.code": "one of its answers has a code that is none: use a–z, 0–9 and hyphens",
    "link_id": "its name for reports is none: use a–z, 0–9 and hyphens",
    "lamp.codes": "no answer lights its lamp yet",
    "lamp.minutes": "its lamp does not say within how many minutes you are told",
    "codes": "no answer lights it yet",
    "heading": "it does not say what the client reads",
    "words": "it does not say what the client reads",
    "minutes": "it does not say within how many minutes you are told",
    "lamp": "its lamp does not say what the client reads",
    "enable_when": "one of its conditions is not complete",
    "max_length": "there is no room for so many characters",
    "min": "its smallest is not possible",
    "max": "its largest is not possible",
    "title": "it has no title",
    "questions": "it adds up no questions yet",
    "at_least": "it does not say how many answers are enough",
    "bands": "one of its bands is not complete",
    "initial": "what stands there at first is no answer to it",
}
_AT = re.compile(r"\b(items|scales|lamps)\.(\d+)")
_QUOTED = re.compile(r"'([a-z0-9-]+)'")
_PATH = re.compile(r"(items|scales|answer_lists|lamps)(?:\.(\d+))?(?: \([a-z0-9-]*\))?: ")
# What a definition's own refusals say, for who reads no code.
_MISFITS = (
    (
        r"the condition on (.*) does not name an earlier.*",
        r"It depends on \1, which does not stand before it.",
    ),
    (r"the condition on (.*) expects.*", r"It waits for an answer to \1 that can never be given."),
    (r"the condition on (.*) (?:needs|cannot use).*", r"Its condition on \1 cannot be judged."),
    (r"(.*) is not an earlier question.*", r"It belongs to \1, which is no question that stands before it."),
    (r"(.*) is not a section or.*", r"It belongs into \1, but does not stand there."),
    (r"the section .* holds nothing", r"It holds nothing yet."),
    (
        r"the question for the name.*",
        r"The question for a name stands in no section, and is always asked.",
    ),
    (r"the lamp's code.*", r"Its lamp waits for an answer that is not there."),
    (
        r"the next item is not a section (.*)",
        r"It lets \1 be passed by, which does not come right after it.",
    ),
    (r"more than (\d+) items .*", r"It holds more than \1 items, which are too many for one page."),
    (r"more than (\d+) long texts .*", r"It asks for more than \1 long texts, too many for one page."),
    (r"the lamp's number fits.*", r"Its lamp waits for a number, and its answers have none."),
    (r"a number needs the questions.*", r"A lamp waits for a number, and does not say of which question."),
    (r"(.*) is not a choice or a number", r"A lamp is on \1, whose answers cannot light one."),
    (r"(.*): the lamp's .*", r"A lamp waits for an answer that \1 does not have."),
    (r"no question has an option.*", r"A lamp waits for an answer that no question has."),
    (r"min is above max", r"Its largest is below its smallest."),
    (r"initial .*", r"What stands there at first is no answer to it."),
    (r"its options are not the answer list.*", r"Its answers are not those of its list any more."),
    (r"two options have the same code", r"Two of its answers have the same code."),
    (r"this link_id is an address.*", r"Its name for reports is taken by the portal itself."),
    (r"only one question can ask.*", r"Only one question can ask for the name to use."),
    (r"there is no question", r"There is no question yet."),
    (r"(.*) has no options with weights", r"A score adds up \1, whose answers have no scores."),
    (r"at_least is more.*", r"A score wants more answers than it has questions."),
    (
        r"at_least belongs.*",
        r"A score says how many answers are enough where a mean stands for the rest.",
    ),
    (r"a band ends.*", r"A band of a score ends before it begins."),
    (r"bands overlap.*", r"Bands of a score overlap, or do not go upwards."),
    (r"a question is there twice", r"A score adds up one question twice."),
)


def _place_and_words(problem: str, link_ids: list[str]) -> tuple[str | None, str]:
    found = _PATH.match(problem)
    if found is None:
        return None, problem
    place, number = found.groups()
    return link_ids[int(number)] if place == "items" and number else None, problem[found.end() :]


def _plain(words: str, texts: Mapping[str, str]) -> str:
    for pattern, said in _MISFITS:
        found = re.fullmatch(pattern, words)
        if found:
            words = found.expand(said)
            break
    return _QUOTED.sub(lambda each: f"“{texts.get(each[1], each[1])}”", words)
