"""HTML as a row of words and tags, however broken it is, in one pass over it. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_REST = re.compile(r"[\s/]*>")
# Nothing in them is words.
_UNREAD = frozenset({"script", "style", "template", "svg", "math", "iframe", "object"})
_END_OF = {name: re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE) for name in _UNREAD}


class Tag(NamedTuple):
    name: str
    is_end: bool
    attributes: Mapping[str, str]


def tokens(source: str) -> Iterator[str | Tag]:
    """Words, with their entities resolved, and tags. Comments are left out, and what only a browser runs."""
    scanner = _Scanner(source)
    while scanner.at < len(source):
        token = scanner.next()
        if token:
            yield token


class _Scanner:
    """Every step goes on where the last one ended: no text, however made, is looked at again and again."""

    def __init__(self, source: str) -> None:
        self._source, self.at = source, 0
        self._last_end = source.rfind(">")
        self._last_comment_end = source.rfind("-->")

    def next(self) -> str | Tag | None:
        begins = self._source.find("<", self.at)
        if begins < 0 or begins > self._last_end:
            return self._words(len(self._source))
        if begins > self.at:
            return self._words(begins)
        if self._source.startswith(("<!", "<?"), begins):
            self._skip_what_is_said_to_browsers()
            return None
        name = _NAME.match(self._source, begins)
        return self._tag(name) if name else self._words(begins + 1)

    def _words(self, until: int) -> str:
        words, self.at = self._source[self.at : until], until
        return html.unescape(words)

    def _skip_what_is_said_to_browsers(self) -> None:
        is_comment = self._source.startswith("<!--", self.at) and self.at < self._last_comment_end
        ending = "-->" if is_comment else ">"
        self.at = self._source.index(ending, self.at) + len(ending)

    def _tag(self, name: re.Match[str]) -> Tag | None:
        begins, called = self.at, name[2].lower()
        attributes, self.at = {}, name.end()
        while (rest := _REST.match(self._source, self.at)) is None:
            attribute = _ATTRIBUTE.match(self._source, self.at)
            if attribute is None or attribute.end() == self.at or attribute.end() >= len(self._source):
                # A quotation mark that nothing closes: it ends where the first tag would.
                self.at = self._source.index(">", begins) + 1
                break
            attributes[attribute[1].lower()] = next(filter(None, attribute.groups()[1:]), "")
            self.at = attribute.end()
        else:
            self.at = rest.end()
        if called in _UNREAD and not name[1]:
            end = _END_OF[called].search(self._source, self.at)
            self.at = end.end() if end else len(self._source)
            return None
        return Tag(called, bool(name[1]), {key: html.unescape(value) for key, value in attributes.items()})
