"""A text to agree to as words: what marks it as a draft, its hash, and what has changed in it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

LONGEST_TITLE = 120
LONGEST_TEXT = 20_000
_MOST_BLOCKS = 500
# The paragraph by which a text that came with the portal says that nobody has checked it yet.
_MARK = re.compile(r"^>\s*\*\*This is a draft\.\*\*.*$\n*", re.MULTILINE)
_HEADING = re.compile(r"#+\s+(.*?)\s*#*")
_FENCE = re.compile(r"\s*(```|~~~)")


@dataclass(frozen=True)
class Change:
    """One paragraph, list or heading as it was and as it is now, in Markdown; None where there is none."""

    before: str | None
    now: str | None


def is_marked(markdown: str) -> bool:
    """Whether the text itself still says that it is a draft."""
    return _MARK.search(markdown) is not None


def unmarked(markdown: str) -> str:
    """The text without the paragraph that says so."""
    return _MARK.sub("", markdown).strip()


def text_hash(title: str, markdown: str) -> str:
    """SHA-256 of a text, title and all, in hex."""
    plain = json.dumps({"markdown": markdown, "title": title}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def changes(before: tuple[str, str], now: tuple[str, str]) -> list[Change]:
    """What is otherwise in the text that is given second, in its order; both are a title and Markdown."""
    old, new = [before[0], *_blocks(before[1])], [now[0], *_blocks(now[1])]
    if max(len(old), len(new)) > _MOST_BLOCKS:
        # To compare so many would keep its reader waiting.
        return [Change(before[1], now[1])] if before != now else []
    found: list[Change] = []
    matcher = SequenceMatcher(a=[*map(_plain, old)], b=[*map(_plain, new)], autojunk=False)
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what != "equal":
            pairs = zip_longest(old[old_from:old_to], new[new_from:new_to])
            found += [Change(*pair) for pair in pairs]
    return found


def _blocks(markdown: str) -> Iterator[str]:
    """What stands between blank lines; a heading by itself becomes bold, since it stands by itself there."""
    block: list[str] = []
    fenced = False
    for line in [*markdown.splitlines(), ""]:
        fenced ^= bool(_FENCE.match(line))
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield _without_heading("\n".join(block))
            block = []
    if block:
        yield "\n".join(block).rstrip()


def _without_heading(block: str) -> str:
    heading = _HEADING.fullmatch(block)
    return f"**{heading[1]}**" if heading else block


def _plain(block: str) -> str:
    return " ".join(block.split())
