"""What the pages of the questions, and the check before sending, send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, overload

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


class Sent(NamedTuple):
    """What a page sends along with an answer: under which name, and what it was."""

    name: str
    data: str


class Beside:
    """Something that a page sends along, without the blanks around it; empty where it does not.

    It is drawn by the page and never refused, so it needs none of what a field does: of a dozen of them that
    was a tenth of saving an answer.
    """

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, form: None, owner: type) -> Beside: ...
    @overload
    def __get__(self, form: _DepthForm, owner: type) -> Sent: ...
    def __get__(self, form: _DepthForm | None, owner: type) -> Beside | Sent:
        if form is None:
            return self
        name = f"{form._prefix}{self._name}"
        return Sent(name, form.sent.get(name, "").strip())


class _DepthForm(PortalForm):
    """What every page of the questions may send: how much the client wants to be asked."""

    class Meta(PortalForm.Meta):
        # The page writes the token itself, and no post without it gets this far (`web.security`).
        csrf = False

        def wrap_formdata(self, form: _DepthForm, formdata: Any) -> Any:
            found = super().wrap_formdata(form, formdata)
            form.sent = found or {}
            return found

    # All that was posted, by name.
    sent: Mapping[str, str]
    # Which was chosen, "more" or "short", if one was.
    depth = Beside()

    @property
    def more(self) -> bool | None:
        return {"more": True, "short": False}.get(self.depth.data)


class AnswerForm(_DepthForm):
    """One question. Where a page asks several, each has one of its own, with a prefix."""

    answer = TypedField("Your answer")
    way = Beside()
    # The revision of the answer that the page was drawn from.
    based_on = Beside()
    page = Beside()
    turn = Beside()
    asked_on = Beside()
    # After two answers were shown side by side: mine, theirs or both. `clash` says that they were.
    keep = Beside()
    clash = Beside()

    @property
    def posted(self) -> Posted:
        way = self.way.data
        return Posted(
            typed=self.answer.data,
            way=Way(way) if way in set(Way) else Way.CONTINUE,
            # Whoever was shown two answers and chose none has not settled which of them stays.
            based_on=0 if self.clash.data and not self.keep.data else _whole(self.based_on.data),
            page=self.page.data[:_LONGEST_PAGE],
            turn=_whole(self.turn.data),
            join=self.keep.data == "both",
            asked_on=self.asked_on.data[:_LONGEST_PAGE],
        )


class SectionForm(_DepthForm):
    """Several questions on one page: which they are, and for each a form whose names begin with its own."""

    asked = TypedField()

    def of(self, link_id: str) -> AnswerForm:
        return AnswerForm(prefix=f"{link_id}.")


class AmendForm(PortalForm):
    # Which of the two was pressed: to correct an answer, or to add something.
    what = StringField()

    @property
    def adds(self) -> bool:
        return bool(self.what.data == "addition")


class WholeForm(_DepthForm):
    """What a client chooses for the questions as a whole."""

    # How a part is passed by: one of the ways round a question.
    way = Beside()
    # The version whose changes the page shows.
    to = Beside()


class SendForm(PortalForm):
    # The version of the intake that the page shows.
    seen = StringField()

    @property
    def version_seen(self) -> int:
        return _whole(self.seen.data)


def _whole(text: str | None) -> int:
    """A number that the page was given to send back; anything else is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
