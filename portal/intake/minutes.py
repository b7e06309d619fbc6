"""How long a questionnaire takes: counted from the words to read and from what each kind asks to do. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from portal.intake.questionnaire import Note, OneOf, Part, Question, Questionnaire, Section, SeveralOf

# Adults read 238 words a minute of such texts in silence (Brysbaert 2019, a review of 190 studies). Whoever
# is tired or afraid reads slower, and reads some sentences twice.
_WORDS_A_MINUTE = 180
# Seconds to think and to do it, once the words are read: to choose takes a moment, to write takes sentences.
_SECONDS: Mapping[str, float] = {
    "one-of": 6,
    "yes-no": 5,
    "several-of": 10,
    "number": 8,
    "date": 10,
    "time": 8,
    "moment": 15,
    "address": 20,
    "short-text": 12,
    "long-text": 75,
}
# Of a page that is turned.
_SECONDS_A_PAGE = 2
# Of questions that only some are asked, on average.
_SHARE_OF_SOME = 0.5


def minutes_of(questionnaire: Questionnaire, *, more: bool = False) -> int:
    """Whole minutes, rounded up: a questionnaire that is done sooner disappoints nobody.

    `more`: for who chose to say more than the short form asks.
    """
    return max(1, min(240, math.ceil(seconds_of(questionnaire, more=more) / 60)))


def seconds_of(questionnaire: Questionnaire, *, more: bool = False) -> float:
    """For whoever answers all they are asked. What only some are asked counts half."""
    shares: dict[str | None, float] = {None: 1}
    total = 0.0
    for part in questionnaire.items:
        share = shares[part.within] * (_SHARE_OF_SOME if part.enable_when else 1)
        if part.hidden or (part.link_id in questionnaire.beyond and not more):
            share = 0
        shares[part.link_id] = share
        total += share * _seconds(part)
    return total


def _seconds(part: Part) -> float:
    words = sum(len(text.split()) for text in _read(part))
    reading = words * 60 / _WORDS_A_MINUTE
    if isinstance(part, Section):
        return reading
    doing = 0 if isinstance(part, Note) or not part.asked else _SECONDS[part.kind]
    return reading + doing + _SECONDS_A_PAGE


def _read(part: Part) -> Iterator[str]:
    yield part.wording
    if isinstance(part, Question):
        yield part.why
    if isinstance(part, OneOf | SeveralOf):
        yield from (option.label for option in part.options)
