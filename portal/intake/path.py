"""Which questions are open, which comes next, and how far a client has come. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from portal.intake.lamp_rules import lit_by
from portal.intake.questionnaire import (
    Condition,
    Item,
    LampRule,
    Note,
    Operator,
    Part,
    Question,
    Questionnaire,
    Section,
    Value,
    names_its_client,
)
from portal.intake.replies import AnswerState, Reply

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.GREATER: operator.gt,
    Operator.LESS: operator.lt,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
}


@dataclass(frozen=True)
class Path:
    """The items that are open to a client, in their order, given what they have said so far.

    Only answers that were given, to questions that are open, count (W4): the order of answering does not.
    """

    questionnaire: Questionnaire
    replies: Mapping[str, Reply]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that is open, sections and what is shown to nobody too. What a closed one holds is closed."""
        parts: list[Part] = []
        closed: set[str] = set()
        seen: dict[str, Value] = {}
        for part in self.questionnaire.items:
            if part.within in closed or (part.enable_when and not _enabled(part, seen)):
                closed.add(part.link_id)
                continue
            parts.append(part)
            value = self._value(part)
            if value is not None:
                seen[part.link_id] = value
        return tuple(parts)

    def _value(self, part: Part) -> Value | None:
        """What counts as the answer: of a question that nobody can answer, what it brings along."""
        if isinstance(part, Note | Section):
            return None
        if part.read_only or part.link_id in self.questionnaire.out_of_sight:
            return part.initial
        reply = self.replies.get(part.link_id)
        return reply.given if reply is not None else None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What has a page of its own: a note within a question stands on the question's."""
        sections, hidden = self.questionnaire.sections, self.questionnaire.out_of_sight
        return tuple(
            part
            for part in self.parts
            if not isinstance(part, Section)
            and part.link_id not in hidden
            and not (isinstance(part, Note) and part.within and part.within not in sections)
        )

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What a client can answer."""
        return tuple(item for item in self.items if not isinstance(item, Note) and not item.read_only)

    def hints(self, question: Item) -> list[str]:
        """The open notes that stand within a question, to be shown on its page."""
        return [
            part.wording
            for part in self.parts
            if isinstance(part, Note) and part.within == question.link_id and not part.hidden
        ]

    def headings(self, item: Item) -> list[str]:
        """The texts of the sections that it stands in, the outermost first."""
        return self.questionnaire.headings(item)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {item.link_id: position for position, item in enumerate(self.items)}

    def __contains__(self, link_id: str) -> bool:
        return link_id in self._positions

    def after(self, link_id: str) -> Item | None:
        """The item that follows, None after the last. The question asked about may itself be hidden."""
        if link_id in self._positions:
            rest = self.items[self._positions[link_id] + 1 :]
            return rest[0] if rest else None
        order = list(self.questionnaire.by_link_id)
        later = set(order[order.index(link_id) :])
        return next((item for item in self.items if item.link_id in later), None)

    def before(self, link_id: str) -> Item | None:
        """The open item that goes before this open one, None before the first."""
        position = self._positions[link_id]
        return self.items[position - 1] if position else None

    @property
    def first_untouched(self) -> Question | None:
        """Where a client goes on: the first question that was neither answered nor passed by."""
        return next((each for each in self.questions if each.link_id not in self.replies), None)

    @property
    def newly_opened(self) -> Question | None:
        """The first question that an answer has opened and that was not asked yet."""
        untouched = (each for each in self.questions if each.link_id not in self.replies)
        return next((each for each in untouched if each.enable_when), None)

    @property
    def missing(self) -> Question | None:
        """The first question without whose answer nothing can be sent."""
        return next((each for each in self.questions if needed(each) and not self._given(each)), None)

    def lit(self, *, upto: Item | None = None) -> dict[str, LampRule]:
        """What the answers have lit, by question: with `upto`, only at that item and before it."""
        last = len(self.items) if upto is None else self._positions[upto.link_id] + 1
        rules = {
            each.link_id: lit_by(self.questionnaire, each, self.replies.get(each.link_id))
            for each in self.items[:last]
            if not isinstance(each, Note)
        }
        return {link_id: rule for link_id, rule in rules.items() if rule is not None}

    @property
    def total(self) -> int:
        """How many questions there are, as the client counts them: a follow-up is part of its question."""
        return sum(each.part_of is None for each in self.questions)

    def number_of(self, item: Question) -> int:
        """Its number among `total`; a follow-up has that of its question."""
        return self._numbers[item.link_id]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        numbers: dict[str, int] = {}
        number = 0
        for each in self.questions:
            number += each.part_of is None
            # A follow-up can be open while its question is not.
            numbers[each.link_id] = max(number, 1)
        return numbers

    def _given(self, question: Question) -> bool:
        reply = self.replies.get(question.link_id)
        return reply is not None and reply.given is not None


def needed(question: Question) -> bool:
    """Whether nothing can be sent without an answer to it."""
    return question.wanted and names_its_client(question)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a client has come, counted in questions; `in_person` counts follow-ups too."""

    total: int = 0
    answered: int = 0
    in_person: int = 0
    untouched: int = 0
    begun: bool = False
    saved_at: datetime | None = None
    sent_at: datetime | None = None


def progress(
    path: Path, *, begun: bool, saved_at: datetime | None = None, sent_at: datetime | None = None
) -> Progress:
    """The count for this path. Follow-ups are part of their question, but for those kept for talking."""
    main = [path.replies.get(each.link_id) for each in path.questions if each.part_of is None]
    return Progress(
        total=path.total,
        answered=_count(main, AnswerState.ANSWERED),
        in_person=_count([path.replies.get(each.link_id) for each in path.questions], AnswerState.IN_PERSON),
        untouched=main.count(None),
        begun=begun,
        saved_at=saved_at,
        sent_at=sent_at,
    )


def _count(replies: Sequence[Reply | None], state: AnswerState) -> int:
    return sum(reply is not None and reply.state is state for reply in replies)


def _enabled(item: Part, seen: Mapping[str, Value]) -> bool:
    hold = (_holds(condition, seen.get(condition.question)) for condition in item.enable_when)
    return all(hold) if item.enable_behaviour == "all" else any(hold)


def _holds(condition: Condition, value: Value | None) -> bool:
    """FHIR R4's meaning: of several choices one suffices, and *not equal* means that none is equal."""
    given = () if value is None else value if isinstance(value, tuple) else (value,)
    if condition.operator is Operator.EXISTS:
        return bool(given) is condition.answer
    if condition.operator is Operator.NOT_EQUAL:
        return all(each != condition.answer for each in given)
    compare = _COMPARE[condition.operator]
    return any(compare(each, condition.answer) for each in given)
