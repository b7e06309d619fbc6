"""What the pages of the questions, and the check before sending, send."""

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


class _DepthForm(PortalForm):
    # Which was chosen, "more" or "short", if one was.
    depth = StringField()

    @property
    def more(self) -> bool | None:
        return {"more": True, "short": False}.get(self.depth.data or "")


class AnswerForm(_DepthForm):
    """One question. Where a page asks several, each has one of its own, with a prefix."""

    answer = TypedField("Your answer")
    way = StringField()
    # The revision of the answer that the page was drawn from.
    based_on = StringField()
    page = StringField()
    turn = StringField()
    asked_on = StringField()
    # After two answers were shown side by side: mine, theirs or both. `clash` says that they were.
    keep = StringField()
    clash = StringField()

    @property
    def posted(self) -> Posted:
        way = self.way.data
        return Posted(
            typed=self.answer.data,
            way=Way(way) if way in set(Way) else Way.CONTINUE,
            # Whoever was shown two answers and chose none has not settled which of them stays.
            based_on=0 if self.clash.data and not self.keep.data else _whole(self.based_on.data),
            page=(self.page.data or "")[:_LONGEST_PAGE],
            turn=_whole(self.turn.data),
            join=self.keep.data == "both",
            asked_on=(self.asked_on.data or "")[:_LONGEST_PAGE],
        )


class SectionForm(_DepthForm):
    """Several questions on one page: which they are, and for each a form whose names begin with its own."""

    asked = TypedField()

    def of(self, link_id: str) -> AnswerForm:
        return AnswerForm(prefix=f"{link_id}.", meta={"csrf": False})


class AmendForm(PortalForm):
    # Which of the two was pressed: to correct an answer, or to add something.
    what = StringField()

    @property
    def adds(self) -> bool:
        return bool(self.what.data == "addition")


class WholeForm(_DepthForm):
    """What a client chooses for the questions as a whole."""

    # How a part is passed by: one of the ways round a question.
    way = StringField()
    # The version whose changes the page shows.
    to = StringField()


class SendForm(PortalForm):
    # The version of the intake that the page shows.
    seen = StringField()

    @property
    def version_seen(self) -> int:
        return _whole(self.seen.data)


def _whole(text: str | None) -> int:
    """A number that the page was given to send back; anything else is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
