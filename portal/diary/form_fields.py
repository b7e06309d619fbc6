"""Fields that the diary's forms have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import DateField, IntegerField

# Newer than the stubs.
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]


def choices(pairs: Iterable[tuple[Any, str]]) -> list[Any]:
    return [SelectChoice(value, label) for value, label in pairs]


class Number(IntegerField):
    """A whole number; what is none is told so in plain words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a whole number") from None


class Day(DateField):
    """A day; what is none is told so in plain words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a day like 2027-03-09") from None
