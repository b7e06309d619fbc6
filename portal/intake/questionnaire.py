"""The questionnaire as data: kinds of questions, their wording, and which answers open them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

# A text is a string, a choice a code, several choices a tuple of codes, a date an ISO string (2027-03-01).
Value = str | bool | int | float | tuple[str, ...]

_LONGEST_CODE = 60
_MOST_ITEMS = 1000
# Addresses below /questions/ that are not questions.
_TAKEN = frozenset({"check", "sent"})

Code = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=_LONGEST_CODE)
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Day = Annotated[str, StringConstraints(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class Malformed(Exception):
    """The definition cannot be used. `problems` are lines, each with the path at fault and what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Operator(StrEnum):
    """How a condition compares. As in FHIR R4's questionnaire-enable-operator."""

    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Frozen):
    """What an earlier answer has to be. An answer that is hidden or not given counts as none."""

    question: Code
    operator: Operator
    answer: StrictBool | StrictInt | FiniteFloat | StrictStr


class Option(_Frozen):
    code: Code
    label: Words


class LampRule(_Frozen):
    """Which codes light the lamp, and what the client reads at once when one of them does."""

    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    heading: Words
    words: Words


class _Item(_Frozen):
    link_id: Code
    text: Words
    enable_when: tuple[Condition, ...] = ()
    enable_behaviour: Literal["all", "any"] = "all"
    # A follow-up shares the number of the question that it belongs to.
    part_of: Code | None = None
    # Asks about what may hurt; such questions come late.
    tender: bool = False


class Note(_Item):
    """Something to read on the way. Nothing is answered."""

    kind: Literal["note"]


class _Question(_Item):
    # Completes the sentence that begins "Why this is asked:".
    why: Words
    # Sending needs an answer. Only the name may be.
    wanted: bool = False


class ShortText(_Question):
    kind: Literal["short-text"]
    max_length: Annotated[int, Field(ge=1, le=500)] = 200
    # The answer becomes the name that the portal calls the client by.
    name_to_use: bool = False


class LongText(_Question):
    kind: Literal["long-text"]
    # What a browser sends while it is being closed may not pass 64 KiB; this many characters never do.
    max_length: Annotated[int, Field(ge=1, le=5000)] = 5000


class _Choice(_Question):
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=200)]
    lamp: LampRule | None = None

    @cached_property
    def labels(self) -> dict[str, str]:
        return {option.code: option.label for option in self.options}


class OneOf(_Choice):
    kind: Literal["one-of"]


class SeveralOf(_Choice):
    kind: Literal["several-of"]


class YesNo(_Question):
    """In a form and for a lamp its codes are "yes" and "no"; its value, and in conditions, true or false."""

    kind: Literal["yes-no"]
    lamp: LampRule | None = None

    @property
    def labels(self) -> dict[str, str]:
        return {"yes": "Yes", "no": "No"}


class DateQuestion(_Question):
    kind: Literal["date"]
    min: Day = "1900-01-01"
    max: Day = "2199-12-31"


class NumberQuestion(_Question):
    kind: Literal["number"]
    min: Annotated[FiniteFloat, Field(ge=-1e9)] = -1e9
    max: Annotated[FiniteFloat, Field(le=1e9)] = 1e9
    whole: bool = True
    unit: Words | None = None


Question = ShortText | LongText | OneOf | SeveralOf | YesNo | DateQuestion | NumberQuestion
Choice = OneOf | SeveralOf | YesNo
Item = Annotated[Question | Note, Field(discriminator="kind")]

_ORDER = frozenset({Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST})


class Questionnaire(_Frozen):
    """A whole definition. Every condition is on an earlier question, so no order of answering can matter."""

    name: Code
    title: Words
    # How long it takes, honestly.
    minutes: Annotated[int, Field(ge=1, le=240)]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=_MOST_ITEMS)]

    @cached_property
    def by_link_id(self) -> dict[str, Question | Note]:
        return {item.link_id: item for item in self.items}

    @cached_property
    def decisive(self) -> frozenset[str]:
        """The questions whose answers open or close others."""
        return frozenset(each.question for item in self.items for each in item.enable_when)

    @cached_property
    def lights_lamps(self) -> bool:
        return any(lamp_of(item) for item in self.items)

    @property
    def name_question(self) -> ShortText | None:
        return next((item for item in self.items if isinstance(item, ShortText) and item.name_to_use), None)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = list(_misfits(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def lamp_of(item: Question | Note) -> LampRule | None:
    """The rule by which an answer to this item lights a lamp, if it has one."""
    return item.lamp if isinstance(item, OneOf | SeveralOf | YesNo) else None


def parsed(source: str | bytes) -> Questionnaire:
    """The definition in this JSON. Raises Malformed, which names each path at fault."""
    try:
        return Questionnaire.model_validate_json(source)
    except ValidationError as problem:
        raise Malformed(
            [f"{_path(each['loc'])}: {each['msg']}" for each in problem.errors(include_url=False)]
        ) from None


def canonical(questionnaire: Questionnaire) -> str:
    """The definition in its one canonical form: JSON, keys sorted, what is at its default left out."""
    plain = questionnaire.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(definition: str) -> str:
    """SHA-256 of a definition in its canonical form, in hex."""
    return hashlib.sha256(definition.encode()).hexdigest()


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _misfits(questionnaire: Questionnaire) -> Iterator[str]:
    """What is wrong between items rather than in one."""
    earlier: dict[str, Question | Note] = {}
    for position, item in enumerate(questionnaire.items):
        for problem in _misfits_of(item, earlier):
            yield f"items.{position} ({item.link_id}): {problem}"
        earlier[item.link_id] = item
    if sum(isinstance(item, ShortText) and item.name_to_use for item in questionnaire.items) > 1:
        yield "items: only one question can ask for the name to use"
    if all(isinstance(item, Note) for item in questionnaire.items):
        yield "items: there is no question"


def _misfits_of(item: Question | Note, earlier: dict[str, Question | Note]) -> Iterator[str]:
    if item.link_id in earlier:
        yield "this link_id is there twice"
    if item.link_id in _TAKEN:
        yield "this link_id is an address of its own"
    for condition in item.enable_when:
        problem = _misfit_of_condition(condition, earlier.get(condition.question))
        if problem:
            yield f"the condition on {condition.question!r} {problem}"
    whole = earlier.get(item.part_of) if item.part_of else None
    if item.part_of and (whole is None or isinstance(whole, Note) or whole.part_of):
        yield f"{item.part_of!r} is not an earlier question that it could be a part of"
    if not isinstance(item, Note):
        yield from _misfits_of_question(item)


def _misfits_of_question(item: Question) -> Iterator[str]:
    names = isinstance(item, ShortText) and item.name_to_use
    if item.wanted and not names:
        yield "only the question for the name to use may be wanted"
    if names and item.enable_when:
        yield "the question for the name to use cannot be hidden"
    if isinstance(item, OneOf | SeveralOf) and len(item.labels) < len(item.options):
        yield "two options have the same code"
    if isinstance(item, OneOf | SeveralOf | YesNo) and item.lamp:
        yield from (
            f"the lamp's code {code!r} is not an option"
            for code in item.lamp.codes
            if code not in item.labels
        )
    if isinstance(item, DateQuestion | NumberQuestion) and item.min > item.max:  # type: ignore[operator]
        yield "min is above max"


def _misfit_of_condition(condition: Condition, asked: Question | Note | None) -> str | None:
    if asked is None or isinstance(asked, Note):
        return "does not name an earlier question"
    if condition.operator is Operator.EXISTS:
        return None if isinstance(condition.answer, bool) else "needs true or false"
    if condition.operator in _ORDER and not isinstance(asked, DateQuestion | NumberQuestion):
        return f"cannot use {condition.operator}: only dates and numbers have an order"
    return None if _comparable(asked, condition.answer) else "expects an answer that can never be given"


def _comparable(asked: Question, answer: bool | int | float | str) -> bool:
    match asked:
        case YesNo():
            return isinstance(answer, bool)
        case NumberQuestion():
            return isinstance(answer, int | float) and not isinstance(answer, bool)
        case OneOf() | SeveralOf():
            return answer in asked.labels
        case _:
            return isinstance(answer, str)
