"""The eight pages of the first start, in their order. Pure."""

from __future__ import annotations

from enum import StrEnum


class Page(StrEnum):
    """Each is an ordinary page of the practice's settings as well."""

    NAME = "name"
    THERAPIST = "therapist"
    PLACE = "place"
    HELP_LINES = "help-lines"
    HOURS = "hours"
    ANSWERS = "answers"
    MAIL = "mail"
    ABOUT = "about"

    @property
    def number(self) -> int:
        return list(Page).index(self) + 1

    @property
    def view(self) -> str:
        return f"founding.{self.value.replace('-', '_')}"

    @property
    def next(self) -> Page | None:
        """The page after it; None for the last."""
        return dict(zip(Page, list(Page)[1:], strict=False)).get(self)
