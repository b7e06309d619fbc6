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
    Addition,
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

# What has a page of its own: one item, or a section whose questions are asked on one page.
Stop = Item | Section

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
    `more` says whether they chose to say more than the short form asks.
    """

    questionnaire: Questionnaire
    replies: Mapping[str, Reply]
    more: bool = False

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that is open, sections and what is shown to nobody too. What a closed one holds is closed."""
        beyond = frozenset() if self.more else self.questionnaire.beyond
        parts: list[Part] = []
        closed: set[str] = set()
        seen: dict[str, Value] = {}
        for part in self.questionnaire.items:
            link_id = part.link_id
            if part.within in closed or link_id in beyond or not _enabled(part, seen):
                closed.add(link_id)
                continue
            parts.append(part)
            value = self._value(link_id)
            if value is not None:
                seen[link_id] = value
        return tuple(parts)

    def _value(self, link_id: str) -> Value | None:
        """What counts as the answer: of what nobody can answer, what it brings along."""
        if link_id in self.questionnaire.fixed:
            return self.questionnaire.fixed[link_id]
        reply = self.replies.get(link_id)
        return reply.given if reply is not None else None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What a client meets by itself."""
        met, perhaps = self.questionnaire.met, self.questionnaire.perhaps_met
        return tuple(
            met[part.link_id]
            for part in self.parts
            if part.link_id in met and (part.link_id not in perhaps or self._is_met(part))
        )

    def _is_met(self, part: Part) -> bool:
        """Nobody is prepared for a part in which nothing is asked of them; silence leaves no trace."""
        if isinstance(part, Note):
            return part.before in self._asking
        return isinstance(part, Question) and self._given(part)

    @cached_property
    def _asking(self) -> frozenset[str]:
        """The sections in which there is an open question."""
        contents, hidden = self.questionnaire.contents, self.questionnaire.out_of_sight
        if not contents:
            return frozenset()
        asked = {
            part.link_id for part in self.parts if isinstance(part, Question) and part.link_id not in hidden
        }
        return frozenset(section for section in contents if not asked.isdisjoint(contents[section]))

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

    def headings(self, item: Part) -> list[str]:
        """The texts of the sections that it stands in, the outermost first."""
        return self.questionnaire.headings(item)

    @cached_property
    def _open(self) -> frozenset[str]:
        return frozenset(item.link_id for item in self.items)

    def __contains__(self, link_id: str) -> bool:
        return link_id in self._open

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """What the client comes to, one after another."""
        if not self.questionnaire.page_of:
            return self.items
        return tuple({stop.link_id: stop for stop in map(self.stop_of, self.items)}.values())

    def stop_of(self, item: Item) -> Stop:
        """Where the client comes to this item."""
        page = self.questionnaire.page_of.get(item.link_id)
        section = self.questionnaire.by_link_id[page] if page else None
        return section if isinstance(section, Section) else item

    def within(self, section: Section) -> list[Item]:
        """The open items that stand in this section, however deep."""
        inner = set(self.questionnaire.contents[section.link_id])
        return [item for item in self.items if item.link_id in inner]

    def met_in(self, section: Section) -> list[Stop]:
        """The open items in it, with the texts of the sections that they stand in there."""
        inner = set(self.questionnaire.contents[section.link_id])
        return [
            part
            for part in self.parts
            if part.link_id in inner and (part.link_id in self._open or self._is_heading(part))
        ]

    def _is_heading(self, part: Part) -> bool:
        return isinstance(part, Section) and bool(part.text) and part.link_id in self._asking

    def asked_in(self, section: Section) -> list[Question]:
        """The open questions that stand in this section, however deep."""
        return [item for item in self.within(section) if not isinstance(item, Note) and item.asked]

    def untouched_in(self, section: Section) -> Question | None:
        """The first question in it that was neither answered nor passed by."""
        return next((each for each in self.asked_in(section) if each.link_id not in self.replies), None)

    def after(self, link_id: str) -> Stop | None:
        """The stop that follows the one of this part, None after the last. The part itself may be closed.

        What follows a section comes after all that stands in it.
        """
        last = self._ends_at(link_id)
        return next((stop for stop in self.stops if self._begins_at(stop) > last), None)

    def before(self, link_id: str) -> Stop | None:
        """The stop that goes before the one of this part, None before the first."""
        first = self.questionnaire.positions[self.questionnaire.page_of.get(link_id, link_id)]
        return next((stop for stop in reversed(self.stops) if self._begins_at(stop) < first), None)

    def _begins_at(self, stop: Stop) -> int:
        return self.questionnaire.positions[stop.link_id]

    def _ends_at(self, link_id: str) -> int:
        """The position of the last part that is done with once the page of this one is."""
        page = self.questionnaire.page_of.get(link_id, link_id)
        last = self.questionnaire.contents.get(page, (page,))[-1]
        return self.questionnaire.positions[last]

    @property
    def first_untouched(self) -> Question | None:
        """Where a client goes on: the first question that was neither answered nor passed by."""
        return next((each for each in self.questions if each.link_id not in self.replies), None)

    @property
    def newly_opened(self) -> Question | None:
        """The first question that an answer or a choice has opened and that was not asked yet."""
        untouched = (each for each in self.questions if each.link_id not in self.replies)
        return next((each for each in untouched if each.link_id in self.questionnaire.conditional), None)

    @property
    def missing(self) -> Question | None:
        """The first question without whose answer nothing can be sent."""
        return next((each for each in self.questions if needed(each) and not self._given(each)), None)

    def lit(self, *, upto: Stop | None = None) -> dict[str, LampRule]:
        """What the answers have lit, by question: with `upto`, only there and before it."""
        positions = self.questionnaire.positions
        last = len(positions) if upto is None else self._ends_at(upto.link_id)
        rules = {
            each.link_id: lit_by(self.questionnaire, each, self.replies.get(each.link_id))
            for each in self.items
            if not isinstance(each, Note) and positions[each.link_id] <= last
        }
        return {link_id: rule for link_id, rule in rules.items() if rule is not None}

    @property
    def total(self) -> int:
        """How many questions there are, as the client counts them: a follow-up is part of its question."""
        return sum(_counts(each) for each in self.questions)

    def number_of(self, item: Question) -> int | None:
        """Its number among `total`; a follow-up has that of its question. None for what is not open."""
        return self._numbers.get(item.link_id)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        numbers: dict[str, int] = {}
        number = 0
        for each in self.questions:
            if isinstance(each, Addition):
                continue
            number += _counts(each)
            # A follow-up can be open while its question is not.
            numbers[each.link_id] = max(number, 1)
        return numbers

    @property
    def for_talking(self) -> list[Question]:
        """What the client would rather talk about in person."""
        replies = ((each, self.replies.get(each.link_id)) for each in self.questions)
        return [each for each, reply in replies if reply and reply.state is AnswerState.IN_PERSON]

    def _given(self, question: Question) -> bool:
        reply = self.replies.get(question.link_id)
        return reply is not None and reply.given is not None


def _counts(question: Question) -> bool:
    return question.part_of is None and not isinstance(question, Addition)


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
    main = [path.replies.get(each.link_id) for each in path.questions if _counts(each)]
    return Progress(
        total=path.total,
        answered=_count(main, AnswerState.ANSWERED),
        in_person=len(path.for_talking),
        untouched=main.count(None),
        begun=begun,
        saved_at=saved_at,
        sent_at=sent_at,
    )


def _count(replies: Sequence[Reply | None], state: AnswerState) -> int:
    return sum(reply is not None and reply.state is state for reply in replies)


def passed_by(
    questionnaire: Questionnaire, replies: Mapping[str, Reply], parts: Mapping[str, AnswerState]
) -> dict[str, Reply]:
    """The replies, with every question that was not touched in a section that was passed by as a whole.

    `parts` names such sections, each with the way round it that was taken. What was said there stays.
    """
    whole = dict(replies)
    for section, state in parts.items():
        for link_id in questionnaire.contents.get(section, ()):
            item = questionnaire.by_link_id[link_id]
            if isinstance(item, Question) and item.asked:
                whole.setdefault(link_id, Reply(state, None))
    return whole


def _enabled(item: Part, seen: Mapping[str, Value]) -> bool:
    if not item.enable_when:
        return True
    if len(item.enable_when) == 1:
        return _holds(item.enable_when[0], seen.get(item.enable_when[0].question))
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
