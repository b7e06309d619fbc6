"""What differs between two definitions of a questionnaire, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from portal.intake.questionnaire import OneOf, Option, Part, Questionnaire, SeveralOf


class Aspect(StrEnum):
    """In what respect a part that is in both definitions is another one now."""

    KIND = "kind"
    # What the client reads: the text with its prefix, and why it is asked.
    WORDING = "wording"
    WHY = "why"
    OPTIONS = "options"
    # Which answers it takes: how long, how many, from when to when.
    LIMITS = "limits"
    # Of whom it is asked.
    CONDITIONS = "conditions"
    # Where it stands: in another section, or before what it came after.
    PLACE = "place"
    LAMP = "lamp"
    # Everything else.
    REST = "rest"


_ASPECTS = {
    "kind": Aspect.KIND,
    "text": Aspect.WORDING,
    "prefix": Aspect.WORDING,
    "why": Aspect.WHY,
    "options": Aspect.OPTIONS,
    "other": Aspect.OPTIONS,
    "max_length": Aspect.LIMITS,
    "several": Aspect.LIMITS,
    "min": Aspect.LIMITS,
    "max": Aspect.LIMITS,
    "whole": Aspect.LIMITS,
    "unit": Aspect.LIMITS,
    "enable_when": Aspect.CONDITIONS,
    "enable_behaviour": Aspect.CONDITIONS,
    "hidden": Aspect.CONDITIONS,
    "more": Aspect.CONDITIONS,
    "within": Aspect.PLACE,
    "part_of": Aspect.PLACE,
    "before": Aspect.PLACE,
    "lamp": Aspect.LAMP,
}


@dataclass(frozen=True, kw_only=True)
class OptionChange:
    """One option that is new (`was` is None), gone (`now` is None), or not the same any more."""

    code: str
    was: Option | None
    now: Option | None


@dataclass(frozen=True, kw_only=True)
class PartChange:
    """One part of both definitions, or of one: new where `old` is None, gone where `new` is."""

    link_id: str
    old: Part | None
    new: Part | None
    # Each once, in the order of Aspect; none of a part that is the same, new or gone.
    aspects: tuple[Aspect, ...] = ()
    # Of a choice, what became of its options: those now in their order, then those gone.
    options: tuple[OptionChange, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.old is None

    @property
    def is_gone(self) -> bool:
        return self.new is None

    @property
    def is_same(self) -> bool:
        return not (self.is_new or self.is_gone or self.aspects)

    @property
    def part(self) -> Part:
        """As it is now, or as it was."""
        part = self.new or self.old
        assert part is not None
        return part


@dataclass(frozen=True, kw_only=True)
class Changes:
    """All that differs. A part is known again by its link_id."""

    # Every part of either, in the order of the new definition; what is gone stands where it stood.
    parts: tuple[PartChange, ...]
    # Was and is, where they differ.
    title: tuple[str, str] | None
    minutes: tuple[int, int] | None
    # The names of the scales that are new, gone, or add up otherwise.
    scales: tuple[str, ...]

    @property
    def new(self) -> list[PartChange]:
        return [each for each in self.parts if each.is_new]

    @property
    def gone(self) -> list[PartChange]:
        return [each for each in self.parts if each.is_gone]

    @property
    def changed(self) -> list[PartChange]:
        """What is in both, and not the same."""
        return [each for each in self.parts if each.aspects]

    @property
    def is_nothing(self) -> bool:
        """Whether a reader could not tell one from the other; their sources and names are not compared."""
        return all(each.is_same for each in self.parts) and not (self.title or self.minutes or self.scales)


def changes_between(old: Questionnaire, new: Questionnaire) -> Changes:
    """What became of each part of `old` in `new`, and what came to it."""
    return Changes(
        parts=tuple(_parts(old, new)),
        title=None if old.title == new.title else (old.title, new.title),
        minutes=None if old.minutes == new.minutes else (old.minutes, new.minutes),
        scales=_scales(old, new),
    )


def _parts(old: Questionnaire, new: Questionnaire) -> Iterator[PartChange]:
    was, now = old.by_link_id, new.by_link_id
    before, after = list(was), list(now)
    for what, first, last, since, until in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for link_id in before[first:last]:
            if link_id not in now:
                yield PartChange(link_id=link_id, old=was[link_id], new=None)
        for link_id in after[since:until]:
            yield _change(link_id, was.get(link_id), now[link_id], moved=what != "equal")


def _change(link_id: str, old: Part | None, new: Part, *, moved: bool) -> PartChange:
    if old is None:
        return PartChange(link_id=link_id, old=None, new=new)
    found = set(_differences(old, new))
    if moved:
        found.add(Aspect.PLACE)
    return PartChange(
        link_id=link_id,
        old=old,
        new=new,
        aspects=tuple(aspect for aspect in Aspect if aspect in found),
        options=tuple(_options(old, new)),
    )


def _differences(old: Part, new: Part) -> Iterator[Aspect]:
    """By their fields; what only one of two kinds can have is no difference of its own."""
    both = type(old).model_fields.keys() & type(new).model_fields.keys()
    for name in both:
        if getattr(old, name) != getattr(new, name):
            yield _ASPECTS.get(name, Aspect.REST)


def _options(old: Part, new: Part) -> Iterator[OptionChange]:
    if not (isinstance(old, OneOf | SeveralOf) and isinstance(new, OneOf | SeveralOf)):
        return
    was, now = ({option.code: option for option in each.options} for each in (old, new))
    for code in (*now, *(code for code in was if code not in now)):
        if was.get(code) != now.get(code):
            yield OptionChange(code=code, was=was.get(code), now=now.get(code))


def _scales(old: Questionnaire, new: Questionnaire) -> tuple[str, ...]:
    was, now = ({scale.name: scale for scale in each.scales} for each in (old, new))
    return tuple(name for name in {**now, **was} if was.get(name) != now.get(name))
