"""Answers to choose from as lines of text, where there are more than rows of a form can hold. Pure.

A line is the words alone, or the words, the score and the code with bars between: Often | 2 | often
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from portal.intake.questionnaire import LONGEST_CODE, LONGEST_WORDS, MOST_OPTIONS

Json = dict[str, Any]
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Unclear(Exception):
    """A line cannot be read. Its words say which, and what to do."""


def as_lines(options: Iterable[Json]) -> str:
    """The options, one a line; words that run over several lines are put on one. A score may be as typed."""
    return "\n".join(_line(each) for each in options)


def rows_in(text: str) -> list[Json]:
    """What the lines say, each as a row of a form has it. Raises Unclear.

    A code stays with its answer; a line without one is a new answer.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [_row(number, line) for number, line in lines if line]
    if len(rows) > MOST_OPTIONS:
        raise Unclear(f"There is room for {MOST_OPTIONS} answers, and these are {len(rows)}")
    return rows


def _line(option: Json) -> str:
    weight = option.get("weight")
    score = f"{weight:g}" if isinstance(weight, int | float) else weight or ""
    return f"{' '.join((option['label'] or '').split())} | {score} | {option['code'] or ''}"


def _row(number: int, line: str) -> Json:
    words, score, code = _parts(line)
    if not words or len(words) > LONGEST_WORDS:
        raise Unclear(f"Line {number}: write the answer in at most {LONGEST_WORDS:,} characters")
    if code and (len(code) > LONGEST_CODE or not _CODE.fullmatch(code)):
        raise Unclear(f"Line {number}: write its code in small letters, digits and hyphens, like last-week")
    return {"code": code, "label": words, "weight": _score(number, score), "name": code}


def _parts(line: str) -> tuple[str, str, str]:
    """Words, score and code; bars may stand in the words too."""
    parts = [each.strip() for each in line.rsplit("|", 2)]
    if len(parts) == 1:
        return line, "", ""
    if len(parts) == 2:
        return parts[0], parts[1], ""
    return parts[0], parts[1], parts[2]


def _score(number: int, text: str) -> float | int | None:
    if not text:
        return None
    try:
        score = float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        score = math.nan
    if not math.isfinite(score) or abs(score) > 1e9:
        raise Unclear(f"Line {number}: write its score as a number, like 2, or leave it out")
    return int(score) if score.is_integer() else score
