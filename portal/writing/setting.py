"""Blocks of words in several looks, set as Markdown. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

_DEEPEST = 6
_LONGEST_CELL = 300
_MEANS_SOMETHING = re.compile(r"[\\`*_\[\]]|<(?=[A-Za-z/])|&(?=#?\w+;)")
_BEGINS_SOMETHING = re.compile(r"(?=#{1,6}(?:\s|$)|[>=+~]|(?:-\s*){3,}$)")
# A list may begin with a small number; a year at the beginning of a paragraph is none.
_BEGINS_WITH_YEAR = re.compile(r"(\d{3,})([.)]\s)")
_HARD_BREAK = "\\\n"


class Run(NamedTuple):
    """Words of one look; a line break is a run of its own."""

    words: str
    strong: bool = False
    emphasis: bool = False
    href: str = ""


BREAK = Run("\n")


@dataclass(frozen=True, eq=False)
class Inside:
    """A quotation, or a point of a list, in which blocks stand. Each is itself, whatever it says."""

    marker: str


def quotation() -> Inside:
    return Inside("> ")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A paragraph; a heading of some level; code as it stands; a table's cells, already set; or a line."""

    runs: Sequence[Run] = ()
    level: int = 0
    code: str = ""
    rows: Sequence[Sequence[str]] = ()
    is_line: bool = False
    inside: Sequence[Inside] = ()


@dataclass
class _Page:
    lines: list[str] = field(default_factory=list)
    # Where the last block stood, and which points have their mark.
    before: Sequence[Inside] = ()
    begun: set[Inside] = field(default_factory=set)


def in_markdown(blocks: Iterable[Block]) -> str:
    """The Markdown that reads as these blocks do."""
    page = _Page()
    for block in blocks:
        for lines in _bodies(block):
            _put(page, block.inside[:_DEEPEST], lines)
    return "\n".join(page.lines)


def words_in_markdown(runs: Sequence[Run]) -> str:
    """One paragraph's words, without what begins or ends it."""
    together: list[Run] = []
    for run in _within(runs):
        if together and BREAK not in {run, together[-1]} and together[-1][1:] == run[1:]:
            together[-1] = together[-1]._replace(words=together[-1].words + run.words)
        else:
            together.append(run)
    return _linked(together).strip()


def _within(runs: Sequence[Run]) -> Sequence[Run]:
    """Without the line breaks and blanks around them."""
    filled = [place for place, run in enumerate(runs) if run.words.strip()]
    return runs[filled[0] : filled[-1] + 1] if filled else []


def _put(page: _Page, inside: Sequence[Inside], lines: Sequence[str]) -> None:
    is_point = bool(inside) and inside[-1].marker != "> " and inside[-1] not in page.begun
    was_point = bool(page.before) and page.before[-1].marker != "> "
    if page.lines and not (is_point and was_point):
        shared = [here for here, before in zip(inside, page.before, strict=False) if here is before]
        page.lines.append(_prefix(page, shared).rstrip())
    for line in lines:
        page.lines.append((_prefix(page, inside) + line).rstrip(" "))
    page.before = inside


def _prefix(page: _Page, inside: Sequence[Inside]) -> str:
    """Quotations mark every line, points their first."""
    parts = [
        each.marker if each.marker == "> " or each not in page.begun else " " * len(each.marker)
        for each in inside
    ]
    page.begun.update(inside)
    return "".join(parts)


def _bodies(block: Block) -> Iterable[Sequence[str]]:
    """The lines of each paragraph in the block."""
    if block.is_line:
        yield ["---"]
    elif block.code.strip():
        yield ["```", *block.code.strip("\n").replace("```", "'''").splitlines(), "```"]
    elif block.rows:
        yield from _table(block.rows)
    elif block.level:
        yield from _heading(block)
    else:
        found = map(words_in_markdown, _paragraphs(block.runs))
        yield from (_guarded(words).split("\n") for words in found if words)


def _heading(block: Block) -> Iterable[Sequence[str]]:
    words = " ".join(words_in_markdown(block.runs).replace(_HARD_BREAK, " ").split())
    if words:
        yield [f"{'#' * block.level} {words}"]


def _paragraphs(runs: Sequence[Run]) -> Iterable[Sequence[Run]]:
    """Two line breaks, one after the other, are how many people write a new paragraph."""
    paragraph: list[Run] = []
    for run in runs:
        if run == BREAK and paragraph and paragraph[-1] == BREAK:
            yield paragraph[:-1]
            paragraph = []
        elif run.words.strip() or (paragraph and paragraph[-1] != BREAK):
            paragraph.append(run)
    yield paragraph


def _table(rows: Sequence[Sequence[str]]) -> Iterable[Sequence[str]]:
    width = max(map(len, rows))
    if width < 2 or any(len(cell) > _LONGEST_CELL for row in rows for cell in row):
        # Nothing but a way to arrange a page.
        yield from ([_guarded(cell)] for row in rows for cell in row if cell)
        return
    cells = [[cell.replace("|", "\\|") for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    yield [lines[0], f"|{' --- |' * width}", *lines[1:]]


def _guarded(words: str) -> str:
    """At the beginning of a line, some signs would mean something that they do not."""
    lines = (
        _BEGINS_WITH_YEAR.sub(r"\1\\\2", _BEGINS_SOMETHING.sub(r"\\", line, count=1), count=1)
        if _BEGINS_SOMETHING.match(line) or _BEGINS_WITH_YEAR.match(line)
        else line
        for line in words.split("\n")
    )
    return "\n".join(lines)


def _linked(runs: Sequence[Run]) -> str:
    parts, place = [], 0
    for href, group in groupby(runs, lambda run: run.href):
        some = list(group)
        words = _looked(some, "strong", _last(runs, place - 1), _first(runs, place + len(some)))
        place += len(some)
        parts.append(f"[{words.strip()}]({href})" if href and words.strip() else words)
    return "".join(parts)


def _looked(runs: Sequence[Run], look: str, before: str, after: str) -> str:
    """Strong words between two stars, and among and beside them what is emphasised between one."""
    marker, inner = ("**", "emphasis") if look == "strong" else ("*", "")
    parts, place = [], 0
    for is_so, group in groupby(runs, lambda run: getattr(run, look)):
        some = list(group)
        sides = (
            _last(runs, place - 1) or before,
            _first(runs, place + len(some)) or after,
        )
        place += len(some)
        words = _looked(some, inner, *sides) if inner else "".join(map(_plain, some))
        parts.append(_marked(words, marker, *sides) if is_so else words)
    return "".join(parts)


def _plain(run: Run) -> str:
    return _HARD_BREAK if run == BREAK else _MEANS_SOMETHING.sub(r"\\\g<0>", run.words)


def _marked(words: str, marker: str, before: str, after: str) -> str:
    """Between stars, if they would be read as such there (CommonMark, flanking); else as plain words."""
    inner = words.strip()
    left, right = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    opens = not _is_sign(inner[:1]) or bool(left) or before.isspace() or before == "" or _is_sign(before)
    closes = not _is_sign(inner[-1:]) or bool(right) or after.isspace() or after == "" or _is_sign(after)
    if not inner or not opens or not closes or inner.endswith("\\"):
        return words
    return f"{left}{marker}{inner}{marker}{right}"


def _is_sign(character: str) -> bool:
    """What CommonMark calls punctuation."""
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _last(runs: Sequence[Run], place: int) -> str:
    """The last character of the run at this place, if there is one."""
    return runs[place].words[-1:] if 0 <= place < len(runs) else ""


def _first(runs: Sequence[Run], place: int) -> str:
    return runs[place].words[:1] if 0 <= place < len(runs) else ""
