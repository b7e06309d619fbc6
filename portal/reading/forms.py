"""What a client sends about passages and places."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, TextAreaField
from wtforms.validators import Length, Optional

from portal.reading.keeping import MOST_OF_A_LINE, Pointed
from portal.web.form import PortalForm


def _plain_breaks(typed: str | None) -> str:
    """A line break counts as one character, as whoever writes sees it."""
    return (typed or "").replace("\r\n", "\n")


class KeepForm(PortalForm):
    """A button under a paragraph, or the words that a script found marked."""

    version = IntegerField(validators=[Optional()])
    block = IntegerField(validators=[Optional()])
    words = HiddenField()

    @property
    def pointed(self) -> Pointed:
        return Pointed(self.version.data or 0, self.block.data or 0, self.words.data or None)


class PlaceForm(PortalForm):
    block = IntegerField(validators=[Optional()])


class LineForm(PortalForm):
    line = TextAreaField(
        "A line of your own",
        filters=[_plain_breaks],
        validators=[Length(max=MOST_OF_A_LINE, message=f"Keep it under {MOST_OF_A_LINE} characters")],
    )
    # The revision of the line that the page showed.
    based_on = IntegerField(validators=[Optional()])
