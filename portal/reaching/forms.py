"""What a client fills in to say how they may be reached."""

from __future__ import annotations

from wtforms import RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length

from portal.reaching.wishes import Calls, Wish, is_number
from portal.web.form import PortalForm

_MOST_WORDS = 500


class ReachingForm(PortalForm):
    calls = RadioField(
        "May we phone you?",
        choices=[
            SelectChoice(Calls.NEVER.value, "No, by e-mail only"),
            SelectChoice(Calls.NO_MESSAGE.value, "Yes, but leave no message"),
            SelectChoice(Calls.MESSAGE.value, "Yes, and a message may be left"),
        ],
        default=Calls.NEVER.value,
    )
    phone = StringField("Phone number (if we may phone)")
    words = TextAreaField(
        "Anything we should know about reaching you? (optional)",
        validators=[Length(max=_MOST_WORDS, message=f"Keep it under {_MOST_WORDS} characters")],
    )

    @property
    def wish(self) -> Wish:
        return Wish(calls=Calls(self.calls.data), phone=self.phone.data or "", words=self.words.data or "")

    def validate_phone(self, field: StringField) -> None:
        if self.calls.data in (None, Calls.NEVER.value):
            return
        if not field.data:
            raise ValidationError("Enter a number, or choose to be reached by e-mail only")
        if not is_number(field.data):
            raise ValidationError("Enter a phone number, for example 020 7946 0000 or +44 20 7946 0000")
