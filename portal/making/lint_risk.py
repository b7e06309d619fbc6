"""What asks about danger to life and limb, and whether somebody is told of the answer at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from portal.intake.lamp_rules import lights
from portal.intake.questionnaire import NumberQuestion, OneOf, Part, Question, Questionnaire, SeveralOf, YesNo
from portal.intake.replies import AnswerState, Reply
from portal.making.finding import Published, Said, rule

# Published items that ask about suicide or self-harm, by the codes that files carry, each with what it is.
# LOINC 2.82 (loinc.org): item 9 of the PHQ-9, and the screener of the C-SSRS (panel 93373-9). The four
# questions of the ASQ have no codes of their own. SNOMED CT (International Edition): findings and risks.
RISK_CODES: Mapping[str, str] = {
    "44260-8": "item 9 of the PHQ-9",
    "93246-7": "item 1 of the C-SSRS screener",
    "93247-5": "item 2 of the C-SSRS screener",
    "93248-3": "item 3 of the C-SSRS screener",
    "93249-1": "item 4 of the C-SSRS screener",
    "93250-9": "item 5 of the C-SSRS screener",
    "93267-3": "item 6 of the C-SSRS screener",
    "93269-9": "item 6 of the C-SSRS screener",
    "6471006": "suicidal thoughts",
    "225444004": "the risk of suicide",
}
_SOMEBODY = r"(?:yourself|myself|themsel\w+|himself|herself|(?:some|any)(?:one|body)(?: else)?|others)"
_WORDS = re.compile(
    r"\bsuicid|\bself[- ]?(?:harm|injur)|\boverdos|\bbetter off dead\b"
    r"|\b(?:wish\w*|want\w*) (?:\w+ )?(?:were|was|to be) dead\b"
    r"|\bnot (?:want\w*|wish\w*) to (?:live|wake up|go on living|be alive)\b"
    r"|\btak\w* (?:\w+ )?own life|\b(?:end|ending) (?:your|my|their|his|her) life\b"
    rf"|\b(?:hurt|harm|injur|kill|cut)\w* {_SOMEBODY}\b"
    r"|\bselbstmord|\bsuizid|\bleid zufügen\b|\bselbst zu verletzen\b|\blieber tot\b",
    re.IGNORECASE,
)
_REASON = (
    "Who says here that they are in danger should see help at once, and somebody should know today. A lamp"
    " does both."
)


@rule("risk-without-lamp", "A question about danger has no lamp", _REASON, is_error=True)
def _risk_by_code(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for part in _open(questionnaire):
        known = _known_as(part)
        if known and questionnaire.lamp_on(part.link_id) is None:
            can = isinstance(part, OneOf | SeveralOf | YesNo | NumberQuestion)
            more = "" if can else " Ask it with answers to choose from: only those can light one."
            yield part.link_id, f"It is {known}, and no answer to it lights a lamp.{more}"


@rule("risk-by-words", "It seems to ask about danger, and has no lamp", _REASON)
def _risk_by_words(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for part in _open(questionnaire):
        has_none = questionnaire.lamp_on(part.link_id) is None
        if isinstance(part, Question) and has_none and not _known_as(part):
            found = next(filter(None, map(_WORDS.search, _texts(part))), None)
            if found:
                yield part.link_id, f"Its words are about harm: “{found[0]}”."


@rule(
    "lamp-with-gaps",
    "An answer that lights no lamp",
    "Of an item about danger every answer but *not at all* counts, the smallest too.",
)
def _lamp_with_gaps(questionnaire: Questionnaire, _published: Published) -> Iterator[Said]:
    for part in _open(questionnaire):
        rule = questionnaire.lamp_on(part.link_id)
        if rule is None or not _known_as(part) or not isinstance(part, OneOf | SeveralOf):
            continue
        dark = [
            option.label
            for option in part.options
            if option.weight and option.weight > 0 and not lights(rule, part, _choosing(part, option.code))
        ]
        if dark:
            yield part.link_id, f"It lights none for: {', '.join(f'“{label}”' for label in dark)}."


RISK_BY_CODE, RISK_BY_WORDS, LAMP_WITH_GAPS = _risk_by_code, _risk_by_words, _lamp_with_gaps


def _open(questionnaire: Questionnaire) -> list[Part]:
    hidden = questionnaire.out_of_sight
    return [part for part in questionnaire.items if part.link_id not in hidden]


def _known_as(part: Part) -> str | None:
    """Which published item it is, by its codes, or by a name that is one of them."""
    if not isinstance(part, Question) or not part.asked:
        return None
    names = [coding.code or "" for coding in part.codes] + [(part.origin or part.link_id).strip("/")]
    return next((RISK_CODES[name] for name in names if name in RISK_CODES), None)


def _choosing(part: OneOf | SeveralOf, code: str) -> Reply:
    return Reply(AnswerState.ANSWERED, (code,) if isinstance(part, SeveralOf) else code)


def _texts(part: Question) -> Iterator[str]:
    yield part.text
    if isinstance(part, OneOf | SeveralOf):
        yield from (option.label for option in part.options)
