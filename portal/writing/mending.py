"""What pasting does to a text, mended: unseen signs, lines broken by hand, bullets that were typed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from markdown_it import MarkdownIt

from portal.reading.rendering import sound_levels

_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Nobody sees them, and a search for a word does not find it if one of them stands in it.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u2060\u2061-\u2064\ufeff\ufffc]")
# Between letters of some scripts, and in the making of some pictures, these two mean something.
_JOINERS = re.compile("(?<![^\x00-\u024f\\s])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f\\s])")
# A blank that does not break is meant before some signs, as French has it, and between a figure and its unit.
_BLANK = "[\u00a0\u202f\u2007]"
_STRAY_BLANK = re.compile(rf"(?<![\d«]){_BLANK}(?![:;?!»%€])|(?<=«){_BLANK}{{2,}}")
_OTHER_BLANKS = re.compile("[\u2000-\u2006\u2008-\u200a\u205f\u3000]")
_DOUBLE_BLANK = re.compile(r"(?<=\S) {2,}(?=\S)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_BULLET = re.compile(
    "(\\s*)([•·▪■●∙‣⁃➢➤✓✔\uf0b7\uf0a7\uf0d8§◦○]|o(?=\t| {2,})|\\\\\\*(?= )|[–—](?= ))[ \t\u00a0]*(?=\\S)"
)
_INNER = frozenset("◦○o▪■§\uf0a7")
_DASHES = frozenset("–—")
# What begins something other than a paragraph.
_SPECIAL = re.compile(r"\s*(?:#{1,6}\s|>|\||[-*+]\s|\d{1,9}[.)]\s|(?:-\s*){3,}$|(?:=+|-+)\s*$)|(?: {4}|\t)\S")
_LEAST_WIDTH = 40

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class Mended(StrEnum):
    """What was done, for whoever looks at it."""

    UNSEEN = "unseen"
    BLANKS = "blanks"
    LINES = "lines"
    BULLETS = "bullets"
    HEADINGS = "headings"


@dataclass
class _Text:
    lines: list[str]
    done: set[Mended] = field(default_factory=set)


def mended(text: str, *, is_plain: bool = False) -> tuple[str, set[Mended]]:
    """The Markdown without what pasting did to it, and what that was. Code stays as it is.

    `is_plain` is for a text that is not Markdown: where its lines end is meant, unless they only came to
    their margin, and blanks before a line mean nothing.
    """
    whole = _Text(_seen(text).split("\n"))
    if "\n".join(whole.lines) != _LINE_ENDS.sub("\n", text):
        whole.done.add(Mended.UNSEEN)
    lines: list[str] = []
    for is_code, part in _parts(whole.lines):
        lines += part if is_code else _mended(_Text(list(part), whole.done), is_plain)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"), whole.done


def sound_headings(markdown: str, title: str = "") -> tuple[str, str, bool]:
    """The title, the Markdown below it with levels from 2 and none skipped, and whether any was changed.

    A heading that begins the text is its title, if it has none yet or says the same.
    """
    tokens = _markdown.parse(markdown)
    lines = markdown.split("\n")
    found = [
        (int(token.tag[1:]), token.map, tokens[place + 1].content)
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    is_first = bool(found) and tokens[0].type == "heading_open"
    if is_first and (not title and found[0][0] == 1 or title.casefold() == found[0][2].casefold()):
        (_, (begins, ends), words), *found = found
        title, lines[begins:ends] = title or words, [""] * (ends - begins)
    changed = False
    for (level, (begins, ends), words), sound in zip(
        found, sound_levels([level for level, _, _ in found]), strict=True
    ):
        changed |= level != sound
        heading = f"{'#' * sound} {' '.join(words.split())}"
        lines[begins:ends] = [heading, *[""] * (ends - begins - 1)]
    return title, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"), changed


def _seen(text: str) -> str:
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    text = _JOINERS.sub("", _UNSEEN.sub("", text))
    return _OTHER_BLANKS.sub(" ", _STRAY_BLANK.sub(" ", text))


def _parts(lines: Sequence[str]) -> Iterator[tuple[bool, Sequence[str]]]:
    """Stretches of lines, and whether they are code between fences."""
    part: list[str] = []
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if found and fence in {"", found[1]}:
            if fence:
                part.append(line)
                line = ""
            if part:
                yield bool(fence), part
            part, fence = ([], "") if fence else ([], found[1])
            if not fence:
                continue
        part.append(line)
    if part:
        yield bool(fence), part


def _mended(text: _Text, is_plain: bool) -> list[str]:
    if is_plain:
        text.lines = [line if _BULLET.match(line) else line.strip() for line in text.lines]
    _make_points(text)
    _mend_blanks(text, is_plain)
    lines: list[str] = []
    for group in _groups(text.lines):
        lines += _unwrapped(group, is_plain, text.done)
    return lines


def _make_points(text: _Text) -> None:
    """Typed bullets become the points of a list; so do dashes, where several stand one after the other."""
    found = [_BULLET.match(line) for line in text.lines]
    lines: list[str] = []
    was_point = False
    for place, (line, bullet) in enumerate(zip(text.lines, found, strict=True)):
        if bullet is None or (bullet[2] in _DASHES and not _has_neighbour(found, place)):
            was_point = was_point and not line.strip()
            lines.append(line)
            continue
        while was_point and lines and not lines[-1].strip():
            lines.pop()
        is_inner = was_point and (bullet[2] in _INNER or len(bullet[1].expandtabs(4)) >= 2)
        lines.append(f"{'  ' if is_inner else ''}- {line[bullet.end() :].strip()}")
        was_point = True
        text.done.add(Mended.BULLETS)
    text.lines = lines


def _has_neighbour(found: Sequence[re.Match[str] | None], place: int) -> bool:
    beside = [found[each] for each in (place - 1, place + 1) if 0 <= each < len(found)]
    return any(each is not None and each[2] in _DASHES for each in beside)


def _mend_blanks(text: _Text, is_plain: bool) -> None:
    for place, line in enumerate(text.lines):
        if not is_plain and line.startswith(("    ", "\t")) and line.strip():
            # Code, or what belongs to a point: how it is set in is meant.
            continue
        blank = line[: len(line) - len(line.lstrip())]
        words = _DOUBLE_BLANK.sub(" ", line.strip().replace("\t", " "))
        goes_on = place + 1 < len(text.lines) and text.lines[place + 1].strip()
        if not is_plain and line.endswith("  ") and goes_on and words:
            # Two blanks at the end of a line are how Markdown says that it ends there.
            words += "\\"
        if words != line.strip() and not words.endswith("\\"):
            text.done.add(Mended.BLANKS)
        text.lines[place] = blank + words if words else ""


def _groups(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Lines that would be one paragraph, or one point; anything else by itself."""
    group: list[str] = []
    for line in lines:
        if group and line.strip() and not _SPECIAL.match(line) and not _is_alone(group[0]):
            group.append(line)
            continue
        if group:
            yield group
        group = [line]
    if group:
        yield group


def _is_alone(line: str) -> bool:
    """Nothing that follows belongs to it: a blank line, a heading, a row of a table, a quotation."""
    return not line.strip() or bool(re.match(r"\s*(?:#{1,6}\s|>|\||(?:-\s*){3,}$)| {4}|\t", line))


def _unwrapped(group: Sequence[str], is_plain: bool, done: set[Mended]) -> Sequence[str]:
    if len(group) == 1:
        return group
    if _is_wrapped(group):
        done.add(Mended.LINES)
        first, *rest = group
        joined = first
        for line in rest:
            # A word that was divided keeps its hyphen: nobody can tell it from one that has one.
            joined += line.strip() if re.search(r"\w-$", joined) else f" {line.strip()}"
        return [joined]
    if is_plain:
        return [*(f"{line}\\" for line in group[:-1]), group[-1]]
    return group


def _is_wrapped(group: Sequence[str]) -> bool:
    """Whether every line but the last ends where the next word would have gone over the margin."""
    widths = [len(line.rstrip()) for line in group]
    margin = max(widths)
    if margin < _LEAST_WIDTH or any(line.endswith("\\") for line in group):
        return False
    following = [line.split(maxsplit=1)[0] for line in group[1:]]
    return all(width + 1 + len(word) > margin for width, word in zip(widths[:-1], following, strict=True))
