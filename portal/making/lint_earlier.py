"""What stands under an old name and is not what it was in a version that was published. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from portal.intake.questionnaire import OneOf, Part, Question, Questionnaire, SeveralOf
from portal.making.finding import Published, Said, rule

_REASON = (
    "Answers are told apart by a question’s name, in reports, scores and files. Under one name they have to"
    " mean the same."
)


@rule("other-meaning", "Another question under an old name", _REASON, is_error=True)
def _other_meaning(questionnaire: Questionnaire, published: Published) -> Iterator[Said]:
    for part, number, old in _earlier(questionnaire, published):
        if part.kind != old.kind:
            yield (
                part.link_id,
                f"In version {number} it was answered otherwise. Ask it as a new question.",
            )
        elif _weights(part, old):
            yield (
                part.link_id,
                f"Its answers count otherwise than in version {number}. Ask it anew.",
            )


@rule("changed-answers", "Other answers under an old name", _REASON)
def _changed_answers(questionnaire: Questionnaire, published: Published) -> Iterator[Said]:
    for part, number, old in _earlier(questionnaire, published):
        if isinstance(part, OneOf | SeveralOf) and part.kind == old.kind and part.labels != old.labels:
            yield part.link_id, f"Its answers are not those of version {number}."


OTHER_MEANING, CHANGED_ANSWERS = _other_meaning, _changed_answers


def _earlier(questionnaire: Questionnaire, published: Published) -> Iterator[tuple[Question, int, Question]]:
    """Each question with the latest version in which it was another one, and what it was there."""
    for part in questionnaire.items:
        if not isinstance(part, Question):
            continue
        for number, version in sorted(published.items(), reverse=True):
            old = version.by_link_id.get(part.link_id)
            if isinstance(old, Question) and _answers(old) != _answers(part):
                yield part, number, old
                break


def _answers(part: Question) -> object:
    options = part.options if isinstance(part, OneOf | SeveralOf) else ()
    return part.kind, {option.code: (option.label, option.weight) for option in options}


def _weights(part: Part, old: Part) -> bool:
    """Whether an answer that is in both counts otherwise now."""
    if not (isinstance(part, OneOf | SeveralOf) and isinstance(old, OneOf | SeveralOf)):
        return False
    was = {option.code: option.weight for option in old.options}
    return any(option.code in was and was[option.code] != option.weight for option in part.options)
