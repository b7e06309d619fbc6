"""What a client may say to one question: reading what was typed, and what becomes of an older reply. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from portal.errors import Refused
from portal.intake.questionnaire import (
    OWN_WORDS,
    AddressQuestion,
    DateQuestion,
    LongText,
    MomentQuestion,
    NumberQuestion,
    OneOf,
    Question,
    Repeatable,
    SeveralOf,
    ShortText,
    TimeQuestion,
    Value,
    YesNo,
)

# No sign of it is needed beyond what a person can mean: 9 digits, 4 decimals, a point or a comma.
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}([.,][0-9]{1,4})?")
# Control characters but for tabs and line ends, and what Unicode says is no character.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_MINUS = "\N{MINUS SIGN}"
# Of an answer in one's own words beside options, of an address, and of answers on a line each.
_LONGEST_OWN_WORDS = 500
_LONGEST_ADDRESS = 500
_MOST_LINES = 50
_SOMETHING_ELSE = "Something else"

_ReadFromOne = Repeatable | LongText | OneOf | YesNo


class AnswerState(StrEnum):
    """Four things that are not the same (W3)."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    DECLINED = "declined"
    IN_PERSON = "in-person"


class Way(StrEnum):
    """What was pressed under a question. GIVE takes a way round back; DRAFT is a pause in the typing."""

    CONTINUE = "continue"
    DRAFT = "draft"
    SKIP = "skip"
    DECLINE = "decline"
    IN_PERSON = "in-person"
    GIVE = "give"


ROUND = {
    Way.SKIP: AnswerState.SKIPPED,
    Way.DECLINE: AnswerState.DECLINED,
    Way.IN_PERSON: AnswerState.IN_PERSON,
}


class Unreadable(Refused):
    """What was typed is no answer to this question. Its words are for the client."""


@dataclass(frozen=True)
class Reply:
    """How a question stands. A value stays when a way round is taken, and is then shown to nobody else."""

    state: AnswerState
    value: Value | None

    @property
    def given(self) -> Value | None:
        """The value, if it was given as an answer."""
        return self.value if self.state is AnswerState.ANSWERED else None


@dataclass(frozen=True)
class Posted:
    """What a page sends for one question."""

    typed: Sequence[str]
    way: Way = Way.CONTINUE
    # The revision of the answer that the page was drawn from.
    based_on: int = 0
    # Tells this page from the same question in another window; "" tells nothing. Its turns count upwards.
    page: str = ""
    turn: int = 0
    # Put it below what is stored, rather than in its place.
    join: bool = False
    # The version that the page asked on; "" tells nothing.
    asked_on: str = ""


def reply_after(earlier: Reply | None, way: Way, value: Value | None) -> Reply | None:
    """What stands once `way` was pressed with `value` in the field; None if nothing is to be kept.

    A way round keeps what was there before, or what is in the field now. Continue with nothing changed leaves
    a way round that was taken before; with nothing in the field it is the same as skipping.
    """
    kept = earlier.value if earlier else None
    if way in ROUND:
        return Reply(ROUND[way], kept if value is None else value)
    if way is Way.DRAFT and value is None and earlier is None:
        return None
    passed_by = earlier is not None and earlier.state is not AnswerState.ANSWERED
    if earlier and passed_by and (value is None or (value == kept and way is not Way.GIVE)):
        return Reply(earlier.state, value)
    return Reply(AnswerState.SKIPPED if value is None else AnswerState.ANSWERED, value)


def is_stale(earlier: Reply, value: Value | None) -> bool:
    """Whether this value, from a page that is older than `earlier`, would take something away from it."""
    says_something = earlier.value is not None or earlier.state is not AnswerState.SKIPPED
    return value is not None and value != earlier.value and says_something


def field_value(question: Question, posted: Posted) -> Value | None:
    """The value in what was posted. Raises Unreadable; nobody who takes a way round is held up by that."""
    try:
        return read(question, posted.typed)
    except Unreadable:
        if posted.way not in ROUND:
            raise
        # Text stays, however long it is: it is shown to nobody, and told when it is to be given.
        texts = isinstance(question, ShortText | LongText)
        return cleaned(posted.typed[0]) if texts else None


def read(question: Question, typed: Sequence[str]) -> Value | None:
    """The value in what was typed, None if nothing was. Raises Unreadable."""
    given = [text for text in map(cleaned, typed) if text]
    if not given:
        return None
    if isinstance(question, SeveralOf):
        return _codes(question, given)
    if isinstance(question, Repeatable) and question.several:
        return _lines(question, given)
    if isinstance(question, OneOf) and question.other:
        given = _without_bare_mark(given)
        if len(given) > 1:
            raise Unreadable("Choose one answer. For your own words, choose “Something else”")
    if len(given) > 1:
        raise Unreadable("Give one answer here")
    return _read_one(question, given[0])


def cleaned(text: str) -> str:
    """Without the blanks around it, and without characters that no page can show."""
    return _UNSHOWABLE.sub("", text.replace("\r\n", "\n")).strip()


def typed_as(question: Question, value: Value | None) -> list[str]:
    """What a client would type or choose to give this value; `read` gives it back."""
    if value is None:
        return []
    if isinstance(question, YesNo):
        return ["yes" if value else "no"]
    if isinstance(question, Repeatable) and isinstance(value, tuple):
        return ["\n".join(map(str, value))]
    return [str(each) for each in each_of(value)]


def each_of(value: Value) -> tuple[str | bool | int | float, ...]:
    """The answers in it: several, or the one."""
    return value if isinstance(value, tuple) else (value,)


def own_words_in(question: OneOf | SeveralOf, typed: Sequence[str]) -> str | None:
    """What was typed there beside the options; "" where only the mark for it was set, None for nothing."""
    own = [text for text in typed if text not in question.labels]
    return " ".join(text.removeprefix(OWN_WORDS) for text in own).strip() if own else None


def in_words(question: Question, value: Value) -> list[str]:
    """The value as people read it: a line each for several answers."""
    if isinstance(question, YesNo):
        return ["Yes" if value else "No"]
    return [_one_in_words(question, each) for each in each_of(value)]


def joined(question: Question, one: Value | None, other: Value | None) -> Value | None:
    """Both in one where that can be, texts one below the other, choices all together; else `other`."""
    if one is None or other is None:
        return one if other is None else other
    if isinstance(question, ShortText | LongText) and not isinstance(one, tuple):
        return str(one) if one == other else _text(question, f"{one}{_gap(question)}{other}")
    if can_be_joined(question):
        return read(question, [*typed_as(question, one), *typed_as(question, other)])
    return other


def can_be_joined(question: Question) -> bool:
    """Whether two answers to it can stand together, so that none of them has to go."""
    several = isinstance(question, Repeatable) and question.several
    return several or isinstance(question, ShortText | LongText | SeveralOf)


def packed(value: Value | None) -> str | None:
    """The value as JSON, to be sealed."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def unpacked(text: str) -> Value:
    """The value that `packed` made this JSON of; several choices are a tuple again."""
    value = json.loads(text)
    return tuple(value) if isinstance(value, list) else value


def _one_in_words(question: Question, value: str | bool | int | float) -> str:
    match question:
        case OneOf() | SeveralOf():
            return _label(question, str(value))
        case DateQuestion():
            return _day(str(value))
        case MomentQuestion():
            day, _, clock = str(value).partition("T")
            return f"{_day(day)}, {clock}"
        case NumberQuestion():
            return f"{value} {question.unit}" if question.unit else str(value)
        case _:
            return str(value)


def _label(question: OneOf | SeveralOf, code: str) -> str:
    if code in question.labels:
        return question.labels[code]
    return code.removeprefix(OWN_WORDS) or _SOMETHING_ELSE


def _read_one(question: _ReadFromOne, text: str) -> str | bool | int | float:
    match question:
        case ShortText() | LongText():
            return _text(question, text)
        case DateQuestion():
            return _date(question, text)
        case TimeQuestion() | MomentQuestion():
            return _clock_time(text) if isinstance(question, TimeQuestion) else _moment(text)
        case AddressQuestion():
            return _address(text)
        case NumberQuestion():
            return _number(question, text)
        case YesNo():
            return _code(question, text) == "yes"
        case _:
            return _code(question, text)


def _lines(question: Repeatable, given: Sequence[str]) -> Value | None:
    """Each once, in the order of the lines."""
    lines = [line.strip() for text in given for line in text.split("\n") if line.strip()]
    if len(lines) > _MOST_LINES:
        raise Unreadable(f"There is room for {_MOST_LINES} lines")
    return tuple(dict.fromkeys(_read_one(question, line) for line in lines)) or None


def _without_bare_mark(given: list[str]) -> list[str]:
    """The mark for own words says nothing where they stand beside it."""
    return [text for text in given if text != OWN_WORDS] or given[:1]


def _text(question: ShortText | LongText, text: str) -> str:
    if len(text) > question.max_length:
        raise Unreadable(
            f"There is room for {question.max_length:,} characters, and this has {len(text):,}. "
            "Make it shorter, or keep some of it for talking"
        )
    return " ".join(text.split()) if isinstance(question, ShortText) else text


def _gap(question: ShortText | LongText) -> str:
    return "\n\n" if isinstance(question, LongText) else " "


def _code(question: OneOf | SeveralOf | YesNo, code: str) -> str:
    if code in question.labels:
        return code
    if isinstance(question, YesNo) or not question.other:
        raise Unreadable("Choose one of the answers below")
    words = " ".join(code.removeprefix(OWN_WORDS).split())
    if len(words) > _LONGEST_OWN_WORDS:
        raise Unreadable(f"There is room for {_LONGEST_OWN_WORDS} characters of your own")
    return OWN_WORDS + words


def _codes(question: SeveralOf, codes: Sequence[str]) -> tuple[str, ...]:
    """In the order of the options, each once, own words last."""
    chosen = dict.fromkeys(_code(question, code) for code in codes)
    own = [code for code in chosen if code not in question.labels]
    return (*(code for code in question.labels if code in chosen), *_without_bare_mark(own))


def _date(question: DateQuestion, text: str) -> str:
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unreadable("Write a day as year, month and day, like 2026-03-31") from None
    if not question.min <= day <= question.max:
        raise Unreadable(f"Choose a day from {_day(question.min)} to {_day(question.max)}")
    return day


def _clock_time(text: str) -> str:
    try:
        return time.fromisoformat(text).strftime("%H:%M")
    except ValueError:
        raise Unreadable("Write a time of day as hours and minutes, like 14:30") from None


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("Write a day and a time of day, like 2026-03-31 14:30") from None
    return f"{moment.date().isoformat()}T{moment:%H:%M}"


def _address(text: str) -> str:
    if len(text) > _LONGEST_ADDRESS or len(text.split()) > 1:
        raise Unreadable("Write one address without blanks, like https://example.org")
    return text


def _number(question: NumberQuestion, text: str) -> int | float:
    text = text.replace(_MINUS, "-")
    if not _NUMBER.fullmatch(text):
        raise Unreadable("Write a number in digits, like 7")
    number = float(text.replace(",", "."))
    if question.whole and not number.is_integer():
        raise Unreadable("Write a whole number, like 7")
    if not question.min <= number <= question.max:
        raise Unreadable(f"Write a number from {question.min:g} to {question.max:g}")
    return int(number) if number.is_integer() else number


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B} {day.year}"
