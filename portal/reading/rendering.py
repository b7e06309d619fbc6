"""Turns a reading's Markdown into blocks of a page: safe, and with headings that fit under the title."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# A reading is words. What could load something, run something or ask for something is not among these.
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
# An author can give no name and no class: whatever has one has it from here.
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "*": {"id", "class"}}
_SCHEMES = {"https", "mailto", "tel"}
_FIRST_LEVEL = 2
_LAST_LEVEL = 6
_NO_WORDS = frozenset({"heading_open", "hr"})
_BLANKS = re.compile(r"\s+")
_TAG = re.compile(r"<[^>]*>")
_NAME = re.compile(r' id="p\d+"(?=[^<>]*>)')
_ENDS_A_LINE = re.compile(r"</(?:p|li|h\d|tr|pre)>|<br>")

_markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
    ["table", "smartquotes", "replacements"]
)


@dataclass(frozen=True)
class Block:
    """A paragraph, a list, a heading: what stands by itself. On its page it has the name p and its number."""

    # From 1.
    number: int
    html: Markup
    # As it is read, a line for each paragraph or point in it.
    text: str
    # Whether it is words that somebody may want to keep, and not a heading or a line.
    is_words: bool


@lru_cache(maxsize=64)
def blocks_of(markdown: str) -> Sequence[Block]:
    """The page's parts for this Markdown. Kept by its text, so that a change is never shown late."""
    return made(markdown)


def rendered(markdown: str) -> Markup:
    """The blocks as one part of a page."""
    return Markup("").join(block.html for block in blocks_of(markdown))


def unnamed(markdown: str) -> Markup:
    """The same without the blocks' names: a page may hold several such parts."""
    return Markup(_NAME.sub("", rendered(markdown)))


def made(markdown: str) -> Sequence[Block]:
    """The blocks, worked out anew: for what is only looked at once, as a draft is."""
    tokens = _markdown.parse(markdown)
    _fit_headings(tokens)
    opening = next((token for token in tokens if token.type == "paragraph_open" and token.level == 0), None)
    if opening is not None:
        opening.attrSet("class", "opens")
    return [_block(number, part) for number, part in enumerate(_parts(tokens), start=1)]


def sound_levels(levels: Sequence[int]) -> list[int]:
    """Levels from 2 for headings that were given these: in their order, none skipped."""
    above: list[int] = []
    sound = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        sound.append(min(_FIRST_LEVEL + len(above) - 1, _LAST_LEVEL))
    return sound


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each block that stands by itself."""
    part: list[Token] = []
    for token in tokens:
        part.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield part
            part = []


def _block(number: int, tokens: list[Token]) -> Block:
    tokens[0].attrSet("id", f"p{number}")
    source = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(source, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES)
    return Block(number, Markup(clean), _text(clean), tokens[0].type not in _NO_WORDS)


def _text(clean: str) -> str:
    # A line break in the source is a blank on the page.
    lines = _ENDS_A_LINE.sub("\n", _BLANKS.sub(" ", clean)).splitlines()
    words = (html.unescape(_TAG.sub("", line)).strip() for line in lines)
    return "\n".join(filter(None, words))


def _fit_headings(tokens: Sequence[Token]) -> None:
    """Whatever level an author begins with, it stands right under the page's own heading."""
    opening = [token for token in tokens if token.type == "heading_open"]
    closing = [token for token in tokens if token.type == "heading_close"]
    levels = sound_levels([int(token.tag[1:]) for token in opening])
    for opens, closes, level in zip(opening, closing, levels, strict=True):
        opens.tag = closes.tag = f"h{level}"
