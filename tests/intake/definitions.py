"""Small questionnaires that tests speak of, and random ones for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from portal.intake.path import Path, passed_by
from portal.intake.questionnaire import Questionnaire, Value
from portal.intake.replies import AnswerState, Reply

# Two definitions at once, or a database for each: on a busy machine they come slowly.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
OPTIONS = [{"code": code, "label": code.title()} for code in ("one", "two", "three")]
KINDS: dict[str, dict[str, Any]] = {
    "short-text": {"max_length": 40},
    "long-text": {"max_length": 300},
    "one-of": {"options": OPTIONS},
    "several-of": {"options": OPTIONS},
    "yes-no": {},
    "date": {"min": "2000-01-01", "max": "2030-12-31"},
    "number": {"min": 0, "max": 10},
    "time": {},
    "moment": {},
    "address": {},
}


def item(link_id: str, kind: str = "short-text", **more: Any) -> dict[str, Any]:
    """A valid item of this kind, as it stands in a file."""
    why = {} if kind in {"note", "section"} else {"why": "because a test asks it."}
    return {
        "link_id": link_id,
        "kind": kind,
        "text": f"About {link_id}?",
        **why,
        **KINDS.get(kind, {}),
        **more,
    }


def when(question: str, operator: str, answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, "answer": answer}


def questionnaire(*items: dict[str, Any]) -> Questionnaire:
    return Questionnaire.model_validate({"name": "test", "title": "Test", "minutes": 5, "items": items})


_ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "short-text": st.sampled_from(["heron", "weir"]),
    "long-text": st.sampled_from(["heron", "weir"]),
    "one-of": st.sampled_from(["one", "two", "three"]),
    "several-of": st.sampled_from([("one",), ("two", "three"), ("one", "two", "three")]),
    "yes-no": st.booleans(),
    "date": st.sampled_from(["2001-02-03", "2020-12-31"]),
    "number": st.integers(0, 10),
    "time": st.sampled_from(["09:30", "23:59"]),
    "moment": st.sampled_from(["2027-03-01T09:30", "2027-10-31T02:30"]),
    "address": st.just("https://example.org"),
}


@st.composite
def definitions(draw: st.DrawFn) -> Questionnaire:
    """Up to twelve items, some in sections or hidden or only for who says more, some sections on one page.

    Each has up to three conditions on earlier ones.
    """
    kinds = draw(st.lists(st.sampled_from([*KINDS, "note", "section"]), min_size=1, max_size=11))
    items = [item("q-0", draw(st.sampled_from(list(KINDS))))]
    # What the next item can stand in: the item before it, and all that this one stands in.
    chain = [items[0]]
    for position, kind in enumerate(kinds, start=1):
        conditions = draw(st.lists(_conditions(items), max_size=3))
        behaviour = draw(st.sampled_from(["all", "any"]))
        holder = draw(st.sampled_from([None, *(each for each in chain if each["kind"] != "note")]))
        made = item(f"q-{position}", kind, enable_when=conditions, enable_behaviour=behaviour)
        made["within"] = holder and holder["link_id"]
        made["hidden"] = draw(st.integers(0, 9)) == 0
        made |= {"more": draw(st.integers(0, 4)) == 0} if kind != "section" else {}
        chain = [*(chain[: chain.index(holder) + 1] if holder else []), made]
        items.append(made)
    return questionnaire(*_with_sections(items, draw(st.lists(st.booleans(), min_size=12, max_size=12))))


def _with_sections(items: list[dict[str, Any]], on_one_page: list[bool]) -> list[dict[str, Any]]:
    """Those that hold nothing become notes; a note that stands before one speaks of it."""
    held = {each.get("within") for each in items}
    for each in items:
        if each["kind"] == "section" and each["link_id"] not in held:
            each["kind"] = "note"
    for each, following, at_once in zip(items, [*items[1:], {"kind": None}], on_one_page, strict=False):
        if each["kind"] == "section":
            each["on_one_page"] = at_once
        elif each["kind"] == "note" and following["kind"] == "section":
            each["before"] = following["link_id"]
    return items


@st.composite
def paths(draw: st.DrawFn) -> Path:
    """A definition with something said to some of it, some parts passed by, in either depth."""
    definition = draw(definitions())
    replies = draw(saying(definition))
    sections = sorted(definition.sections)
    ways = st.sampled_from([AnswerState.SKIPPED, AnswerState.IN_PERSON])
    parts = draw(st.dictionaries(st.sampled_from(sections), ways)) if sections else {}
    return Path(definition, passed_by(definition, replies, parts), draw(st.booleans()))


@st.composite
def saying(draw: st.DrawFn, definition: Questionnaire) -> dict[str, Reply]:
    """Something said to some of the questions, hidden ones too."""
    replies: dict[str, Reply] = {}
    for each in definition.items:
        if each.kind not in {"note", "section"} and draw(st.booleans()):
            state = draw(st.sampled_from(AnswerState))
            replies[each.link_id] = Reply(state, draw(_ANSWERS[each.kind]))
    return replies


def answered(**values: Value) -> dict[str, Reply]:
    return {name.replace("_", "-"): Reply(AnswerState.ANSWERED, value) for name, value in values.items()}


@st.composite
def _conditions(draw: st.DrawFn, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    asked = draw(st.sampled_from([each for each in earlier if each["kind"] in KINDS]))
    operators = ["exists", "=", "!="]
    if asked["kind"] in {"date", "number", "time", "moment"}:
        operators += [">", "<", ">=", "<="]
    operator = draw(st.sampled_from(operators))
    if operator == "exists":
        return when(asked["link_id"], operator, draw(st.booleans()))
    answer = draw(_ANSWERS[asked["kind"]])
    return when(asked["link_id"], operator, answer[0] if isinstance(answer, tuple) else answer)
