"""Which answers light a lamp, when it is told of, and when again as long as nobody has seen it. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.intake.questionnaire import (
    LampRule,
    NumberQuestion,
    OneOf,
    Question,
    Questionnaire,
    SeveralOf,
    Value,
    codes_of,
)
from portal.intake.replies import Reply, each_of, typed_as
from portal.practice.answering import Answering

# The waits double, and none is longer than a day.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(hours=1), timedelta(days=1)
# Where there is nobody yet who could be told, the portal looks again so often.
LOOKS_AGAIN_AFTER = timedelta(hours=1)
# Nobody is told again in the night of what they were told before.
_NIGHT, _MORNING = time(22), time(7)


def lights(rule: LampRule | None, question: Question, reply: Reply | None) -> bool:
    """Whether this reply lights the lamp of this rule: only an answer that was given can (W3)."""
    if rule is None or reply is None or reply.given is None:
        return False
    chosen = frozenset(typed_as(question, reply.given))
    if not codes_of(question, chosen).isdisjoint(rule.codes):
        return True
    return rule.by_number and any(_fits(rule, number) for number in _numbers(question, reply.given))


def lit_by(questionnaire: Questionnaire, question: Question, reply: Reply | None) -> LampRule | None:
    """The rule whose lamp this reply to this question lights, if any."""
    rule = questionnaire.lamp_on(question.link_id)
    return rule if lights(rule, question, reply) else None


def told_at(rule: LampRule, *, lit_at: datetime, answering: Answering) -> datetime:
    """When a lamp of this rule that was lit then is told of."""
    if rule.tells == "answering-hours":
        return answering.hours_from(lit_at)
    return lit_at + timedelta(minutes=rule.minutes or 0)


def told_again_at(told_at: datetime, *, times: int, zone: ZoneInfo) -> datetime:
    """When to tell of it once more, if it was told `times` times, last at `told_at`, and nobody has seen it.

    After one hour, two, four, and so on, up to a day; what falls into the night waits for the morning.
    """
    wait = min(_FIRST_WAIT * float(2 ** min(times - 1, 10)), _LONGEST_WAIT)
    local = (told_at + wait).astimezone(zone)
    if local.time() >= _NIGHT:
        return datetime.combine(local.date() + timedelta(days=1), _MORNING, zone)
    return max(local, datetime.combine(local.date(), _MORNING, zone))


def _fits(rule: LampRule, number: float) -> bool:
    high_enough = rule.at_least is None or number >= rule.at_least
    return high_enough and (rule.at_most is None or number <= rule.at_most)


def _numbers(question: Question, value: Value) -> list[float]:
    """Each number that was given; of options what they count together, of those without weight nothing."""
    if isinstance(question, NumberQuestion):
        return [float(each) for each in each_of(value)]
    if isinstance(question, OneOf | SeveralOf):
        weights = [question.weights[code] for code in map(str, each_of(value)) if code in question.weights]
        return [sum(weights)] if weights else []
    return []
