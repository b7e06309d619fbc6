"""What has changed between two texts: words that were added, and words that were taken out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

_WORDS = re.compile(r"\s+|[^\s]+")
# More to compare word by word would keep somebody waiting; it is shown as one text instead of another.
_MOST_PAIRS = 4_000_000
# So much of what is the same is shown beside what is not.
_AROUND = 1


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(NamedTuple):
    change: Change
    text: str


class Passage(NamedTuple):
    """A paragraph with its pieces; or, without any, so many paragraphs that are the same."""

    pieces: Sequence[Piece]
    left_out: int = 0


def changes(old: str, new: str) -> Sequence[Passage]:
    """The paragraphs that have changed, and one on either side of them."""
    passages: list[Passage] = []
    before, after = _paragraphs(old), _paragraphs(new)
    for what, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if what == "equal":
            passages += [Passage([Piece(Change.SAME, text)]) for text in before[a:b]]
        else:
            passages += _changed(before[a:b], after[c:d])
    return list(_without_what_is_far(passages))


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Passage]:
    """One paragraph after the other, each with the one that stands in its place."""
    for place in range(max(len(before), len(after))):
        old = before[place] if place < len(before) else ""
        new = after[place] if place < len(after) else ""
        yield Passage(list(_pieces(_WORDS.findall(old), _WORDS.findall(new))))


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    if len(old) * len(new) > _MOST_PAIRS:
        yield Piece(Change.REMOVED, "".join(old))
        yield Piece(Change.ADDED, "".join(new))
        return
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece(Change.SAME, "".join(old[a:b]))
            continue
        for change, text in ((Change.REMOVED, "".join(old[a:b])), (Change.ADDED, "".join(new[c:d]))):
            if text:
                yield Piece(change, text)


def _without_what_is_far(passages: Sequence[Passage]) -> Iterator[Passage]:
    changed = [place for place, passage in enumerate(passages) if _has_changed(passage)]
    near = {place + step for place in changed for step in range(-_AROUND, _AROUND + 1)}
    left_out = 0
    for place, passage in enumerate(passages):
        if place not in near:
            left_out += 1
            continue
        if left_out:
            yield Passage([], left_out)
            left_out = 0
        yield passage
    if left_out and changed:
        yield Passage([], left_out)


def _has_changed(passage: Passage) -> bool:
    return any(piece.change is not Change.SAME for piece in passage.pieces)
