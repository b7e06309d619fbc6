"""The words of a mail apart from what it fills in: the practice may change the words, never the rest.

A template is read as Jinja reads it. The prose between its blocks are its pieces; in a piece every expression
is a placeholder in curly brackets. Whatever a practice writes in place of a piece becomes plain text between
the expressions that stood there already: it is put together with them and is never read as a template.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jinja2 import Environment, Template, nodes

from portal.mail.placeholders import Placeholder, Placeholders, Test, condition_in_words, test_of

FOLDER = "email/"
_IN_BRACKETS = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some prose of a mail, as it comes with the portal."""

    # By it the practice's words are kept: a piece that is another one some day has no words of the practice.
    key: str
    text: str
    # In words, when it is in the mail at all; empty for always.
    when: str
    placeholders: Mapping[str, Placeholder]
    # The lines and blanks around it, which are not for anybody to change.
    before: str = ""
    after: str = ""

    @property
    def is_prose(self) -> bool:
        return any(sign.isalpha() for sign in _IN_BRACKETS.sub("", self.text))


class Choice(NamedTuple):
    """Several ways to go on: the first whose test holds. The last has none, and may be empty."""

    ways: tuple[tuple[Test | None, Sequence[Any]], ...]


class Several(NamedTuple):
    """What stands once for each of several times."""

    parts: Sequence[Any]


Part = Piece | Choice | Several


@dataclass(frozen=True)
class Wording:
    """The words of one mail."""

    subject: Sequence[Part]
    body: Sequence[Part]

    @property
    def pieces(self) -> list[Piece]:
        """What can be changed, in the order of the mail, subject first, each once."""
        found = [*_pieces(self.subject), *_pieces(self.body)]
        return list({piece.key: piece for piece in found if piece.key and piece.is_prose}.values())

    @property
    def of_subject(self) -> set[str]:
        return {piece.key for piece in _pieces(self.subject)}


def messages(environment: Environment) -> list[str]:
    """Every mail that there is, by the names of their folders."""
    found = environment.list_templates(filter_func=lambda name: name.startswith(FOLDER))
    return sorted({name.split("/")[1] for name in found})


def wording_of(environment: Environment, message: str) -> Wording:
    """The words of a mail as they come with the portal."""
    names = Placeholders()
    subject, body = (
        _Reader(environment, names).parts(_parsed(environment, path).body) for path in _paths(message)
    )
    return Wording(subject, body)


def written_with(
    environment: Environment, message: str, words: Mapping[str, str]
) -> tuple[Template, Template]:
    """Subject and body as templates, with the practice's words in place of the pieces that they name."""
    names = Placeholders()
    made = []
    for path in _paths(message):
        tree = _parsed(environment, path)
        _Reader(environment, names, words).parts(tree.body)
        code = environment.compile(tree, path, path)
        made.append(Template.from_code(environment, code, environment.make_globals(None)))
    return made[0], made[1]


def split(text: str) -> Iterator[tuple[str, str | None]]:
    """The text as (words, the name of the placeholder after them or None)."""
    at = 0
    for found in _IN_BRACKETS.finditer(text):
        yield text[at : found.start()], found.group(1)
        at = found.end()
    yield text[at:], None


def shown(parts: Sequence[Part], words: Mapping[str, str], samples: Mapping[str, str], *, least: bool) -> str:
    """As it would arrive with made-up values, at its longest or at its shortest.

    `samples` are values that are known better than by the placeholders themselves.
    """
    return "".join(_Trial(words, samples, least, {}).lines(parts, 0))


class _Trial(NamedTuple):
    words: Mapping[str, str]
    samples: Mapping[str, str]
    least: bool
    assumed: dict[str, str]

    def lines(self, parts: Sequence[Part], turn: int) -> Iterator[str]:
        for part in parts:
            if isinstance(part, Piece):
                yield part.before + "".join(self._filled(part, turn)) + part.after
            elif isinstance(part, Choice):
                yield from self.lines(self._way(part), turn)
            else:
                for each in range(1 if self.least else 2):
                    yield from self.lines(part.parts, each)

    def _filled(self, piece: Piece, turn: int) -> Iterator[str]:
        for before, name in split(self.words.get(piece.key, piece.text)):
            yield before
            if name is not None:
                known = self.samples.get(name)
                yield known or piece.placeholders[name].sample(turn, least=self.least)

    def _way(self, choice: Choice) -> Sequence[Part]:
        return next(
            parts for test, parts in choice.ways if test is None or test.holds(self.assumed, least=self.least)
        )


def _pieces(parts: Sequence[Part]) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, Piece):
            yield part
        else:
            for way in [way for _, way in part.ways] if isinstance(part, Choice) else [part.parts]:
                yield from _pieces(way)


@dataclass
class _Reader:
    """Reads a template's tree into parts; with words, it puts them into the tree as it goes."""

    environment: Environment
    names: Placeholders
    words: Mapping[str, str] = field(default_factory=dict)

    def parts(self, tree: Sequence[nodes.Node], when: str = "") -> list[Part]:
        return [part for node in tree for part in self._read(node, when)]

    def _read(self, node: nodes.Node, when: str) -> Sequence[Part]:
        if isinstance(node, nodes.Output):
            return [self._piece(node, when)]
        if isinstance(node, nodes.If):
            return [self._choice(node)]
        if isinstance(node, nodes.For):
            return [Several(self.parts(node.body, when))]
        if isinstance(node, nodes.Include) and isinstance(node.template, nodes.Const):
            # Words that several mails share are nobody's to change in one of them.
            included = _Reader(self.environment, self.names)
            return [*map(_fixed, included.parts(_parsed(self.environment, node.template.value).body))]
        return []

    def _choice(self, node: nodes.If) -> Choice:
        ways: list[tuple[Test | None, Sequence[Part]]] = [
            (test_of(each.test), self.parts(each.body, condition_in_words(each.test)))
            for each in [node, *node.elif_]
        ]
        return Choice((*ways, (None, self.parts(node.else_, "otherwise"))))

    def _piece(self, node: nodes.Output, when: str) -> Piece:
        used: dict[str, Placeholder] = {}
        text = ""
        for each in node.nodes:
            if isinstance(each, nodes.TemplateData):
                text += each.data
            else:
                placeholder = self.names.called(each)
                used[placeholder.name] = placeholder
                text += f"{{{placeholder.name}}}"
        inner = text.strip()
        # What stands before and after: all of it before, where there is nothing else.
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(before) + len(inner) :]
        key = hashlib.sha256(inner.encode()).hexdigest()[:16]
        if key in self.words:
            node.nodes = _filled(before + self.words[key] + after, used)
        return Piece(key=key, text=inner, when=when, placeholders=used, before=before, after=after)


def _filled(text: str, used: Mapping[str, Placeholder]) -> list[nodes.Expr]:
    filled: list[nodes.Expr] = []
    for words, name in split(text):
        filled.append(nodes.TemplateData(words))
        if name is not None:
            filled.append(used[name].expression)
    return filled


def _fixed(part: Part) -> Part:
    """The same without words that could be changed."""
    if isinstance(part, Piece):
        return Piece(
            key="",
            text=part.text,
            when="",
            placeholders=part.placeholders,
            before=part.before,
            after=part.after,
        )
    if isinstance(part, Choice):
        return Choice(tuple((test, [*map(_fixed, way)]) for test, way in part.ways))
    return Several([*map(_fixed, part.parts)])


def _parsed(environment: Environment, path: str) -> nodes.Template:
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, path)
    return environment.parse(source, path)


def _paths(message: str) -> tuple[str, str]:
    return f"{FOLDER}{message}/subject.txt", f"{FOLDER}{message}/body.txt"
