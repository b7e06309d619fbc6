"""What in a FHIR item depends on answers, or begins with one, in the portal's own values. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from pydantic import ValidationError

from portal.intake.fhir_shapes import Json, Remarks, under
from portal.intake.questionnaire import (
    OWN_WORDS,
    Condition,
    DateQuestion,
    LongText,
    MomentQuestion,
    Note,
    NumberQuestion,
    OneOf,
    Part,
    Question,
    Repeatable,
    Section,
    SeveralOf,
    ShortText,
    TimeQuestion,
    Value,
    YesNo,
    misfit_of_condition,
)
from portal.intake.replies import Unreadable, read, typed_as


def conditions_of(
    item: Json, asked: Mapping[str, Part], later: Container[str], path: str, remarks: Remarks
) -> tuple[Condition, ...]:
    """The conditions of an item that can be judged.

    `asked` are the parts before it by their linkIds; `later` are the linkIds of all that there is.
    """
    made = []
    for position, plain in enumerate(item.get("enableWhen", ())):
        place = under(path, "enableWhen", position)
        name = plain["question"]
        if name in later and name not in asked:
            remarks(place, f"{name[:60]!r} is asked later than this; asked without this condition")
            continue
        condition = _condition(plain, asked.get(name), place, remarks)
        if condition is not None:
            made.append(condition)
    return tuple(made)


def initial_of(item: Json, question: Question, path: str, remarks: Remarks) -> Value | None:
    """What stands in the field at first, if it is an answer that could be given."""
    values = [_value_in(each, "value") for each in item.get("initial", ())]
    values += [
        _value_in(each, "value") for each in item.get("answerOption", ()) if each.get("initialSelected")
    ]
    if not values:
        return None
    place = under(path, "initial")
    if isinstance(question, OneOf | SeveralOf) and question.weights:
        remarks(place, "an answer that counts is never given beforehand")
        return None
    try:
        made = _typed(question, [_as_answer(question, each) for each in values])
    except Unreadable as problem:
        remarks(place, f"is no answer to this question ({problem}), and is not used")
        return None
    if len(values) > 1 and not _takes_several(question):
        remarks(place, f"there are {len(values)}, and one is asked for; the first is used")
    if question.asked and made is not None:
        remarks(place, "stands in the field, and is an answer only once the client goes on with it")
    return made


def _typed(question: Question, values: list[Any]) -> Value | None:
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        raise Unreadable("unknown")
    one_each = [text for each in known for text in typed_as(question, each)]
    return read(question, one_each if _takes_several(question) else one_each[:1])


def _takes_several(question: Question) -> bool:
    return isinstance(question, SeveralOf) or (isinstance(question, Repeatable) and question.several)


def _condition(plain: Json, asked: Part | None, path: str, remarks: Remarks) -> Condition | None:
    if asked is None or isinstance(asked, Note | Section):
        remarks(path, f"{plain['question'][:60]!r} is no question here; asked without this condition")
        return None
    answer = _value_in(plain, "answer")
    if plain["operator"] != "exists":
        # Where the options are not known, nobody will ever answer with one of their codes.
        answer = None if _is_in_own_words(asked, answer) else _as_answer(asked, answer)
    try:
        condition = Condition(question=asked.link_id, operator=plain["operator"], answer=answer)
        problem = misfit_of_condition(condition, asked)
    except ValidationError:
        problem = "cannot be judged"
    if problem is None:
        return condition
    remarks(path, f"the condition on {plain['question'][:60]!r} {problem}; asked without it")
    return None


def _is_in_own_words(asked: Question, answer: Any) -> bool:
    return isinstance(asked, ShortText | LongText) and isinstance(answer, dict)


def _value_in(element: Json, stem: str) -> Any:
    return next((each for name, each in element.items() if name.startswith(stem)), None)


def _as_answer(asked: Question, value: Any) -> Any:
    """A FHIR value as an answer to this question has it; None if it cannot be one."""
    match asked:
        case OneOf() | SeveralOf():
            return _as_code(asked, value)
        case YesNo():
            return value if isinstance(value, bool) else None
        case NumberQuestion():
            value = value.get("value") if isinstance(value, dict) else value
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case DateQuestion() | TimeQuestion() | MomentQuestion():
            return _as_time(asked, value)
        case _:
            value = (value.get("display") or value.get("code")) if isinstance(value, dict) else value
            return str(value).strip() or None if isinstance(value, str | int | float) else None


def _as_code(asked: OneOf | SeveralOf, value: Any) -> str | None:
    code, system = (value.get("code"), value.get("system")) if isinstance(value, dict) else (None, None)
    words = str(value.get("display", "")) if isinstance(value, dict) else str(value)
    codings = [(option.code, option.label, option.coding) for option in asked.options]
    same = [each for each, _, coding in codings if code and coding and coding.code == code]
    exact = [
        each for each, _, coding in codings if each in same and coding and system in {None, coding.system}
    ]
    if exact or same:
        return (exact or same)[0]
    said = [each for each, label, coding in codings if words and words in {label, coding and coding.code}]
    if said:
        return said[0]
    return OWN_WORDS + words if asked.other and words else None


def _as_time(asked: DateQuestion | TimeQuestion | MomentQuestion, value: Any) -> str | None:
    """Months and years alone are their first day; a zone is left out: the clock of who answers counts."""
    if not isinstance(value, str):
        return None
    if isinstance(asked, TimeQuestion):
        return value[:5] if re.match(r"\d\d:\d\d", value) else None
    if not re.match(r"\d{4}", value):
        return None
    day, _, clock = value.partition("T")
    day = {len("2026"): f"{day}-01-01", len("2026-01"): f"{day}-01"}.get(len(day), day)
    return day if isinstance(asked, DateQuestion) else f"{day}T{clock[:5] or '00:00'}"
