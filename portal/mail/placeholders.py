"""What a mail's expressions are called between curly brackets, and what stands there for a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from jinja2 import nodes

_ZONE = "(Europe/London, UTC+0)"
_TIMES = (
    f"Tuesday 9 March 2027, 10:00 {_ZONE}",
    f"Thursday 11 March 2027, 15:00 {_ZONE}",
)
_EARLIER, _LATER = f"Monday 8 March 2027, 09:00 {_ZONE}", f"Thursday 4 March 2027, 18:00 {_ZONE}"
# What the parts of an expression say, by the last name in it that is known here.
_TIME_NAMES = {
    "starts_at": "time",
    "moment": "time",
    "answer_by": "until",
    "until": "until",
    "failed_at": "since",
    "fetched_at": "last copy",
}
_EARLIER_ONES = {"earlier", "replaced", "replaces"}
_SAMPLES = {
    "device": "Firefox on Windows",
    "code": "K7M 2QP",
    "what": "A passkey was added.",
    "therapist": "Ada Marsh",
}
_CONDITIONS = {
    "replaced": "when it takes the place of another time",
    "earlier": "when the earlier time stays",
    "with_file": "when a file for the calendar comes with it",
    "nearest": "when there are free times to name",
    "clocks_change_at": "when the clocks change before then",
    "several": "when there are several times",
    "windows": "when there are several times",
    "fetched_at": "when there is a copy of it",
    "begun_by": "when the portal offered it by itself",
}
_DONE_BY = {"by": "when {} did it", "was": "when it was {}", "status": "when it is {}"}


@dataclass(frozen=True)
class Placeholder:
    """A value that a mail fills in."""

    name: str
    expression: nodes.Expr = field(compare=False)
    samples: tuple[str, ...]
    # A mail without it would be of no use: its link, its time.
    is_needed: bool = False
    # What stands there where there is less to say, if that is something else.
    otherwise: str | None = None

    def sample(self, turn: int, *, least: bool) -> str:
        if least and self.otherwise is not None:
            return self.otherwise
        return self.samples[turn % len(self.samples)]


class Test(NamedTuple):
    """What decides whether a part is in a mail: whether something is so, or is a certain word."""

    about: str
    word: str | None
    is_denied: bool

    def holds(self, assumed: dict[str, str], *, least: bool) -> bool:
        """For a trial: what was assumed is assumed still; else it holds, or, for the least, does not."""
        if self.about not in assumed:
            assumed[self.about] = (self.word or "yes") if least is self.is_denied else ""
        is_so = assumed[self.about] == self.word if self.word is not None else bool(assumed[self.about])
        return is_so is not self.is_denied


class Placeholders:
    """The names of one mail: the same expression has the same one, and no other has it."""

    def __init__(self) -> None:
        self._named: list[Placeholder] = []

    def called(self, expression: nodes.Expr) -> Placeholder:
        for known in self._named:
            if known.expression == expression:
                # With the expression of this place, which stands in another tree.
                return replace(known, expression=expression)
        new = _placeholder(expression)
        same = sum(known.name.rstrip(" 0123456789") == new.name for known in self._named)
        if same:
            new = replace(new, name=f"{new.name} {same + 1}")
        self._named.append(new)
        return new


def test_of(expression: nodes.Node) -> Test:
    is_denied = isinstance(expression, nodes.Not)
    inner = expression.node if isinstance(expression, nodes.Not) else expression
    if isinstance(inner, nodes.Compare) and isinstance(inner.ops[0].expr, nodes.Const):
        word, compared = inner.ops[0].expr.value, inner.ops[0].op
        if isinstance(word, str) and compared in {"eq", "ne"}:
            return Test(repr(inner.expr), word, is_denied is not (compared == "ne"))
    return Test(repr(inner), None, is_denied)


def condition_in_words(test: nodes.Node) -> str:
    """When a part is in a mail, as far as it is known; else: sometimes."""
    names = _names_in(test)
    said = next((str(const.value) for const in test.find_all(nodes.Const)), "")
    unlike = any(operand.op == "ne" for operand in test.find_all(nodes.Operand))
    for name in names:
        if name in _CONDITIONS:
            return _CONDITIONS[name]
        if name in _DONE_BY and said:
            words = _DONE_BY[name].format("they" if said == "client" else said)
            return words.replace("when it was", "when it was not") if unlike else words
    return "sometimes"


def _placeholder(expression: nodes.Expr) -> Placeholder:
    names = _names_in(expression)
    if "url_for" in names:
        return Placeholder("link", expression, ("https://…",), is_needed=True)
    if isinstance(expression, nodes.Filter):
        return _moment(expression, names)
    if isinstance(expression, nodes.CondExpr):
        text, other = _text_in(expression.expr1), _text_in(expression.expr2)
        return Placeholder(_fit(text or "words"), expression, (text,), otherwise=other)
    if isinstance(expression, nodes.Getitem):
        return _plain(expression, _names_in(expression.arg))
    if names[-1:] == ["name"]:
        called = "practice" if "practice" in names else "therapist" if "therapist" in names else "name"
        return Placeholder(called, expression, (_SAMPLES.get(called, "Ada Marsh"),))
    return _plain(expression, names)


def _moment(expression: nodes.Filter, names: list[str]) -> Placeholder:
    if _EARLIER_ONES & set(names):
        return Placeholder("earlier time", expression, (_EARLIER,), is_needed=True)
    if expression.name == "day":
        return Placeholder("day", expression, ("Sunday 28 March",), is_needed=True)
    name = next((_TIME_NAMES[each] for each in reversed(names) if each in _TIME_NAMES), "time")
    return Placeholder(name, expression, _TIMES if name == "time" else (_LATER,), is_needed=True)


def _plain(expression: nodes.Expr, names: list[str]) -> Placeholder:
    name = names[-1].replace("_", " ") if names else "words"
    return Placeholder(name, expression, (_SAMPLES.get(name, name),))


def _text_in(expression: nodes.Node | None) -> str:
    """What it says, as far as it is written out; whoever is named in it is Ada."""
    if isinstance(expression, nodes.Const):
        return str(expression.value)
    if isinstance(expression, nodes.Concat):
        return "".join(map(_text_in, expression.nodes))
    return _SAMPLES["therapist"] if expression is not None else ""


def _names_in(expression: nodes.Node) -> list[str]:
    """The names in an expression from its inside outwards: of a.b | c it is a, b, c."""
    if isinstance(expression, nodes.Name):
        return [expression.name]
    inner = [name for child in expression.iter_child_nodes() for name in _names_in(child)]
    own: Mapping[type[nodes.Node], str] = {nodes.Getattr: "attr", nodes.Filter: "name"}
    attribute = own.get(type(expression))
    return [*inner, getattr(expression, attribute)] if attribute else inner


def _fit(text: str) -> str:
    """As a name between brackets."""
    return text.strip().replace("{", "").replace("}", "") or "words"
