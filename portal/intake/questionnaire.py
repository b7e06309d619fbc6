"""The questionnaire as data: kinds of questions, their wording, and which answers open them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import pairwise, zip_longest
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

# A text is a string, a choice a code, a date an ISO string (2027-03-01), a time of day 14:30, a moment both
# (2027-03-01T14:30) as the clock on the wall says; several answers are a tuple.
Value = str | bool | int | float | tuple[str | int | float, ...]

LONGEST_CODE = 60
LONGEST_WORDS = 2000
MOST_ITEMS = 1000
MOST_OPTIONS = 500
# A browser posts a thousand fields and a million bytes at most, and nothing typed may be turned away.
MOST_ON_A_PAGE = 40
MOST_LONG_TEXTS_ON_A_PAGE = 20
# What a client adds to what they have sent; it is answered like a question, and nobody is asked it.
ADDITION = "added-afterwards"
# Addresses below /questions/ that are not questions of a definition.
TAKEN = frozenset({"check", "sent", ADDITION})
# Before an answer in the client's own words, where there are options too: no code begins so.
OWN_WORDS = "~"

Code = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=LONGEST_CODE)
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS)]
# What another system called it, word for word.
_Origin = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"),
    # The calendar has the last word: no page could name the 31st of February.
    AfterValidator(lambda day: date.fromisoformat(day).isoformat()),
]


class Malformed(Exception):
    """The definition cannot be used. `problems` are lines, each with the path at fault and what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Operator(StrEnum):
    """How a condition compares. As in FHIR R4's questionnaire-enable-operator."""

    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Frozen):
    """What an earlier answer has to be. An answer that is hidden or not given counts as none."""

    question: Code
    operator: Operator
    answer: StrictBool | StrictInt | FiniteFloat | StrictStr


class Coding(_Frozen):
    """A code of another system, as FHIR has it."""

    system: _Origin | None = None
    code: _Origin | None = None
    display: _Origin | None = None


class Option(_Frozen):
    code: Code
    label: Words
    # What it counts in a score; one without counts as not answered.
    weight: FiniteFloat | None = None
    coding: Coding | None = None


class AnswerList(_Frozen):
    """Options that several questions share."""

    name: Code
    title: Words
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=MOST_OPTIONS)]


class LampRule(_Frozen):
    """Which answers light the lamp, what the client reads at once when one does, and how soon it is told of.

    The page itself says who is told of it, since that depends on who is there. A code is enough; so is a
    number, or what the chosen options count together, that is neither below `at_least` nor above `at_most`.
    """

    codes: tuple[Code, ...] = ()
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None
    heading: Words
    words: Words
    tells: Literal["at-once", "within-minutes", "answering-hours"] = "at-once"
    # Belongs to "within-minutes".
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] | None = None
    # Whether whoever stands in is told as well, while the practice is away.
    tells_stand_in: bool = True

    @property
    def by_number(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.codes or self.by_number):
            raise ValueError("a lamp needs codes, at_least or at_most")
        if (self.tells == "within-minutes") is (self.minutes is None):
            raise ValueError("minutes belong to a lamp that tells within them")
        return self


class WideLampRule(LampRule):
    """A lamp of the whole questionnaire: on each of these questions, or on all that have one of its codes.

    Its codes may be those of another system, by themselves or behind the system: http://loinc.org|LA6569-3.
    A question with a lamp of its own keeps that.
    """

    codes: tuple[_Origin, ...] = ()
    questions: Annotated[tuple[Code, ...], Field(max_length=MOST_ITEMS)] = ()


class _Part(_Frozen):
    link_id: Code
    text: str
    enable_when: tuple[Condition, ...] = ()
    enable_behaviour: Literal["all", "any"] = "all"
    # The section, or the question, that this stands in: it is closed together with that.
    within: Code | None = None
    # What is written before the text: "3a".
    prefix: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    # Shown to nobody; an answer that it brings along can open others.
    hidden: bool = False
    # Its linkId in the FHIR file that it came from.
    origin: _Origin | None = None
    # What it is called elsewhere: the codes of a published item, by which others know it again.
    codes: Annotated[tuple[Coding, ...], Field(max_length=50)] = ()

    @property
    def wording(self) -> str:
        return f"{self.prefix} {self.text}" if self.prefix else self.text


class Section(_Part):
    """Holds the items that follow and name it. Its text stands above each of their pages."""

    kind: Literal["section"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_WORDS)] = ""
    # All that is open in it is asked on one page; each answer is still saved by itself.
    on_one_page: bool = False


class _Item(_Part):
    text: Words
    # A follow-up shares the number of the question that it belongs to.
    part_of: Code | None = None
    # Asks about what may hurt; such questions come late.
    tender: bool = False
    # For those alone who chose to say more.
    more: bool = False


class Note(_Item):
    """Something to read on the way, or, within a question, on its page. Nothing is answered."""

    kind: Literal["note"]
    # The section that follows it and that it speaks of, which can be passed by as a whole from here.
    before: Code | None = None


_One = StrictBool | StrictInt | FiniteFloat | StrictStr
_Several = Annotated[tuple[StrictInt | FiniteFloat | StrictStr, ...], Field(min_length=1)]


class _Question(_Item):
    # Completes the sentence that begins "Why this is asked:".
    why: Words
    # Asked for with more weight, every way round left open. Only the name is needed for sending.
    wanted: bool = False
    # Shown with the answer that it brings along, and not to be changed.
    read_only: bool = False
    # Stands in the field at first; an answer only once the client goes on with it.
    initial: _One | _Several | None = None

    @property
    def asked(self) -> bool:
        """Whether a client can answer it."""
        return not (self.hidden or self.read_only)


class _Repeatable(_Question):
    # Several answers, each on a line of its own.
    several: bool = False


class ShortText(_Repeatable):
    kind: Literal["short-text"]
    max_length: Annotated[int, Field(ge=1, le=500)] = 200
    # The answer becomes the name that the portal calls the client by.
    name_to_use: bool = False


class LongText(_Question):
    kind: Literal["long-text"]
    # What a browser sends while it is being closed may not pass 64 KiB; this many characters never do.
    max_length: Annotated[int, Field(ge=1, le=5000)] = 5000


class Addition(LongText):
    """The client's own words to what they have sent. In no definition; unsaid, it leaves no trace."""


class _Choice(_Question):
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=MOST_OPTIONS)]
    lamp: LampRule | None = None
    # Whether an answer in one's own words is as good; it is kept with OWN_WORDS before it.
    other: bool = False
    # The answer list that its options are, and are changed together with.
    answer_list: Code | None = None

    @cached_property
    def labels(self) -> dict[str, str]:
        return {option.code: option.label for option in self.options}

    @cached_property
    def weights(self) -> dict[str, float]:
        return {option.code: option.weight for option in self.options if option.weight is not None}


class OneOf(_Choice):
    kind: Literal["one-of"]


class SeveralOf(_Choice):
    kind: Literal["several-of"]


class YesNo(_Question):
    """In a form and for a lamp its codes are "yes" and "no"; its value, and in conditions, true or false."""

    kind: Literal["yes-no"]
    lamp: LampRule | None = None

    @property
    def labels(self) -> dict[str, str]:
        return {"yes": "Yes", "no": "No"}


class DateQuestion(_Repeatable):
    kind: Literal["date"]
    min: Day = "1900-01-01"
    max: Day = "2199-12-31"


class TimeQuestion(_Repeatable):
    """A time of day."""

    kind: Literal["time"]


class MomentQuestion(_Repeatable):
    """A day and a time of day, by the clock of who answers."""

    kind: Literal["moment"]


class AddressQuestion(_Repeatable):
    """An address on the web. It is shown as words, never as a link."""

    kind: Literal["address"]


class NumberQuestion(_Repeatable):
    kind: Literal["number"]
    lamp: LampRule | None = None
    min: Annotated[FiniteFloat, Field(ge=-1e9)] = -1e9
    max: Annotated[FiniteFloat, Field(le=1e9)] = 1e9
    whole: bool = True
    unit: Words | None = None
    unit_coding: Coding | None = None


class Band(_Frozen):
    """What the therapist would call totals from `low` to `high`, both included."""

    low: FiniteFloat
    high: FiniteFloat
    words: Words


class Scale(_Frozen):
    """What is added up, and what becomes of it if something is missing."""

    name: Code
    title: Words
    questions: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    # none: no total unless all are answered. mean: the mean of those answered stands for the rest.
    missing: Literal["none", "mean"] = "none"
    # How many have to be answered for the mean to stand for the rest.
    at_least: Annotated[int, Field(ge=1)] | None = None
    # Who published the rule for what is missing, and where.
    published: Words | None = None
    # The lowest first. For the therapist alone (W6).
    bands: Annotated[tuple[Band, ...], Field(max_length=50)] = ()


Repeatable = ShortText | DateQuestion | TimeQuestion | MomentQuestion | AddressQuestion | NumberQuestion
Choice = OneOf | SeveralOf | YesNo
Question = Repeatable | LongText | Choice
Item = Question | Note
Part = Annotated[Item | Section, Field(discriminator="kind")]
_CanLight = Choice | NumberQuestion
_WithOrder = DateQuestion | TimeQuestion | MomentQuestion | NumberQuestion

_ORDER = frozenset({Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST})


class Questionnaire(_Frozen):
    """A whole definition. Every condition is on an earlier question, so no order of answering can matter."""

    name: Code
    title: Words
    # How long it takes, honestly: the short form, and all of it.
    minutes: Annotated[int, Field(ge=1, le=240)]
    minutes_more: Annotated[int, Field(ge=1, le=240)] | None = None
    items: Annotated[tuple[Part, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    scales: Annotated[tuple[Scale, ...], Field(max_length=100)] = ()
    answer_lists: Annotated[tuple[AnswerList, ...], Field(max_length=100)] = ()
    lamps: Annotated[tuple[WideLampRule, ...], Field(max_length=100)] = ()
    # The FHIR resource that it was read from, JSON, with all that nothing is made of here.
    source: str | None = None
    # Which of the source's languages was chosen, where it was not its own.
    source_language: _Origin | None = None

    @cached_property
    def by_link_id(self) -> dict[str, Part]:
        return {item.link_id: item for item in self.items}

    @cached_property
    def decisive(self) -> frozenset[str]:
        """The questions whose answers open or close others."""
        return frozenset(each.question for item in self.items for each in item.enable_when)

    @cached_property
    def sections(self) -> frozenset[str]:
        return frozenset(item.link_id for item in self.items if isinstance(item, Section))

    @cached_property
    def out_of_sight(self) -> frozenset[str]:
        """All that is shown to nobody, with what stands in it."""
        found: set[str] = set()
        for item in self.items:
            if item.hidden or item.within in found:
                found.add(item.link_id)
        return frozenset(found)

    @cached_property
    def positions(self) -> dict[str, int]:
        return {item.link_id: position for position, item in enumerate(self.items)}

    @cached_property
    def contents(self) -> dict[str, tuple[str, ...]]:
        """All that stands in each section, in their order, what stands in that too."""
        found: dict[str, list[str]] = {link_id: [] for link_id in self.sections}
        for item in self.items:
            place = item.within
            while place:
                if place in found:
                    found[place].append(item.link_id)
                place = self.by_link_id[place].within
        return {link_id: tuple(inner) for link_id, inner in found.items()}

    @cached_property
    def page_of(self) -> dict[str, str]:
        """For all that is asked on one page with others, the outermost section of which that is so."""
        found: dict[str, str] = {}
        for item in self.items:
            if item.within in found:
                found[item.link_id] = found[item.within]
            elif isinstance(item, Section) and item.on_one_page:
                found[item.link_id] = item.link_id
        return found

    @cached_property
    def conditional(self) -> frozenset[str]:
        """Whatever is not open to everybody: by its own conditions, or by those of what it stands in."""
        found: set[str] = set()
        for item in self.items:
            if item.enable_when or item.link_id in self.beyond or item.within in found:
                found.add(item.link_id)
        return frozenset(found)

    @cached_property
    def met(self) -> dict[str, Item]:
        """What somebody can come to by itself: a note within a question stands on the question's page."""
        return {
            item.link_id: item
            for item in self.items
            if not isinstance(item, Section)
            and item.link_id not in self.out_of_sight
            and not (isinstance(item, Note) and item.within and item.within not in self.sections)
        }

    @cached_property
    def perhaps_met(self) -> frozenset[str]:
        """What of that is not met by everybody to whom it is open."""
        return frozenset(
            item.link_id
            for item in self.items
            if isinstance(item, Addition) or (isinstance(item, Note) and item.before)
        )

    @cached_property
    def announced(self) -> dict[str, str]:
        """The sections that a note stands before, each with that note: they can be passed by as a whole."""
        notes = (item for item in self.items if isinstance(item, Note) and item.before)
        return {note.before: note.link_id for note in notes if note.before}

    @cached_property
    def beyond(self) -> frozenset[str]:
        """What is asked only of who wants to say more than the short form asks."""
        return frozenset(item.link_id for item in self.items if not isinstance(item, Section) and item.more)

    @cached_property
    def fixed(self) -> dict[str, Value | None]:
        """What counts as the answer where nobody can give one: what it brings along, if anything."""
        hidden = self.out_of_sight
        return {
            item.link_id: None if isinstance(item, Note | Section) else item.initial
            for item in self.items
            if isinstance(item, Note | Section) or item.read_only or item.link_id in hidden
        }

    def minutes_for(self, *, more: bool) -> int:
        """About how long it takes; where nobody has said so for all of it, as its questions are more."""
        if not more:
            return self.minutes
        if self.minutes_more is not None:
            return self.minutes_more
        asked = [each for each in self.items if isinstance(each, Question) and each.part_of is None]
        short = sum(not each.more for each in asked)
        return -(-self.minutes * len(asked) // max(short, 1))

    def headings(self, item: Part) -> list[str]:
        """The texts of the sections that it stands in, the outermost first."""
        place = item.within
        texts: list[str] = []
        while place:
            holder = self.by_link_id[place]
            if isinstance(holder, Section) and holder.text:
                texts.insert(0, holder.wording)
            place = holder.within
        return texts

    @cached_property
    def asks_for_name(self) -> bool:
        return any(map(names_its_client, self.items))

    @property
    def lights_lamps(self) -> bool:
        return bool(self.lamps_by_question)

    @cached_property
    def lamps_by_question(self) -> dict[str, LampRule]:
        """For each question whose answer can light a lamp, the one rule by which it does."""
        rules = ((item.link_id, lamp_of(item) or self._wide_lamp_of(item)) for item in self.items)
        return {link_id: rule for link_id, rule in rules if rule is not None}

    def lamp_on(self, link_id: str) -> LampRule | None:
        """The rule by which an answer to this question lights a lamp: its own, else one of the whole's."""
        return self.lamps_by_question.get(link_id)

    def _wide_lamp_of(self, item: Part) -> WideLampRule | None:
        for rule in self.lamps:
            named = item.link_id in rule.questions
            if named or (not rule.questions and not codes_of(item).isdisjoint(rule.codes)):
                return rule
        return None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = list(_misfits(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def with_addition(questionnaire: Questionnaire) -> Questionnaire:
    """The same with room at its end for the client's own words: what an amendment answers."""
    fields = {name: getattr(questionnaire, name) for name in Questionnaire.model_fields}
    return Questionnaire.model_construct(**fields | {"items": (*questionnaire.items, _ADDITION)})


_ADDITION = Addition(
    link_id=ADDITION,
    kind="long-text",
    text="What would you like to add?",
    why="Something may have happened since, or be easier to say now. It is sent together with your answers.",
)


def misfits(questionnaire: Questionnaire) -> list[str]:
    """What is wrong between the parts of one that was put together unchecked, each with the path at fault."""
    return list(_misfits(questionnaire))


def names_its_client(item: Part) -> bool:
    """Whether the answer becomes the name that the portal calls the client by."""
    return isinstance(item, ShortText) and item.name_to_use


def lamp_of(item: Part) -> LampRule | None:
    """The item's own rule for a lamp, if it has one; `Questionnaire.lamp_on` knows those of the whole too."""
    return item.lamp if isinstance(item, _CanLight) else None


def codes_of(item: Part, chosen: Container[str] | None = None) -> set[str]:
    """All names that a rule can call the options by, or those that were chosen: ours, and other systems'."""
    if isinstance(item, YesNo):
        return {code for code in item.labels if chosen is None or code in chosen}
    if not isinstance(item, OneOf | SeveralOf):
        return set()
    options = [each for each in item.options if chosen is None or each.code in chosen]
    codings = [each.coding for each in options if each.coding and each.coding.code]
    return {
        *(each.code for each in options),
        *(each.code or "" for each in codings),
        *(f"{each.system}|{each.code}" for each in codings if each.system),
    }


def parsed(source: str | bytes) -> Questionnaire:
    """The definition in this JSON. Raises Malformed, which names each path at fault."""
    try:
        return Questionnaire.model_validate_json(source)
    except ValidationError as problem:
        raise _malformed(problem) from None


def as_definition(plain: Mapping[str, object]) -> Questionnaire:
    """The definition made of these parts. Raises Malformed, which names each path at fault."""
    try:
        return Questionnaire.model_validate(plain)
    except ValidationError as problem:
        raise _malformed(problem) from None


def canonical(questionnaire: Questionnaire) -> str:
    """The definition in its one canonical form: JSON, keys sorted, what is at its default left out."""
    plain = questionnaire.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(definition: str) -> str:
    """SHA-256 of a definition in its canonical form, in hex."""
    return hashlib.sha256(definition.encode()).hexdigest()


def _malformed(problem: ValidationError) -> Malformed:
    return Malformed([f"{_path(each['loc'])}: {each['msg']}" for each in problem.errors(include_url=False)])


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _misfits(questionnaire: Questionnaire) -> Iterator[str]:
    """What is wrong between items rather than in one."""
    earlier: dict[str, Part] = {}
    # The item before, and all that it stands in.
    chain: list[str] = []
    for position, item in enumerate(questionnaire.items):
        for problem in (*_misfits_of(item, earlier), *_misfit_of_place(item, chain, earlier)):
            yield f"items.{position} ({item.link_id}): {problem}"
        earlier[item.link_id] = item
        chain = [*(chain[: chain.index(item.within) + 1] if item.within in chain else []), item.link_id]
    yield from _misfits_of_notes(questionnaire)
    yield from _misfits_of_pages(questionnaire)
    held = {item.within for item in questionnaire.items}
    yield from (
        f"items.{position} ({item.link_id}): the section {item.link_id!r} holds nothing"
        for position, item in enumerate(questionnaire.items)
        if isinstance(item, Section) and item.link_id not in held
    )
    yield from _misfits_of_lists(questionnaire)
    if sum(map(names_its_client, questionnaire.items)) > 1:
        yield "items: only one question can ask for the name to use"
    if not any(isinstance(item, Question) and item.asked for item in questionnaire.items):
        yield "items: there is no question"
    yield from _misfits_of_scales(questionnaire.scales, earlier)
    for position, lamp in enumerate(questionnaire.lamps):
        yield from (f"lamps.{position}: {problem}" for problem in _misfits_of_wide_lamp(lamp, earlier))


def _misfits_of_scales(scales: Sequence[Scale], known: Mapping[str, Part]) -> Iterator[str]:
    if len({scale.name for scale in scales}) < len(scales):
        yield "scales: two have the same name"
    for position, scale in enumerate(scales):
        yield from (f"scales.{position}: {problem}" for problem in _misfits_of_scale(scale, known))


def _as_read(options: Iterable[Option]) -> list[tuple[str, str, float | None]]:
    """What of options has to be the same in all that share them; where each comes from may differ."""
    return [(option.code, option.label, option.weight) for option in options]


def _misfits_of(item: Part, earlier: Mapping[str, Part]) -> Iterator[str]:
    if item.link_id in earlier:
        yield "this link_id is there twice"
    if item.link_id in TAKEN:
        yield "this link_id is an address of its own"
    for condition in item.enable_when:
        problem = misfit_of_condition(condition, earlier.get(condition.question))
        if problem:
            yield f"the condition on {condition.question!r} {problem}"
    whole = None if isinstance(item, Section) else item.part_of
    if whole and not _can_have_parts(earlier.get(whole)):
        yield f"{whole!r} is not an earlier question that it could be a part of"
    if isinstance(item, Question):
        yield from _misfits_of_question(item)


def _misfits_of_pages(questionnaire: Questionnaire) -> Iterator[str]:
    for page in dict.fromkeys(questionnaire.page_of.values()):
        inner = [questionnaire.by_link_id[link_id] for link_id in questionnaire.contents[page]]
        place, most = f"items.{questionnaire.positions[page]} ({page})", MOST_LONG_TEXTS_ON_A_PAGE
        if len(inner) > MOST_ON_A_PAGE:
            yield f"{place}: more than {MOST_ON_A_PAGE} items of {page!r} would be on one page"
        if sum(isinstance(item, LongText) for item in inner) > most:
            yield f"{place}: more than {most} long texts of {page!r} would be on one page"


def _misfits_of_notes(questionnaire: Questionnaire) -> Iterator[str]:
    for position, (item, after) in enumerate(zip_longest(questionnaire.items, questionnaire.items[1:])):
        if not isinstance(item, Note) or item.before is None:
            continue
        if not isinstance(after, Section) or after.link_id != item.before:
            yield f"items.{position} ({item.link_id}): the next item is not a section {item.before!r}"


def _can_have_parts(item: Part | None) -> bool:
    return isinstance(item, Question) and item.part_of is None


def _misfit_of_place(item: Part, chain: Sequence[str], earlier: Mapping[str, Part]) -> Iterator[str]:
    if item.within is None:
        return
    if item.within not in chain or isinstance(earlier[item.within], Note):
        yield f"{item.within!r} is not a section or a question that is still open here"


def _misfits_of_question(item: Question) -> Iterator[str]:
    if names_its_client(item) and (item.enable_when or item.within or item.more or not item.asked):
        yield "the question for the name to use cannot be hidden"
    if isinstance(item, OneOf | SeveralOf) and len(item.labels) < len(item.options):
        yield "two options have the same code"
    if rule := lamp_of(item):
        yield from _misfits_of_lamp(rule, item)
    if isinstance(item, DateQuestion | NumberQuestion) and item.min > item.max:  # type: ignore[operator]
        yield "min is above max"
    yield from _misfits_of_initial(item)


def _misfits_of_lamp(rule: LampRule, item: Part) -> Iterator[str]:
    known = codes_of(item)
    yield from (f"the lamp's code {code!r} is not an option" for code in rule.codes if code not in known)
    counts = isinstance(item, NumberQuestion) or (isinstance(item, OneOf | SeveralOf) and item.weights)
    if rule.by_number and not counts:
        yield "the lamp's number fits no answer: it needs a number, or options with weights"


def _misfits_of_wide_lamp(rule: WideLampRule, earlier: Mapping[str, Part]) -> Iterator[str]:
    if rule.by_number and not rule.questions:
        yield "a number needs the questions that it is about"
    for link_id in rule.questions:
        asked = earlier.get(link_id)
        if not isinstance(asked, _CanLight):
            yield f"{link_id!r} is not a choice or a number"
        else:
            yield from (f"{link_id!r}: {problem}" for problem in _misfits_of_lamp(rule, asked))
    if not rule.questions and not any(set(rule.codes) & codes_of(item) for item in earlier.values()):
        yield "no question has an option with one of these codes"


def _misfits_of_initial(item: Question) -> Iterator[str]:
    if item.initial is None:
        return
    several = isinstance(item, SeveralOf) or (isinstance(item, Repeatable) and item.several)
    if isinstance(item.initial, tuple) is not several:
        yield "initial has to be one answer, or several where several are asked for"
        return
    for each in item.initial if isinstance(item.initial, tuple) else (item.initial,):
        if not _comparable(item, each):
            yield "initial is an answer that can never be given"


def _misfits_of_scale(scale: Scale, earlier: Mapping[str, Part]) -> Iterator[str]:
    for link_id in scale.questions:
        asked = earlier.get(link_id)
        if not isinstance(asked, OneOf | SeveralOf) or not asked.weights:
            yield f"{link_id!r} has no options with weights"
    if len(set(scale.questions)) < len(scale.questions):
        yield "a question is there twice"
    if (scale.missing == "mean") is (scale.at_least is None):
        yield "at_least belongs to the rule that takes the mean"
    if scale.at_least and scale.at_least > len(scale.questions):
        yield "at_least is more than there are questions"
    yield from _misfits_of_bands(scale.bands)


def _misfits_of_bands(bands: Sequence[Band]) -> Iterator[str]:
    if any(band.low > band.high for band in bands):
        yield "a band ends before it begins"
    if any(later.low <= band.high for band, later in pairwise(bands)):
        yield "bands overlap, or do not go upwards"


def _misfits_of_lists(questionnaire: Questionnaire) -> Iterator[str]:
    lists = {each.name: each for each in questionnaire.answer_lists}
    if len(lists) < len(questionnaire.answer_lists):
        yield "answer_lists: two have the same name"
    for position, each in enumerate(questionnaire.answer_lists):
        if len({option.code for option in each.options}) < len(each.options):
            yield f"answer_lists.{position}: two options have the same code"
    for position, item in enumerate(questionnaire.items):
        if isinstance(item, OneOf | SeveralOf) and item.answer_list:
            named = lists.get(item.answer_list)
            if named is None or _as_read(named.options) != _as_read(item.options):
                yield f"items.{position} ({item.link_id}): its options are not the answer list it names"


def misfit_of_condition(condition: Condition, asked: Part | None) -> str | None:
    """Why a condition can never be judged by the answer to this item; None if it can."""
    if not isinstance(asked, Question):
        return "does not name an earlier question"
    if condition.operator is Operator.EXISTS:
        return None if isinstance(condition.answer, bool) else "needs true or false"
    if condition.operator in _ORDER and not isinstance(asked, _WithOrder):
        return f"cannot use {condition.operator}: only dates, times and numbers have an order"
    return None if _comparable(asked, condition.answer) else "expects an answer that can never be given"


def _comparable(asked: Question, answer: bool | int | float | str) -> bool:
    match asked:
        case YesNo():
            return isinstance(answer, bool)
        case NumberQuestion():
            return isinstance(answer, int | float) and not isinstance(answer, bool)
        case OneOf() | SeveralOf():
            own = asked.other and isinstance(answer, str) and answer.startswith(OWN_WORDS)
            return own or answer in asked.labels
        case DateQuestion():
            return isinstance(answer, str) and _is_a_day(answer)
        case _:
            return isinstance(answer, str)


def _is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
