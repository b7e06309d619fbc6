"""Turns a reading's Markdown into a part of a page: safe, and with headings that fit under the title."""

from __future__ import annotations

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
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"https", "mailto", "tel"}
_FIRST_LEVEL = 2
_LAST_LEVEL = 6

_markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
    ["table", "smartquotes", "replacements"]
)


@lru_cache(maxsize=64)
def rendered(markdown: str) -> Markup:
    """The page's part for this Markdown. Kept by its text, so that a change is never shown late."""
    tokens = _markdown.parse(markdown)
    _fit_headings(tokens)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return Markup(nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES))


def _fit_headings(tokens: list[Token]) -> None:
    """Whatever level an author begins with, it stands right under the page's own heading."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    used = sorted({token.tag for token in headings})
    fitting = {tag: f"h{min(_FIRST_LEVEL + rank, _LAST_LEVEL)}" for rank, tag in enumerate(used)}
    for token in headings:
        token.tag = fitting[token.tag]
