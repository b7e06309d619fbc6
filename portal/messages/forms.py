"""What is typed to write a message."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.database import new_reference
from portal.messages.services import MOST_CHARACTERS
from portal.web.form import PortalForm

_KEY_LENGTH = 40


def _plain_breaks(typed: str | None) -> str:
    """A line break counts as one character, as whoever writes sees it."""
    return (typed or "").replace("\r\n", "\n")


class MessageForm(PortalForm):
    words = TextAreaField(
        "Your message",
        filters=[_plain_breaks],
        validators=[
            InputRequired("Write something first"),
            Length(max=MOST_CHARACTERS, message=f"Keep it under {MOST_CHARACTERS} characters"),
        ],
    )
    # Each page has its own key, and keeps it when it comes back with an error: what is sent twice is one.
    key = HiddenField(filters=[lambda key: (key or "")[:_KEY_LENGTH] or new_reference()])
    # The last message that the page showed.
    seen = HiddenField()
