"""A FHIR resource in XML, as the JSON that says the same. Pure; knows no entities and follows no address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from portal.intake.fhir_shapes import (
    DEEPEST,
    MOST_BYTES,
    PRIMITIVES,
    Json,
    Unusable,
    places_in,
    refuse_depth,
)

# More of them than a questionnaire of a thousand items could need, and as many as a small machine can hold.
_MOST_ELEMENTS = 300_000
_XHTML = "http://www.w3.org/1999/xhtml"
# What holds other resources is known by little more than that.
_HOLDERS = frozenset({"contained", "resource"})
_LISTS = frozenset({"entry", "parameter", "item"})
_TRUTHS = {"true": True, "false": False}


@dataclass(slots=True)
class _Node:
    name: str
    attributes: Mapping[str, str]
    children: list[_Node] = field(default_factory=list)


def from_xml(source: bytes) -> Json:
    """The resource in this file. Raises Unusable, with the line at fault."""
    if len(source) > MOST_BYTES:
        raise Unusable(f"the file: it is larger than {MOST_BYTES // 1_000_000} MB")
    plain = _resource(_Tree().read(source))
    refuse_depth(plain)
    return plain


class _Tree:
    """Builds the nodes of a file as it is read, without its narrative."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._open = [_Node("", {})]
        self._count = 0

    def read(self, source: bytes) -> _Node:
        try:
            self._parser.Parse(source, True)
        except expat.ExpatError as problem:
            words = expat.errors.messages[problem.code]
            raise Unusable(f"line {problem.lineno}, column {problem.offset + 1}: {words}") from None
        if not self._open[0].children:
            raise Unusable("line 1: this is no FHIR resource")
        return self._open[0].children[0]

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, called = name.rpartition(" ")
        if len(self._open) > DEEPEST:
            raise Unusable(f"line {self._parser.CurrentLineNumber}: nested more than {DEEPEST} levels deep")
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise Unusable(f"line {self._parser.CurrentLineNumber}: more than {_MOST_ELEMENTS:,} elements")
        node = _Node(called, attributes)
        if space != _XHTML:
            self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _refuse(self, *_declared: object) -> None:
        line = self._parser.CurrentLineNumber
        raise Unusable(f"line {line}: it declares a document type, which no FHIR file does")


def _resource(node: _Node) -> Json:
    return {"resourceType": node.name, **_element(node.name, node)}


def _element(kind: str | None, node: _Node) -> Json:
    """What is in an element of this kind; of one that is not known, as it looks."""
    places = places_in(kind)
    made: Json = {}
    for name in ("id", "url"):
        if name in node.attributes:
            made[name] = node.attributes[name]
    for child in node.children:
        place = places.get(child.name)
        value = _value(place.kind if place else None, child)
        many = place.many if place else child.name in _LISTS
        _put(made, child.name, value, many=many)
        if not many and "value" in child.attributes and child.children:
            made[f"_{child.name}"] = _element("Extension", child)
    return made


def _put(made: Json, name: str, value: Any, *, many: bool) -> None:
    if name in made:
        known = made[name]
        made[name] = [*(known if isinstance(known, list) else [known]), value]
    else:
        made[name] = [value] if many else value


def _value(kind: str | None, node: _Node) -> Any:
    if node.name in _HOLDERS:
        return _resource(node.children[0]) if node.children else {}
    if "value" in node.attributes and (kind is None or kind in PRIMITIVES):
        return _typed(kind, node.attributes["value"])
    return _element(kind if kind not in PRIMITIVES else None, node)


def _typed(kind: str | None, text: str) -> Any:
    """As JSON writes it; what does not fit stays the text that it is."""
    if kind == "boolean" or (kind is None and text in _TRUTHS):
        return _TRUTHS.get(text, text)
    if kind in {"integer", "unsignedInt", "positiveInt"} and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if kind == "decimal" and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text):
        return float(text) if "." in text else int(text)
    return text
