"""Reads a page as the standard says, and refuses one that it calls an error."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element as Node

import html5lib


class Element:
    """An element of the page, for reading only."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def tag(self) -> str:
        return str(self._node.tag)

    @property
    def text(self) -> str:
        return " ".join("".join(self._node.itertext()).split())

    @property
    def lines(self) -> str:
        """Its text with the lines and blanks that it has, as a field of several lines holds it."""
        return "".join(self._node.itertext())

    def get(self, name: str, default: str = "") -> str:
        return self._node.get(name, default)

    def has(self, name: str) -> bool:
        return name in self._node.attrib

    def all(self, *tags: str, **attributes: str) -> Iterator[Element]:
        """Every element below with one of these tags, or any tag, and these attributes."""
        for node in self._node.iter():
            if node is self._node or not isinstance(node.tag, str) or (tags and node.tag not in tags):
                continue
            found = Element(node)
            if all(value in found.get(name.rstrip("_")).split() for name, value in attributes.items()):
                yield found

    def same_as(self, other: Element) -> bool:
        return self._node is other._node


def read(source: str) -> Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return Element(parser.parse(source))
