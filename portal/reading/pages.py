"""What a reading's file has to be: front matter that says what it is, and Markdown. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

_WORDS_A_MINUTE = 200
_MOST_CHARACTERS = 200_000
_LAST_POSITION = 999
_TITLE_LENGTH = 200
_SUMMARY_LENGTH = 400
_SLUG_LENGTH = 80
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEYS = ("title", "slug", "summary", "position", "published")
_HOW_IT_LOOKS = "it is lines like title: Words, between two lines of ---"
_WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}-]\w+)*")

_front_matter = YAMLHandler()


class UnfitReading(Exception):
    """A file cannot become a reading. Says in one line which file, and why."""


@dataclass(frozen=True, kw_only=True)
class Article:
    """One reading as its file says it. A draft may have no text yet."""

    title: str
    slug: str
    summary: str
    # The place in the series, from 1.
    position: int
    published: bool
    markdown: str

    @property
    def minutes(self) -> int:
        """How long the reading takes, in whole minutes, at 200 words a minute; never less than one."""
        return max(1, math.ceil(len(_WORD.findall(self.markdown)) / _WORDS_A_MINUTE))


def read_series(files: Mapping[str, str]) -> list[Article]:
    """The articles of these files, given as name and text. Raises UnfitReading for the first unfit one.

    Two files with one slug are refused, since either would hide the other.
    """
    articles: dict[str, Article] = {}
    for name, text in files.items():
        article = read_article(text, name=name)
        if article.slug in articles:
            raise UnfitReading(f"{name}: another of these files has the slug {article.slug!r} too")
        articles[article.slug] = article
    return list(articles.values())


def read_article(text: str, *, name: str) -> Article:
    """The article of one file. `name` is only for the refusal. Raises UnfitReading."""
    try:
        return _article(text)
    except _Unfit as reason:
        raise UnfitReading(f"{name}: {reason}") from None


class _Unfit(Exception):
    """Says why, without the file."""


def _article(text: str) -> Article:
    if len(text) > _MOST_CHARACTERS:
        raise _Unfit(f"it is longer than {_MOST_CHARACTERS} characters")
    if "\0" in text:
        raise _Unfit("it holds a NUL, which no database keeps")
    facts, markdown = _parts(text)
    article = Article(
        title=_line(facts, "title", _TITLE_LENGTH),
        slug=_slug(facts),
        summary=_line(facts, "summary", _SUMMARY_LENGTH, otherwise=""),
        position=_position(facts),
        published=_published(facts),
        markdown=markdown,
    )
    if article.published and not markdown:
        raise _Unfit("it is published but has no text; say published: false until it has some")
    return article


def _parts(text: str) -> tuple[dict[str, Any], str]:
    text = text.lstrip()
    if not _front_matter.detect(text):
        raise _Unfit(f"it does not begin with front matter: {_HOW_IT_LOOKS}")
    try:
        front, markdown = _front_matter.split(text)
        # Not the faster loader in C, which brackets a few thousand deep bring down with the whole process.
        facts = _front_matter.load(front, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _Unfit(f"its front matter cannot be read: {_HOW_IT_LOOKS}") from None
    if not isinstance(facts, dict):
        raise _Unfit(f"its front matter says nothing: {_HOW_IT_LOOKS}")
    for key in facts:
        if key not in _KEYS:
            raise _Unfit(f"{str(key)[:40]!r} in the front matter is not one of {', '.join(_KEYS)}")
    return facts, markdown.strip()


def _line(facts: dict[str, Any], key: str, most: int, otherwise: str | None = None) -> str:
    value = facts.get(key, otherwise)
    if value is None:
        raise _Unfit(f"it has no {key}")
    if not isinstance(value, str):
        raise _Unfit(f"its {key} is not text; put it between quotation marks")
    line = " ".join(value.split())
    if not line and otherwise is None:
        raise _Unfit(f"its {key} is empty")
    if len(line) > most:
        raise _Unfit(f"its {key} is longer than {most} characters")
    return line


def _slug(facts: dict[str, Any]) -> str:
    slug = _line(facts, "slug", _SLUG_LENGTH)
    if not _SLUG.fullmatch(slug):
        raise _Unfit("its slug may have small letters a to z, figures, and single hyphens between them")
    return slug


def _position(facts: dict[str, Any]) -> int:
    position = facts.get("position", _LAST_POSITION)
    # True is a number to Python, but not to the author of a file.
    if type(position) is not int or not 1 <= position <= _LAST_POSITION:
        raise _Unfit(f"its position is not a number from 1 to {_LAST_POSITION}")
    return position


def _published(facts: dict[str, Any]) -> bool:
    published = facts.get("published", False)
    if not isinstance(published, bool):
        raise _Unfit("its published is neither true nor false")
    return published
