"""The lint for tenderness: what makes questions harder to bear than they need be, and why. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from portal.intake.minutes import minutes_of
from portal.intake.questionnaire import Note, OneOf, Part, Question, Questionnaire, Section, SeveralOf
from portal.making.finding import Finding, Published, Rule, Said, found_by, rule
from portal.making.lint_earlier import CHANGED_ANSWERS, OTHER_MEANING
from portal.making.lint_risk import LAMP_WITH_GAPS, RISK_BY_CODE, RISK_BY_WORDS
from portal.making.reading_age import reading_age
from portal.making.sheet import Judged

_MOST_MINUTES = 10
# What is told may be a little less than counted: nobody counts so exactly.
_TOLD_AT_LEAST = 0.7
_OLDEST_READER = 12
_SAME_WHY = 3
_SHORTEST_WHY = 4
# Of the easy questions, how many come before the first tender one at least.
_SHARE_BEFORE = 1 / 3

_DEMANDS = re.compile(
    r"\b(?:you must|must be answered|mandatory|compulsory|obligatory|required|you have to (?:answer|fill|say)"
    r"|answer (?:all|every)|do not (?:skip|leave))\b|\*\s*$",
    re.IGNORECASE,
)
_QUESTION_WORD = (
    r"(?:what|how|why|when|where|who|which|do|does|did|are|is|was|were|have|has|had"
    r"|can|could|would|will|should)"
)
# After a conjunction a question begins anew, but for *who or what*, which is one.
_TWO_ASKED = re.compile(
    rf"\band/or\b|\?.*\?|(?P<before>\w+),? (?:and|or) {_QUESTION_WORD}\b", re.IGNORECASE | re.DOTALL
)
_IS_QUESTION_WORD = re.compile(_QUESTION_WORD, re.IGNORECASE)
_BLAMES = re.compile(r"^\W*why (?:do|did|have|are|were|can|could|would|don|didn|haven|aren|can)\W?t?\b", re.I)


def findings(judged: Judged, published: Published | None = None) -> list[Finding]:
    """All that there is to say of a draft, errors first, each kind in the order of the items."""
    found = _unfit(judged)
    if judged.fit is not None:
        found += [each for rule in RULES for each in found_by(rule, judged.fit, published or {})]
    order = {link_id: at for at, link_id in enumerate(judged.fit.by_link_id if judged.fit else ())}
    return sorted(found, key=lambda each: (not each.is_error, order.get(each.link_id or "", -1)))


def _unfit(judged: Judged) -> list[Finding]:
    """What no definition may hold. Of that, a question without its reason is the lint's own concern."""
    return [
        Finding(
            "no-why" if problem.field == "why" else "unfit",
            "No reason is given" if problem.field == "why" else "Not finished",
            _WHY_WHY if problem.field == "why" else "It cannot be published as it stands.",
            True,
            problem.link_id,
            problem.words,
        )
        for problem in judged.problems
    ]


_WHY_WHY = "Who is asked something private may know what it is for, before they decide whether to answer."


@rule(
    "hollow-why",
    "The reason says little",
    "A reason that stands under every question is read once, and helps with none of them.",
)
def _hollow_why(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    asked = _asked(questionnaire)
    for why, times in Counter(item.why for item in asked).items():
        if times >= _SAME_WHY:
            first = next(item for item in asked if item.why == why)
            yield first.link_id, f"{times} questions give the same reason, word for word."
    for item in asked:
        if len(item.why.split()) < _SHORTEST_WHY:
            yield item.link_id, "The reason is only a word or two."


@rule(
    "no-way-round",
    "It leaves no way round",
    "Every question can be skipped, declined or kept for talking. Words that demand take that back.",
    is_error=True,
)
def _no_way_round(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for part in _shown(questionnaire):
        texts = [part.text, part.why] if isinstance(part, Question) else [part.text]
        found = next(filter(None, map(_DEMANDS.search, texts)), None)
        if found:
            yield part.link_id, f"It demands an answer: “{found[0].strip()}”."


@rule(
    "pressed",
    "Pressed for what may hurt",
    "A client is told that an answer here helps more than most. Where it may hurt, that is a push.",
)
def _pressed(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for item in _asked(questionnaire):
        if item.wanted and item.tender:
            yield item.link_id, "It is tender, and an answer is asked for with more weight."


@rule(
    "tender-first",
    "Tender before easy",
    "Who has not arrived yet should not be asked about what may hurt. Easy questions come first.",
    is_error=True,
)
def _tender_first(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    before, easy = _easy_before_tender(questionnaire)
    if before is not None and easy and not before[1]:
        yield before[0], "It is tender, and no easy question comes before it."


@rule(
    "tender-early",
    "Tender early",
    "The further somebody has come, the easier it is to say something hard, or to pass it by.",
)
def _tender_early(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    before, easy = _easy_before_tender(questionnaire)
    if before is not None and 0 < before[1] < easy * _SHARE_BEFORE:
        yield before[0], f"Only {before[1]} of {easy} easy questions come before it."


def _easy_before_tender(questionnaire: Questionnaire) -> tuple[tuple[str, int] | None, int]:
    """The first tender question with how many easy ones come before it, and how many there are at all."""
    asked = _asked(questionnaire)
    at = next((at for at, item in enumerate(asked) if item.tender), None)
    easy = sum(not item.tender for item in asked)
    return (None if at is None else (asked[at].link_id, at)), easy


@rule(
    "no-note",
    "No note before what is tender",
    "A note says what is coming, and that all of it can be passed by. Nobody should stumble into it.",
    is_error=True,
)
def _no_note(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for first, before in _tender_runs(questionnaire):
        if not isinstance(before, Note):
            yield first.link_id, "A tender part begins here, and no note stands before it."
        elif before.enable_when and before.enable_when != first.enable_when:
            yield first.link_id, "The note before it is shown only to some of those who are asked it."


@rule(
    "note-without-skip",
    "The note offers no way past",
    "From the note before a tender section, all of it can be passed by with one press.",
)
def _note_without_skip(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for first, before in _tender_runs(questionnaire):
        section = first.within if first.within in questionnaire.sections else None
        tender = [item for item in _asked(questionnaire) if item.tender and item.within == section]
        if isinstance(before, Note) and section and len(tender) > 1 and before.before != section:
            yield before.link_id, "It does not offer to pass the whole section by."


def _tender_runs(questionnaire: Questionnaire) -> Iterator[tuple[Question, Part | None]]:
    """Where something tender begins: its first question, and what is read before it."""
    before: Part | None = None
    in_it = False
    for part in _shown(questionnaire):
        if isinstance(part, Question):
            if part.tender and not in_it:
                yield part, before
            in_it = part.tender
        if not isinstance(part, Section):
            before = part


@rule(
    "ends-tender",
    "It ends on what may hurt",
    "The last question goes along with who closes the page. Something easier after it lets them land.",
)
def _ends_tender(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    shown = [part for part in _shown(questionnaire) if not isinstance(part, Section)]
    if len(shown) > 1 and isinstance(shown[-1], Question) and shown[-1].tender:
        yield shown[-1].link_id, "It is tender, and nothing comes after it."


@rule(
    "two-in-one",
    "Two questions in one",
    "Who would say yes to the one and no to the other cannot answer, and nobody can read what they said.",
)
def _two_in_one(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for item in _asked(questionnaire):
        if any(map(_is_second, _TWO_ASKED.finditer(item.text))):
            yield item.link_id, "It seems to ask for two things at once."


def _is_second(found: re.Match[str]) -> bool:
    return not _IS_QUESTION_WORD.fullmatch(found["before"] or "")


@rule(
    "blaming",
    "It may sound like blame",
    "A question that begins with why asks somebody to defend themselves. How, or what, asks for the same.",
)
def _blaming(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for item in _asked(questionnaire):
        if _BLAMES.search(item.text):
            yield item.link_id, "It begins with why."


@rule(
    "hard-words",
    "Hard to read",
    "Whoever is tired or afraid reads worse than they can. What a child of twelve reads, everybody can.",
)
def _hard_words(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    shared = {why for why, times in Counter(item.why for item in _asked(questionnaire)).items() if times > 1}
    for part in _shown(questionnaire):
        why = part.why if isinstance(part, Question) and part.why not in shared else ""
        age = reading_age(f"{part.text}\n{why}")
        if age is not None and age > _OLDEST_READER:
            yield part.link_id, f"Its words are easily read from about {math.ceil(age)} years on."


@rule(
    "too-long",
    "More than ten minutes",
    "Ten minutes are what somebody can give before a first talk. What is longer is left, or rushed.",
)
def _too_long(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    minutes = minutes_of(questionnaire)
    if minutes > _MOST_MINUTES:
        yield None, f"It takes about {minutes} minutes."


@rule(
    "minutes-told",
    "Longer than it says",
    "Whoever was promised five minutes, and is still at it after ten, believes the next promise less.",
)
def _minutes_told(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    minutes = minutes_of(questionnaire)
    if questionnaire.minutes < minutes * _TOLD_AT_LEAST:
        yield None, f"Clients are told {questionnaire.minutes} minutes; it takes about {minutes}."
    told, more = questionnaire.minutes_for(more=True), minutes_of(questionnaire, more=True)
    if questionnaire.beyond and told < more * _TOLD_AT_LEAST:
        yield None, f"Those who say more are told {told} minutes; it takes them about {more}."


@rule(
    "scored-sometimes",
    "A score that most will not get",
    "There is no total where a question was not asked, unless the rule for missing answers makes up for it.",
)
def _scored_sometimes(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    closed = {
        part.link_id
        for part in questionnaire.items
        if part.enable_when or (isinstance(part, Question) and part.more)
    }
    for scale in questionnaire.scales:
        for link_id in scale.questions:
            if link_id in closed or link_id in questionnaire.out_of_sight:
                yield link_id, f"“{scale.title}” adds it up, and not everybody is asked it."


@rule(
    "score-without-source",
    "A rule of nobody’s",
    "That a mean may stand for missing answers has to be known of this very score, and where from.",
)
def _score_without_source(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for scale in questionnaire.scales:
        if scale.missing == "mean" and not scale.published:
            yield None, f"“{scale.title}” does not say who published its rule for missing answers."


@rule(
    "bands-with-gaps",
    "Totals without words",
    "A total that no band holds stands there alone, beside others that have words.",
)
def _bands_with_gaps(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for scale in questionnaire.scales:
        if not scale.bands:
            continue
        low, high = _reach(questionnaire, scale.questions)
        if scale.bands[0].low > low or scale.bands[-1].high < high:
            yield None, f"Totals of “{scale.title}” go from {low:g} to {high:g}, and its bands do not."
        for band, above in pairwise(scale.bands):
            if above.low - band.high > 1:
                yield None, f"“{scale.title}” has no words between {band.high:g} and {above.low:g}."


def _reach(questionnaire: Questionnaire, link_ids: Sequence[str]) -> tuple[float, float]:
    """The lowest and the highest total there can be."""
    low = high = 0.0
    for link_id in link_ids:
        item = questionnaire.by_link_id[link_id]
        weights = list(item.weights.values()) if isinstance(item, OneOf | SeveralOf) else []
        if isinstance(item, SeveralOf):
            low += min(weights, default=0)
            high += sum(weight for weight in weights if weight > 0)
        else:
            low += min(weights, default=0)
            high += max(weights, default=0)
    return low, high


def _shown(questionnaire: Questionnaire) -> list[Part]:
    return [part for part in questionnaire.items if part.link_id not in questionnaire.out_of_sight]


def _asked(questionnaire: Questionnaire) -> list[Question]:
    """What a client can answer, in its order."""
    return [part for part in _shown(questionnaire) if isinstance(part, Question) and part.asked]


RULES: tuple[Rule, ...] = (
    _no_way_round,
    RISK_BY_CODE,
    OTHER_MEANING,
    _tender_first,
    _no_note,
    RISK_BY_WORDS,
    LAMP_WITH_GAPS,
    _tender_early,
    _note_without_skip,
    _pressed,
    _ends_tender,
    _hollow_why,
    _two_in_one,
    _blaming,
    _hard_words,
    _too_long,
    _minutes_told,
    CHANGED_ANSWERS,
    _scored_sometimes,
    _score_without_source,
    _bands_with_gaps,
)
