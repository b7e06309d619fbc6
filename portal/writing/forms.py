"""What a therapist fills in to write a reading, to bring one in, and to suggest one."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.reading.models import Reading
from portal.reading.pages import MOST_CHARACTERS, SLUG_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from portal.web.form import PortalForm

_MOST_WORDS = 500


def _plain_breaks(typed: str | None) -> str:
    """A line break counts as one character, as whoever writes sees it."""
    return (typed or "").replace("\r\n", "\n")


def _one_line(typed: str | None) -> str:
    return " ".join((typed or "").split())


def _at_most(most: int) -> Length:
    return Length(max=most, message=f"Keep it under {most:,} characters".replace(",", "\N{NO-BREAK SPACE}"))


class DraftForm(PortalForm):
    title = StringField(
        "Title", filters=[_one_line], validators=[InputRequired("Give it a title"), _at_most(TITLE_LENGTH)]
    )
    summary = TextAreaField(
        "What it is about, in a sentence (optional)",
        filters=[_one_line],
        validators=[_at_most(SUMMARY_LENGTH)],
    )
    words = TextAreaField("Text", filters=[_plain_breaks], validators=[_at_most(MOST_CHARACTERS)])
    # The number of the saving that the page was drawn from.
    based_on = IntegerField(validators=[Optional()])
    # "preview" to look at it, and save nothing.
    way = HiddenField()


class PublishForm(PortalForm):
    number = IntegerField(validators=[Optional()])


class AddressForm(PortalForm):
    slug = StringField("Address", validators=[_at_most(SLUG_LENGTH)])


class ImportForm(PortalForm):
    file = FileField("A file of Markdown, HTML or plain text")
    words = TextAreaField("Or paste the text", filters=[_plain_breaks])


class SuggestForm(PortalForm):
    reading = SelectField("Which reading", validators=[InputRequired("Choose a reading")])
    words = TextAreaField(
        "A few words with it (optional)", filters=[_plain_breaks], validators=[_at_most(_MOST_WORDS)]
    )

    def offer(self, readings: Iterable[Reading]) -> None:
        self.reading.choices = [(each.reference, each.title) for each in readings]
