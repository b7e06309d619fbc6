"""What a therapist fills in to name a calendar elsewhere."""

from __future__ import annotations

from wtforms import PasswordField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from portal.calendars.addresses import LONGEST, address_of
from portal.calendars.failures import CannotBeRead
from portal.calendars.models import SourceKind
from portal.web.form import PortalForm

_LONGEST_NAME = 60
_LONGEST_SECRET = 500
_UNFIT = "Enter an address that begins with https:// or webcal://, without a user name in it"


class SourceForm(PortalForm):
    label = StringField(
        "What do you call it?",
        validators=[
            DataRequired("Enter a name for it, so that you can tell it from others"),
            Length(max=_LONGEST_NAME, message=f"Keep the name under {_LONGEST_NAME} characters"),
        ],
    )
    address = StringField(
        "What is its address?",
        validators=[
            DataRequired("Enter the address of the calendar"),
            Length(max=LONGEST, message=f"Keep the address under {LONGEST} characters"),
        ],
    )
    kind = SelectField(
        "What kind of address is it?",
        choices=[
            SelectChoice(SourceKind.ICS.value, "A subscription: it often ends in .ics"),
            SelectChoice(SourceKind.CALDAV.value, "A calendar on a CalDAV server"),
        ],
        default=SourceKind.ICS.value,
    )
    user_name = StringField(
        "Which user name does it want? (optional)",
        validators=[Length(max=_LONGEST_SECRET, message="Keep the user name shorter")],
    )
    password = PasswordField(
        "Which password does it want? (optional)",
        validators=[Length(max=_LONGEST_SECRET, message="Keep the password shorter")],
    )

    def validate_address(self, field: StringField) -> None:
        try:
            address_of(field.data or "")
        except CannotBeRead:
            raise ValidationError(_UNFIT) from None

    def validate_user_name(self, field: StringField) -> None:
        if ":" in (field.data or ""):
            raise ValidationError("Enter a user name without a colon")
        if self.password.data and not field.data:
            raise ValidationError("Enter the user name that belongs to the password")
