"""What a reading's file has to be: front matter that says what it is, and Markdown. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import count
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

_WORDS_A_MINUTE = 200
MOST_CHARACTERS = 200_000
LAST_POSITION = 999
TITLE_LENGTH = 200
SUMMARY_LENGTH = 400
SLUG_LENGTH = 80
_MORE_LENGTH = 10_000
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
_KEYS = ("title", "slug", "summary", "position", "published")
_HOW_IT_LOOKS = "it is lines like title: Words, between two lines of ---"
_WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}-]\w+)*")

_front_matter = YAMLHandler()


class UnfitReading(Exception):
    """A text cannot become a reading. Says in one line why, and of which file if there are several."""


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
    # What the front matter says beside all this, as YAML; kept, and given back with the file.
    front_matter: str = ""

    @property
    def minutes(self) -> int:
        return minutes_for(self.markdown)


def minutes_for(markdown: str) -> int:
    """How long the reading takes, in whole minutes, at 200 words a minute; never less than one."""
    return max(1, math.ceil(len(_WORD.findall(markdown)) / _WORDS_A_MINUTE))


def is_slug(text: str) -> bool:
    return bool(_SLUG.fullmatch(text)) and len(text) <= SLUG_LENGTH


def slug_for(title: str, taken: Container[str] = ()) -> str:
    """An address made of this title, and of a number if all shorter ones are taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = _NOT_IN_A_SLUG.sub("-", plain.replace("'", "")).strip("-")
    # Room for a number, and no word that is cut in two.
    slug = slug if len(slug) < SLUG_LENGTH - 5 else slug[: SLUG_LENGTH - 5].rpartition("-")[0] or slug[:60]
    slug = slug.strip("-") or "reading"
    if slug not in taken:
        return slug
    return next(each for number in count(2) if (each := f"{slug}-{number}") not in taken)


def has_front_matter(text: str) -> bool:
    return bool(_front_matter.detect(text.lstrip()))


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
        measure(text)
        return article_of(*parts_of(text))
    except UnfitReading as reason:
        raise UnfitReading(f"{name}: {reason}") from None


def measure(text: str) -> None:
    """Raises UnfitReading for what is too long, or cannot be kept."""
    if len(text) > MOST_CHARACTERS:
        most = f"{MOST_CHARACTERS:,}".replace(",", "\N{NO-BREAK SPACE}")
        raise UnfitReading(f"it is longer than {most} characters, which is too much for one reading")
    if "\0" in text:
        raise UnfitReading("it holds a NUL, which no database keeps")


def article_of(facts: dict[str, Any], markdown: str) -> Article:
    """The article of a front matter's facts and a text. Raises UnfitReading, without the name of a file."""
    article = Article(
        title=_line(facts, "title", TITLE_LENGTH),
        slug=_slug(facts),
        summary=_line(facts, "summary", SUMMARY_LENGTH, otherwise=""),
        position=_position(facts),
        published=_published(facts),
        markdown=markdown,
        front_matter=_more(facts),
    )
    if article.published and not markdown:
        raise UnfitReading("it is published but has no text; say published: false until it has some")
    return article


def parts_of(text: str) -> tuple[dict[str, Any], str]:
    """What the front matter says, and the Markdown below it. Raises UnfitReading."""
    text = text.lstrip()
    if not _front_matter.detect(text):
        raise UnfitReading(f"it does not begin with front matter: {_HOW_IT_LOOKS}")
    try:
        front, markdown = _front_matter.split(text)
        # Not the faster loader in C, which brackets a few thousand deep bring down with the whole process.
        facts = _front_matter.load(front, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UnfitReading(f"its front matter cannot be read: {_HOW_IT_LOOKS}") from None
    if not isinstance(facts, dict):
        raise UnfitReading(f"its front matter says nothing: {_HOW_IT_LOOKS}")
    for key in facts:
        _know(str(key))
    return facts, markdown.strip()


def as_file(article: Article) -> str:
    """The article as a file that can be brought in again."""
    facts = {key: getattr(article, key) for key in _KEYS}
    front: str = yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=MOST_CHARACTERS)
    return f"---\n{front}{article.front_matter}---\n\n{article.markdown}\n"


def _know(key: str) -> None:
    """What the portal does not know is kept; what is only a slip of the pen would be missed."""
    meant = [] if key in _KEYS else get_close_matches(key, _KEYS, n=1, cutoff=0.8)
    if meant:
        raise UnfitReading(f"{key[:40]!r} in the front matter is not one of {', '.join(_KEYS)}")


def _more(facts: dict[str, Any]) -> str:
    more = {key: value for key, value in facts.items() if key not in _KEYS}
    if not more:
        return ""
    try:
        text: str = yaml.safe_dump(more, allow_unicode=True, sort_keys=False)
    except (yaml.YAMLError, RecursionError):
        raise UnfitReading(f"its front matter cannot be read: {_HOW_IT_LOOKS}") from None
    if len(text) > _MORE_LENGTH:
        raise UnfitReading(f"its front matter is longer than {_MORE_LENGTH} characters")
    return text


def _line(facts: dict[str, Any], key: str, most: int, otherwise: str | None = None) -> str:
    value = facts.get(key, otherwise)
    if value is None:
        raise UnfitReading(f"it has no {key}")
    if not isinstance(value, str):
        raise UnfitReading(f"its {key} is not text; put it between quotation marks")
    line = " ".join(value.split())
    if not line and otherwise is None:
        raise UnfitReading(f"its {key} is empty")
    if len(line) > most:
        raise UnfitReading(f"its {key} is longer than {most} characters")
    return line


def _slug(facts: dict[str, Any]) -> str:
    slug = _line(facts, "slug", SLUG_LENGTH)
    if not _SLUG.fullmatch(slug):
        raise UnfitReading("its slug may have small letters a to z, figures, and single hyphens between them")
    return slug


def _position(facts: dict[str, Any]) -> int:
    position = facts.get("position", LAST_POSITION)
    # True is a number to Python, but not to the author of a file.
    if type(position) is not int or not 1 <= position <= LAST_POSITION:
        raise UnfitReading(f"its position is not a number from 1 to {LAST_POSITION}")
    return position


def _published(facts: dict[str, Any]) -> bool:
    published = facts.get("published", False)
    if not isinstance(published, bool):
        raise UnfitReading("its published is neither true nor false")
    return published
