"""What differs between two definitions of a questionnaire, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeVar

from portal.intake.questionnaire import OneOf, Option, Part, Questionnaire, SeveralOf

_T = TypeVar("_T")


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
    "on_one_page": Aspect.PLACE,
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

    @property
    def shows(self) -> bool:
        """Whether who answers it meets anything else than before, but for where it stands."""
        return not {Aspect.PLACE, Aspect.REST}.issuperset(self.aspects)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """All that differs. A part is known again by its link_id."""

    # Every part of either, in the order of the new definition; what is gone stands where it stood.
    parts: tuple[PartChange, ...]
    # Was and is, where they differ; the minutes are those of the short form, and of all of it.
    title: tuple[str, str] | None
    minutes: tuple[int, int] | None
    minutes_more: tuple[int | None, int | None] | None
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
        rest = (self.title, self.minutes, self.minutes_more, self.scales)
        return all(each.is_same for each in self.parts) and not any(rest)


def changes_between(old: Questionnaire, new: Questionnaire) -> Changes:
    """What became of each part of `old` in `new`, and what came to it."""
    return Changes(
        parts=tuple(_parts(old, new)),
        title=_both(old.title, new.title),
        minutes=_both(old.minutes, new.minutes),
        minutes_more=_both(old.minutes_more, new.minutes_more),
        scales=_scales(old, new),
    )


def _both(old: _T, new: _T) -> tuple[_T, _T] | None:
    return None if old == new else (old, new)


def _parts(old: Questionnaire, new: Questionnaire) -> Iterator[PartChange]:
    was, now = old.by_link_id, new.by_link_id
    before, after = list(was), list(now)
    for what, first, last, since, until in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for link_id in before[first:last]:
            if link_id not in now:
                yield PartChange(link_id=link_id, old=was[link_id], new=None)
        for link_id in after[since:until]:
            relit = old.lamp_on(link_id) != new.lamp_on(link_id)
            yield _change(link_id, was.get(link_id), now[link_id], moved=what != "equal", relit=relit)


def _change(link_id: str, old: Part | None, new: Part, *, moved: bool, relit: bool) -> PartChange:
    if old is None:
        return PartChange(link_id=link_id, old=None, new=new)
    found = set(_differences(old, new))
    if moved:
        found.add(Aspect.PLACE)
    if relit:
        # By a lamp of its own, or by one of the whole questionnaire.
        found.add(Aspect.LAMP)
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
