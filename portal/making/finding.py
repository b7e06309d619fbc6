"""What the lint says of a questionnaire, and how one of its rules looks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from portal.intake.questionnaire import Questionnaire

# An item's link_id, or none for all of it; and what is so there.
Said = tuple[str | None, str]
# The versions that there are already of what is looked at, by their numbers.
Published = Mapping[int, Questionnaire]
_Find = Callable[[Questionnaire, Published], Iterable[Said]]


@dataclass(frozen=True)
class Rule:
    """One thing that makes questions harder to bear, and why. An error blocks publishing; a warning can be
    answered."""

    name: str
    heading: str
    reason: str
    is_error: bool
    find: _Find


@dataclass(frozen=True)
class Finding:
    rule: str
    heading: str
    reason: str
    is_error: bool
    link_id: str | None
    words: str


def found_by(rule: Rule, questionnaire: Questionnaire, published: Published) -> list[Finding]:
    return [
        Finding(rule.name, rule.heading, rule.reason, rule.is_error, link_id, words)
        for link_id, words in rule.find(questionnaire, published)
    ]


def rule(name: str, heading: str, reason: str, *, is_error: bool = False) -> Callable[[_Find], Rule]:
    """Makes a rule of the function that finds what breaks it."""

    def made(find: _Find) -> Rule:
        return Rule(name, heading, reason, is_error, find)

    return made
