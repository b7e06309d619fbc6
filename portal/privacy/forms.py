"""What is chosen or typed about records, copies and erasure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Form, IntegerField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.privacy.retention import MOST_MONTHS, MOST_PUT_OFF, Retention
from portal.web.form import PortalForm

_GROUPS = {
    "": "Everything",
    "opened": "What was opened",
    "sent": "What came in",
    "times": "Times",
    "doors": "Signing in",
    "settings": "Settings",
    "keeping": "Keeping and erasing",
}
_MONTHS = f"Enter a number of months, 1 to {MOST_MONTHS}"
_OWED = f"Enter a number of months, 0 to {MOST_MONTHS}"


class JournalForm(Form):
    """Which lines to see. It changes nothing, so it has no token and its address can be kept."""

    about = SelectField("About whom", default="")
    group = SelectField("What", default="", choices=[SelectChoice(*each) for each in _GROUPS.items()])

    def __init__(self, *args: Any, clients: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about.choices = [SelectChoice(*each) for each in ({"": "Everybody"} | {**clients}).items()]


class RetentionForm(PortalForm):
    months_kept = IntegerField(
        "How many months after somebody was last here is everything of theirs erased?",
        validators=[Optional(), NumberRange(1, MOST_MONTHS, message=_MONTHS)],
    )
    months_owed = IntegerField(
        "How many months after you last met do you have to keep it, even if they ask for erasure?",
        validators=[Optional(), NumberRange(0, MOST_MONTHS, message=_OWED)],
    )
    why_owed = TextAreaField(
        "Why you have to keep it that long, as your clients will read it",
        validators=[Length(max=1000, message="Use at most 1,000 characters")],
    )

    def validate_why_owed(self, field: TextAreaField) -> None:
        if self.months_owed.data and not field.data:
            raise ValidationError("Say why: a law, or a rule of your profession")

    @property
    def retention(self) -> Retention:
        return Retention(
            months_kept=self.months_kept.data,
            months_owed=self.months_owed.data or 0,
            why_owed=self.why_owed.data or "",
        )


class PutOffForm(PortalForm):
    months = IntegerField(
        "How many months longer?",
        validators=[
            InputRequired(message="Enter a number of months"),
            NumberRange(1, MOST_PUT_OFF, message=f"Enter a number of months, 1 to {MOST_PUT_OFF}"),
        ],
    )
    words = TextAreaField(
        "Why?",
        validators=[
            InputRequired(message="Say why, for whoever looks at it later"),
            Length(max=2000, message="Use at most 2,000 characters"),
        ],
    )
