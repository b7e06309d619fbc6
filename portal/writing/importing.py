"""A text from elsewhere, in Markdown, HTML or neither, made an article to go on with. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from portal.reading.pages import (
    LAST_POSITION,
    MOST_CHARACTERS,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    Article,
    UnfitReading,
    article_of,
    has_front_matter,
    measure,
    parts_of,
    slug_for,
)
from portal.writing.hypertext import page_of
from portal.writing.mending import Mended, mended, sound_headings

_HTML_NAMES = frozenset({".html", ".htm", ".xhtml"})
_PLAIN_NAMES = frozenset({".txt", ".text"})
_IS_HTML = re.compile(
    r"(?i)\s*<(?:!doctype\s+html|!--\s*StartFragment|(?:html|head|title|meta|style|body|main|article|section|div"
    r"|p|h[1-6]|ul|ol|table|blockquote|pre|span|b|strong|em|i|a)[\s>])"
)
_IS_MARKDOWN = re.compile(r"(?m)^(?:#{1,6} |[-*+] |> |\d{1,3}\. |```|={3,}$)|\]\(|\*\*\S")
_FRAGMENT = re.compile(r"(?is)<!--\s*StartFragment\s*-->(.*?)<!--\s*EndFragment\s*-->")
_LONGEST_FIRST_LINE = 100
_NO_TITLE = "A reading without a title"


@dataclass(frozen=True, kw_only=True)
class BroughtIn:
    """An article as it was brought in, and what was done to it on the way."""

    article: Article
    # Whether its file says its address: another reading may have it, and is meant.
    says_slug: bool
    # None where its place in the series is not said.
    position: int | None
    mended: Collection[Mended]
    pictures: int


def brought_in(text: str, *, name: str = "") -> BroughtIn:
    """The article in this text; `name` is that of its file, if it has one. Raises UnfitReading.

    Whether it is published is said by its file alone.
    """
    kind, facts, pictures = PurePath(name).suffix.lower(), {}, 0
    if kind in _HTML_NAMES or _IS_HTML.match(text):
        fragment = _FRAGMENT.search(text)
        page = page_of(fragment[1] if fragment else text)
        facts, text, pictures = _head(page.title, page.summary), page.markdown, page.pictures
        is_plain = False
    else:
        if has_front_matter(text):
            facts, text = parts_of(text)
        is_plain = not facts and (kind in _PLAIN_NAMES or not _IS_MARKDOWN.search(text))
    if len(text) > 2 * MOST_CHARACTERS:
        # Nothing that could be mended about it would make it short enough.
        measure(text)
    return _article(facts, text, is_plain=is_plain, name=name, pictures=pictures)


def mended_words(text: str) -> str:
    """What somebody pastes into an article, as Markdown that fits there."""
    found = brought_in(text)
    title = "" if found.article.title == _NO_TITLE else f"## {found.article.title}\n\n"
    return f"{title}{found.article.markdown}"


def _head(title: str, summary: str) -> dict[str, Any]:
    return {"html title": title[:TITLE_LENGTH], "summary": summary[:SUMMARY_LENGTH]}


def _article(facts: dict[str, Any], text: str, *, is_plain: bool, name: str, pictures: int) -> BroughtIn:
    markdown, done = mended(text, is_plain=is_plain)
    title, markdown, moved = sound_headings(markdown, _said(facts, "title"))
    if is_plain and not title:
        title, markdown = _first_line(markdown)
    if moved:
        done = done | {Mended.HEADINGS}
    measure(markdown)
    title = title or str(facts.pop("html title", "")) or _title_from(name) or _NO_TITLE
    facts.pop("html title", None)
    position, says_slug = facts.get("position"), "slug" in facts
    whole = {"position": LAST_POSITION, "slug": slug_for(title)} | facts
    # What was found in the text has not been measured by anybody.
    whole["title"] = facts.get("title") or title[:TITLE_LENGTH]
    article = article_of(whole, markdown)
    return BroughtIn(
        article=article,
        says_slug=says_slug,
        position=article.position if position is not None else None,
        mended=done,
        pictures=pictures,
    )


def _said(facts: dict[str, Any], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) else ""


def _first_line(markdown: str) -> tuple[str, str]:
    """A short line by itself at the beginning is what a text without any marks is called."""
    line, blank, rest = markdown.partition("\n\n")
    if (
        not blank
        or "\n" in line
        or len(line) > _LONGEST_FIRST_LINE
        or line[-1:] in ".,;:-"
        or line[:2] == "- "
    ):
        return "", markdown
    return line, rest


def _title_from(name: str) -> str:
    words = " ".join(re.split(r"[\s_-]+", PurePath(name).stem)).strip()
    return f"{words[:1].upper()}{words[1:]}"


__all__ = ["BroughtIn", "UnfitReading", "brought_in", "mended_words"]
