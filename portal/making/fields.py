"""What can be said of an item, kind by kind, as one table: a page, a form and a draft all go by it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """How something is said on paper."""

    LINE = "line"
    WORDS = "words"
    TICK = "tick"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    # One of the items before it, or of the tender sections after it.
    EARLIER = "earlier"
    SECTION = "section"
    # One of the field's own choices.
    PICK = "pick"


@dataclass(frozen=True)
class Field:
    """One thing that can be said of an item. A new one is a line in FIELDS."""

    name: str
    label: str
    shape: Shape
    kinds: frozenset[str]
    hint: str = ""
    # Folded away with what is seldom needed.
    rare: bool = False
    # What stands for it where nothing was said, if that is something.
    usual: bool = False
    # Of a PICK, each with its words; the first stands where nothing was said.
    choices: tuple[tuple[str, str], ...] = ()


KINDS: Mapping[str, str] = {
    "one-of": "Choose one answer",
    "several-of": "Choose any number of answers",
    "yes-no": "Yes or no",
    "short-text": "A short text",
    "long-text": "A longer text",
    "number": "A number",
    "date": "A day",
    "time": "A time of day",
    "moment": "A day and a time",
    "address": "An address on the web",
    "note": "A note to read",
    "section": "A section",
}
CHOICES = frozenset({"one-of", "several-of"})
# Whose answers can light a lamp.
LAMPS = CHOICES | {"yes-no", "number"}
# Whose answers are numbers, or can count as some.
_COUNTED = CHOICES | {"number"}
_NOTES = frozenset({"note", "section"})
_QUESTIONS = frozenset(KINDS) - _NOTES
_ITEMS = frozenset(KINDS) - {"section"}
_SEVERAL = frozenset({"short-text", "number", "date", "time", "moment", "address"})

FIELDS: tuple[Field, ...] = (
    Field("text", "What do you ask?", Shape.WORDS, _QUESTIONS, "As clients read it."),
    Field("text", "What do clients read here?", Shape.WORDS, frozenset({"note"})),
    Field(
        "text",
        "What stands above its questions? (optional)",
        Shape.WORDS,
        frozenset({"section"}),
        "Clients read it above each of its questions.",
    ),
    Field(
        "why",
        "Why do you ask it?",
        Shape.WORDS,
        _QUESTIONS,
        "It goes on from “Why this is asked: …”, for example: it tells me where to begin.",
    ),
    Field("other", "An answer in their own words is as good", Shape.TICK, CHOICES),
    Field("several", "More than one answer can be given, each on its own line", Shape.TICK, _SEVERAL),
    Field("whole", "Only whole numbers", Shape.TICK, frozenset({"number"}), usual=True),
    Field("unit", "What is counted? (optional)", Shape.LINE, frozenset({"number"}), "For example hours."),
    Field("min", "The smallest number (optional)", Shape.NUMBER, frozenset({"number"})),
    Field("max", "The largest number (optional)", Shape.NUMBER, frozenset({"number"})),
    Field("min", "The first day that can be given (optional)", Shape.DAY, frozenset({"date"})),
    Field("max", "The last day that can be given (optional)", Shape.DAY, frozenset({"date"})),
    Field(
        "wanted",
        "An answer here helps more than most",
        Shape.TICK,
        _QUESTIONS,
        "Clients are told so. They can pass it by all the same.",
    ),
    Field(
        "tender",
        "It may hurt to be asked this",
        Shape.TICK,
        _QUESTIONS,
        "Then it comes late, after a note that says what is coming.",
    ),
    Field("more", "Only for those who choose to say more", Shape.TICK, _ITEMS),
    Field(
        "name_to_use",
        "The answer is the name you call them by",
        Shape.TICK,
        frozenset({"short-text"}),
        "It is the one answer that is needed before they can send.",
    ),
    Field(
        "on_one_page",
        "Its questions stand together on one page",
        Shape.TICK,
        frozenset({"section"}),
        "Else each has a page of its own.",
    ),
    Field(
        "before",
        "Which section can be passed by from here? (optional)",
        Shape.SECTION,
        frozenset({"note"}),
        "For a note that says what is coming: one press, and all of that section is skipped.",
    ),
    Field(
        "part_of",
        "Which question does it follow up on? (optional)",
        Shape.EARLIER,
        _ITEMS,
        "It then shares its number.",
        rare=True,
    ),
    Field("prefix", "What stands before it, like 3a (optional)", Shape.LINE, frozenset(KINDS), rare=True),
    Field(
        "max_length",
        "Room for how many characters? (optional)",
        Shape.WHOLE,
        frozenset({"short-text", "long-text"}),
        rare=True,
    ),
    Field("read_only", "It is shown, and cannot be changed", Shape.TICK, _QUESTIONS, rare=True),
    Field("hidden", "It is shown to nobody", Shape.TICK, frozenset(KINDS), rare=True),
    Field(
        "link_id",
        "Its name in reports and files (optional)",
        Shape.LINE,
        frozenset(KINDS),
        "Leave it empty, and it is made from the words.",
        rare=True,
    ),
)
# What can be said of a lamp, beside the answers that light it.
LAMP_FIELDS: tuple[Field, ...] = (
    Field("heading", "What does the client read at once, as a heading?", Shape.LINE, LAMPS),
    Field(
        "words",
        "And below it?",
        Shape.WORDS,
        LAMPS,
        "The lines where help is follow by themselves, and who is told.",
    ),
    Field(
        "at_least",
        "Is it lit by a number too, from which one on? (optional)",
        Shape.NUMBER,
        _COUNTED,
        "Of answers with scores, what those that were chosen count together.",
    ),
    Field("at_most", "And up to which one? (optional)", Shape.NUMBER, _COUNTED),
    Field(
        "tells",
        "How soon are you told?",
        Shape.PICK,
        LAMPS,
        "Clients read it. You are told again until somebody has seen it.",
        choices=(
            ("at-once", "At once"),
            ("within-minutes", "Within some minutes"),
            ("answering-hours", "When you read messages next"),
        ),
    ),
    Field(
        "minutes", "Within how many minutes? (optional)", Shape.WHOLE, LAMPS, "Only where it is within some."
    ),
    Field(
        "tells_stand_in",
        "While you are away, whoever stands in for you is told as well",
        Shape.TICK,
        LAMPS,
        usual=True,
    ),
)


def fields_of(kind: str) -> tuple[Field, ...]:
    """All that can be said of an item of this kind, in the order of its page."""
    return tuple(each for each in FIELDS if kind in each.kinds)
