"""What the scored answers add up to, and when they add up to nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from portal.intake.path import Path
from portal.intake.questionnaire import OneOf, Questionnaire, Scale, SeveralOf
from portal.intake.replies import each_of


@dataclass(frozen=True, kw_only=True)
class Score:
    """A scale's sum, with what a reader has to know to believe it."""

    name: str
    title: str
    # None where too little was answered.
    total: float | None
    answered: int
    of: int
    # What becomes of missing answers, in a sentence.
    rule: str
    # What the therapist would call this total; None where no band holds it.
    band: str | None = None

    @property
    def line(self) -> str:
        """For example: 12; 7 of 9 answered, no total."""
        if self.total is None:
            return f"{self.answered} of {self.of} answered, no total"
        counted = "" if self.answered == self.of else f", from {self.answered} of {self.of} answered"
        return f"{self.total:g}{counted}"


def scores_of(path: Path) -> list[Score]:
    """Every scale of the questionnaire, from answers that were given to questions that are open (W4, W6)."""
    return [_score(path, scale) for scale in path.questionnaire.scales]


def rule_of(scale: Scale) -> str:
    """What becomes of missing answers, in a sentence or two."""
    if scale.missing == "none":
        rule = f"The sum of {len(scale.questions)} answers; no total unless all of them are given."
    else:
        rule = (
            f"The sum of {len(scale.questions)} answers; from {scale.at_least} answers on, "
            "the mean of those given stands for the rest."
        )
    return f"{rule} {scale.published}" if scale.published else rule


def band_of(scale: Scale, total: float) -> str | None:
    """The words for this total; one that a mean has put between two bands has both."""
    for band in scale.bands:
        if band.low <= total <= band.high:
            return band.words
    for below, above in pairwise(scale.bands):
        if below.high < total < above.low:
            return f"between “{below.words}” and “{above.words}”"
    return None


def _score(path: Path, scale: Scale) -> Score:
    weights = [_weight(path, link_id) for link_id in scale.questions]
    given = [weight for weight in weights if weight is not None]
    total: float | None = None
    if len(given) == len(weights):
        total = sum(given)
    elif scale.at_least is not None and len(given) >= scale.at_least:
        total = round(sum(given) / len(given) * len(weights), 2)
    return Score(
        name=scale.name,
        title=scale.title,
        total=total,
        answered=len(given),
        of=len(weights),
        rule=rule_of(scale),
        band=None if total is None else band_of(scale, total),
    )


def _weight(path: Path, link_id: str) -> float | None:
    """What the answer counts; None for no answer, and for one that the scale gives no weight."""
    question = _scored(path.questionnaire, link_id)
    reply = path.replies.get(link_id)
    if link_id not in path or reply is None or reply.given is None:
        return None
    weights = [question.weights.get(str(code)) for code in each_of(reply.given)]
    known = [weight for weight in weights if weight is not None]
    return sum(known) if len(known) == len(weights) else None


def _scored(questionnaire: Questionnaire, link_id: str) -> OneOf | SeveralOf:
    question = questionnaire.by_link_id[link_id]
    assert isinstance(question, OneOf | SeveralOf)
    return question
