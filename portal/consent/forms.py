"""What is filled in about agreements: the text by the practice, a name by the client."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from portal.consent.wording import LONGEST_TEXT, LONGEST_TITLE
from portal.web.form import PortalForm

_LONGEST_NAME = 120


class TextForm(PortalForm):
    title = StringField(
        "Title",
        validators=[
            DataRequired(message="Write a title"),
            Length(max=LONGEST_TITLE, message=f"Keep it under {LONGEST_TITLE} characters"),
        ],
    )
    markdown = TextAreaField(
        "Text",
        validators=[
            DataRequired(message="Write the text"),
            Length(max=LONGEST_TEXT, message=f"Keep it under {LONGEST_TEXT:,} characters"),
        ],
    )
    # The draft's version when the page was drawn; none where there was no draft.
    version = IntegerField(validators=[Optional()])

    @property
    def text(self) -> dict[str, str]:
        """Lines end as they do in a file, so that the same words have the same hash."""
        markdown = (self.markdown.data or "").replace("\r\n", "\n")
        return {"title": self.title.data or "", "markdown": markdown}


class PublishForm(PortalForm):
    version = IntegerField(validators=[Optional()])
    tell = BooleanField(
        "Tell those who agree to the version before, by mail, that there is something to read"
    )


class SignForm(PortalForm):
    name = StringField(
        "Your name, as your signature",
        validators=[
            DataRequired(message="Type your name to agree, or go on without: nothing depends on it"),
            Length(max=_LONGEST_NAME, message=f"Keep it under {_LONGEST_NAME} characters"),
        ],
    )
    # The version that the page shows.
    number = HiddenField()

    @property
    def shown(self) -> int:
        """Its number; 0 for anything that is none."""
        text = self.number.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


class SayForm(PortalForm):
    """A button, and the version that its page shows."""

    number = HiddenField()

    shown = SignForm.shown
