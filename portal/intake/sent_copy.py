"""An intake as the therapist reads it: every open question's wording with what was said to it. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from portal.intake.path import Path
from portal.intake.questionnaire import Question
from portal.intake.replies import AnswerState, Reply, in_words
from portal.intake.scoring import Score, scores_of

# The shape of a sealed copy. A copy is never rewritten, so each shape that was ever sealed stays readable.
_SHAPE = 2
NOT_ANSWERED = "Not answered"
PASSED_BY = {
    AnswerState.SKIPPED: "Skipped",
    AnswerState.DECLINED: "Would rather not say",
    AnswerState.IN_PERSON: "Would rather talk about it in person",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question and what was said to it. `state` is an AnswerState's value, or "untouched"."""

    link_id: str
    text: str
    state: str
    # What a reader sees: a line each for several choices.
    shown: list[str]
    # The sections that it stands in, in one line.
    section: str = ""

    @property
    def in_person(self) -> bool:
        return self.state == AnswerState.IN_PERSON.value


def rows_of(path: Path) -> list[Row]:
    """The open questions in their order. What is hidden leaves no trace (W4)."""
    return [_row(path, each, section=" · ".join(path.headings(each))) for each in path.questions]


def frozen(path: Path, *, name: str, number: int, definition_hash: str, sent_at: datetime) -> str:
    """The copy that is sealed when an intake is sent: JSON that needs nothing else to be shown (W2)."""
    plain = {
        "shape": _SHAPE,
        "questionnaire": {
            "name": name,
            "title": path.questionnaire.title,
            "number": number,
            "hash": definition_hash,
        },
        "sent_at": sent_at.isoformat(),
        "rows": [_kept(path, each, row) for each, row in zip(path.questions, rows_of(path), strict=True)],
        "scores": [asdict(score) for score in scores_of(path)],
    }
    return json.dumps(plain, ensure_ascii=False)


def thawed(copy: str) -> list[Row]:
    """The rows of a copy that was frozen at any time."""
    return [
        Row(
            link_id=row["link_id"],
            text=row["text"],
            state=row["state"],
            shown=row["shown"],
            section=row.get("section", ""),
        )
        for row in json.loads(copy)["rows"]
    ]


def scores_in(copy: str) -> list[Score]:
    """What was added up when the copy was frozen, for the therapist; nothing in a copy of the first shape."""
    return [Score(**score) for score in json.loads(copy).get("scores", [])]


def _row(path: Path, question: Question, *, section: str) -> Row:
    reply = path.replies.get(question.link_id)
    return Row(
        link_id=question.link_id,
        text=question.wording,
        state=reply.state.value if reply else "untouched",
        shown=_shown(question, reply, could_light=_could_light(path, question)),
        section=section,
    )


def _could_light(path: Path, question: Question) -> bool:
    return path.questionnaire.lamp_on(question.link_id) is not None


def _shown(question: Question, reply: Reply | None, *, could_light: bool) -> list[str]:
    if reply is not None and reply.given is not None:
        return in_words(question, reply.given)
    if reply is None:
        return [NOT_ANSWERED]
    words = PASSED_BY[reply.state]
    if not could_light:
        return [words]
    # Nobody may take silence here for a no (W3).
    if reply.state is AnswerState.SKIPPED:
        return [NOT_ANSWERED]
    return [f"{NOT_ANSWERED}: {words[0].lower()}{words[1:]}"]


def _kept(path: Path, question: Question, row: Row) -> dict[str, object]:
    reply = path.replies.get(question.link_id)
    return {
        "link_id": row.link_id,
        "kind": question.kind,
        "part_of": question.part_of,
        "text": row.text,
        "section": row.section,
        "state": row.state,
        "value": reply.given if reply else None,
        "shown": row.shown,
        "lamp": _could_light(path, question),
        "tender": question.tender,
    }
