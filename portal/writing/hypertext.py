"""HTML as word processors and sites write it, read as blocks of words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from portal.writing.setting import (
    BREAK,
    Block,
    Inside,
    Run,
    in_markdown,
    quotation,
    words_in_markdown,
)
from portal.writing.tags import Tag, tokens

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Word's paragraphs that are headings in all but their tag.
_WORD_HEADING = re.compile(r"(?i)\bMso(?:Title|Heading([1-6]))\b")
_LISTS = frozenset({"ul", "ol"})
_CELLS = frozenset({"td", "th"})
# Every tag that neither stands in a line nor is one of these begins and ends a block.
_IN_A_LINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd"}
    | {"label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"}
    | {"u", "var", "o:p", "title"}
)
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})
_STRONG, _EMPHASIS = frozenset({"b", "strong"}), frozenset({"i", "em", "cite"})
_UNSEEN = frozenset({"head", "del", "textarea", "select", "button", "noscript"})
_BOLD = re.compile(r"(?i)(?<![\w-])font-weight\s*:\s*(?:bold|[6-9]00)")
_NOT_BOLD = re.compile(r"(?i)(?<![\w-])font-weight\s*:\s*(?:normal|[1-5]00)")
_SLANTED = re.compile(r"(?i)(?<![\w-])font-style\s*:\s*italic")
_HIDDEN = re.compile(r"(?i)(?<![\w-])display\s*:\s*none|mso-hide\s*:\s*all")
_LINK = re.compile(r"(?i)(?:https?://|mailto:|tel:)[^\s<>\[\]\\]+")
_BLANKS = re.compile(r"[ \t\r\n\f]+")


class Page(NamedTuple):
    """A page as Markdown, and what its head says of it."""

    title: str
    summary: str
    markdown: str
    # How many pictures were left out.
    pictures: int


class _Open(NamedTuple):
    """A tag that stands open, and what holds inside it."""

    name: str = ""
    strong: bool = False
    emphasis: bool = False
    href: str = ""
    is_hidden: bool = False


@dataclass
class _Reader:
    blocks: list[Block] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=lambda: [_Open()])
    # How many of each name stand open, so that an end tag without a beginning is known at once.
    count: dict[str, int] = field(default_factory=dict)
    # The lists, quotations and points that stand open, each with its name; of a list, how many points it has.
    places: list[tuple[str, Inside | list[int]]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    cell: list[Run] | None = None
    level: int = 0
    title: str = ""
    summary: str = ""
    pictures: int = 0


def page_of(source: str) -> Page:
    """The Markdown of this HTML: its words, headings, lists, quotations, tables, emphasis and links."""
    reader = _Reader()
    for token in tokens(source):
        if isinstance(token, str):
            _hear(reader, token)
        elif token.is_end:
            _close(reader, token.name)
        else:
            _open(reader, token)
    _end_block(reader)
    _end_table(reader)
    title, summary = " ".join(reader.title.split()), " ".join(reader.summary.split())
    return Page(title, summary, in_markdown(reader.blocks), reader.pictures)


def _hear(reader: _Reader, words: str) -> None:
    inside = reader.opened[-1]
    if inside.name == "title":
        reader.title += words
    elif reader.count.get("pre") and not inside.is_hidden:
        reader.runs.append(Run(words))
    elif not inside.is_hidden:
        reader.runs.append(Run(_BLANKS.sub(" ", words), inside.strong, inside.emphasis, inside.href))


def _open(reader: _Reader, tag: Tag) -> None:
    if tag.name == "meta" and tag.attributes.get("name", "").lower() == "description":
        reader.summary = tag.attributes.get("content", "")
    if tag.name in _VOID:
        _mark(reader, tag.name)
        return
    if tag.name not in _IN_A_LINE:
        _end_block(reader)
        _begin_block(reader, tag)
    reader.opened.append(_inside(reader, tag))
    reader.count[tag.name] = reader.count.get(tag.name, 0) + 1


def _mark(reader: _Reader, name: str) -> None:
    """What has no end tag."""
    if name == "br":
        reader.runs.append(BREAK)
    elif name == "img":
        reader.pictures += 1
    elif name == "hr":
        _end_block(reader)
        reader.blocks.append(Block(is_line=True, inside=_here(reader)))


def _inside(reader: _Reader, tag: Tag) -> _Open:
    outer, style = reader.opened[-1], tag.attributes.get("style", "")
    strong = tag.name in _STRONG or bool(_BOLD.search(style))
    if _NOT_BOLD.search(style):
        # Some editors wrap a whole paste in bold that is none.
        strong = False
    href = tag.attributes.get("href", "") if tag.name == "a" else outer.href
    return _Open(
        tag.name,
        (outer.strong or strong) and not reader.level,
        outer.emphasis or tag.name in _EMPHASIS or bool(_SLANTED.search(style)),
        href.replace("(", "%28").replace(")", "%29") if _LINK.fullmatch(href) else "",
        outer.is_hidden or tag.name in _UNSEEN or bool(_HIDDEN.search(style)),
    )


def _close(reader: _Reader, name: str) -> None:
    if name not in _IN_A_LINE:
        _end_block(reader)
    if not reader.count.get(name):
        return
    if name in _CELLS:
        _end_cell(reader)
    elif name == "table" and reader.count[name] == 1:
        _end_table(reader)
    elif name in _LISTS or name in {"li", "blockquote"}:
        _leave(reader, name)
    closed = ""
    while closed != name:
        closed = reader.opened.pop().name
        reader.count[closed] -= 1


def _begin_block(reader: _Reader, tag: Tag) -> None:
    word = _WORD_HEADING.search(tag.attributes.get("class", ""))
    around = next((level for name, level in _HEADINGS.items() if reader.count.get(name)), 0)
    reader.level = int(word[1] or 1) if word else _HEADINGS.get(tag.name, around)
    if tag.name == "blockquote":
        reader.places.append((tag.name, quotation()))
    elif tag.name in _LISTS:
        reader.places.append((tag.name, [0]))
    elif tag.name == "li":
        _begin_point(reader)
    elif reader.count.get("table") == 1:
        _begin_cell(reader, tag.name)


def _begin_point(reader: _Reader) -> None:
    if reader.places and reader.places[-1][0] == "li":
        reader.places.pop()
    name, points = reader.places[-1] if reader.places else ("ul", None)
    if isinstance(points, list):
        points[0] += 1
    is_numbered = name == "ol" and isinstance(points, list)
    marker = f"{points[0]}. " if is_numbered and isinstance(points, list) else "- "
    reader.places.append(("li", Inside(marker)))


def _leave(reader: _Reader, name: str) -> None:
    """The point, list or quotation of this name, and whatever stands open in it."""
    names = [each for each, _ in reader.places]
    if name in names:
        del reader.places[len(names) - 1 - names[::-1].index(name) :]


def _begin_cell(reader: _Reader, name: str) -> None:
    if name == "tr":
        _end_cell(reader)
        reader.rows.append([])
    elif name in _CELLS:
        _end_cell(reader)
        reader.cell = []


def _end_cell(reader: _Reader) -> None:
    if reader.cell is not None and reader.count.get("table", 0) <= 1:
        words = words_in_markdown([run if run != BREAK else Run(" ") for run in reader.cell])
        if not reader.rows:
            reader.rows.append([])
        reader.rows[-1].append(" ".join(words.split()))
        reader.cell = None


def _end_table(reader: _Reader) -> None:
    _end_cell(reader)
    rows, reader.rows = [row for row in reader.rows if any(row)], []
    if rows:
        reader.blocks.append(Block(rows=rows, inside=_here(reader)))


def _end_block(reader: _Reader) -> None:
    """What was heard so far stands by itself."""
    runs, reader.runs, level, reader.level = reader.runs, [], reader.level, 0
    if reader.cell is not None:
        reader.cell.extend([*runs, Run(" ")])
    elif reader.count.get("pre"):
        reader.blocks.append(Block(code="".join(run.words for run in runs), inside=_here(reader)))
    elif any(run.words.strip() for run in runs):
        reader.blocks.append(Block(runs=runs, level=level, inside=_here(reader)))


def _here(reader: _Reader) -> Sequence[Inside]:
    return [place for _, place in reader.places if isinstance(place, Inside)]
