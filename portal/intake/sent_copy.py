"""An intake as the therapist reads it: every open question's wording with what was said to it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from portal.intake.path import Path
from portal.intake.questionnaire import Question
from portal.intake.replies import AnswerState, Reply, in_words
from portal.intake.scoring import Score, scores_of

# The shape of a sealed copy. A copy is never rewritten, so each shape that was ever sealed stays readable.
_SHAPE = 3
NOT_ANSWERED = "Not answered"
_UNTOUCHED = "untouched"
# Two ways of saying nothing that are no change of what was said.
_SILENT = frozenset({_UNTOUCHED, AnswerState.SKIPPED.value})
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
    # In an amendment, what the one before says here, where that is something else; [] if it says nothing.
    was: list[str] | None = None
    # And how it was asked there, where that was otherwise.
    was_asked: str | None = None

    @property
    def in_person(self) -> bool:
        return self.state == AnswerState.IN_PERSON.value

    @property
    def is_changed(self) -> bool:
        return self.was is not None or self.was_asked is not None


@dataclass(frozen=True, kw_only=True)
class Amended:
    """An amendment against the one before it: every row, marked where it differs, and what is asked no more.

    Of that only the wording is told: an answer that is hidden now stays where it was sent (W4).
    """

    rows: list[Row]
    left_out: list[str]

    @property
    def changes_nothing(self) -> bool:
        return not self.left_out and not any(row.is_changed for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class SentCopy:
    """What a sealed copy says, of whichever shape."""

    sent_at: datetime
    rows: list[Row]
    # For the therapist; none in a copy of the first shape.
    scores: list[Score]
    # Of an amendment: when the one before was sent, and the wording of what that asks and this does not.
    amends_sent_at: datetime | None
    left_out: list[str]


def rows_of(path: Path) -> list[Row]:
    """The open questions in their order. What is hidden leaves no trace (W4)."""
    return [_row(path, each, section=" · ".join(path.headings(each))) for each in path.questions]


def amended(rows: Sequence[Row], before: Sequence[Row]) -> Amended:
    """The rows of an amendment against those of what it amends."""
    earlier, now = {row.link_id: row for row in before}, {row.link_id for row in rows}
    return Amended(
        rows=[_against(row, earlier.get(row.link_id)) for row in rows],
        left_out=[row.text for row in before if row.link_id not in now],
    )


def frozen(
    path: Path,
    *,
    name: str,
    number: int,
    definition_hash: str,
    sent_at: datetime,
    before: SentCopy | None = None,
) -> str:
    """The copy that is sealed when an intake is sent: JSON that needs nothing else to be shown (W2).

    `before` is the copy that it amends.
    """
    marked = amended(rows_of(path), before.rows) if before else Amended(rows=rows_of(path), left_out=[])
    plain: dict[str, Any] = {
        "shape": _SHAPE,
        "questionnaire": {
            "name": name,
            "title": path.questionnaire.title,
            "number": number,
            "hash": definition_hash,
        },
        "sent_at": sent_at.isoformat(),
        "rows": [_kept(path, each, row) for each, row in zip(path.questions, marked.rows, strict=True)],
        "scores": [asdict(score) for score in scores_of(path)],
    }
    if before is not None:
        plain["amends"] = {"sent_at": before.sent_at.isoformat()}
        plain["left_out"] = marked.left_out
    return json.dumps(plain, ensure_ascii=False)


def thawed(copy: str) -> SentCopy:
    """What a copy says that was frozen at any time."""
    plain = json.loads(copy)
    amends = plain.get("amends")
    return SentCopy(
        sent_at=datetime.fromisoformat(plain["sent_at"]),
        rows=[_row_in(row) for row in plain["rows"]],
        scores=[Score(**score) for score in plain.get("scores", [])],
        amends_sent_at=datetime.fromisoformat(amends["sent_at"]) if amends else None,
        left_out=plain.get("left_out", []),
    )


def _row_in(plain: dict[str, Any]) -> Row:
    return Row(
        link_id=plain["link_id"],
        text=plain["text"],
        state=plain["state"],
        shown=plain["shown"],
        section=plain.get("section", ""),
        was=plain.get("was"),
        was_asked=plain.get("was_asked"),
    )


def _against(row: Row, before: Row | None) -> Row:
    if before is None:
        return replace(row, was=[])
    same = row.shown == before.shown and (row.state == "answered") is (before.state == "answered")
    silent = {row.state, before.state} <= _SILENT
    return replace(
        row,
        was=None if same or silent else before.shown,
        was_asked=None if row.text == before.text else before.text,
    )


def _row(path: Path, question: Question, *, section: str) -> Row:
    reply = path.replies.get(question.link_id)
    return Row(
        link_id=question.link_id,
        text=question.wording,
        state=reply.state.value if reply else _UNTOUCHED,
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
        "was": row.was,
        "was_asked": row.was_asked,
    }
