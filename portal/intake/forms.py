"""What a page of one question, and the check before sending, send."""

from __future__ import annotations

from typing import Any

from wtforms import Field, StringField

from portal.intake.replies import Posted, Way, cleaned
from portal.web.form import PortalForm

_MOST_DIGITS = 9
_LONGEST_PAGE = 32


class TypedField(Field):
    """All that was typed or chosen under one name, as text; what it means is the question's to say."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [cleaned(text) for text in valuelist]

    def process_data(self, value: Any) -> None:
        self.data = []


class AnswerForm(PortalForm):
    answer = TypedField("Your answer")
    way = StringField()
    # The revision of the answer that the page was drawn from.
    based_on = StringField()
    page = StringField()
    turn = StringField()
    # After two answers were shown side by side: mine, theirs or both.
    keep = StringField()

    @property
    def posted(self) -> Posted:
        way = self.way.data
        return Posted(
            typed=self.answer.data,
            way=Way(way) if way in set(Way) else Way.CONTINUE,
            based_on=_whole(self.based_on.data),
            page=(self.page.data or "")[:_LONGEST_PAGE],
            turn=_whole(self.turn.data),
            join=self.keep.data == "both",
        )


class SendForm(PortalForm):
    # The version of the intake that the page shows.
    seen = StringField()

    @property
    def version_seen(self) -> int:
        return _whole(self.seen.data)


def _whole(text: str | None) -> int:
    """A number that the page was given to send back; anything else is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
