"""What a therapist fills in about the practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)

# Newer than the stubs.
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from portal.care.help_lines import Line, is_number
from portal.mail.proofreading import Flaw, Found
from portal.mail.wording import Wording
from portal.practice.services import MOST_ABOUT, MOST_REACHED_BY
from portal.web.form import PortalForm
from portal.web.zones import zones_by_region

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOT_A_NUMBER = "Write the number in figures, with blanks between groups if you like: 116 123"
WORDS_FOR: Mapping[Flaw, str] = {
    Flaw.STRAY_BRACKET: "Curly brackets stand only around the names that are listed here, in pairs",
    Flaw.UNKNOWN: "{{{0}}} means nothing here. Use only the names that are listed",
    Flaw.LOST: "Keep {{{0}}}: the mail is of no use without it",
    Flaw.TELLS: "“{0}” would tell what this is about to anybody who sees the mail. Use another word",
    Flaw.NAMES: "Greet nobody by name: everybody gets the same words, “{0}” or not",
    Flaw.ELSEWHERE: "Leave “{0}” out: an address says where it leads, and people are right to distrust it",
    Flaw.TOO_LONG: "Keep it under {0} characters",
    Flaw.EMPTY: "A mail needs a subject",
    Flaw.UNSEEN: "There are signs in it that cannot be seen. Type it anew",
}


class NameForm(PortalForm):
    name = StringField(
        "What is your practice called?",
        [DataRequired("Enter a name"), Length(max=80, message="Keep it under 80 characters")],
    )


class TherapistForm(PortalForm):
    name = StringField(
        "What are you called?",
        [DataRequired("Enter your name"), Length(max=80, message="Keep it under 80 characters")],
    )


class PlaceForm(PortalForm):
    country = SelectField("In which country do you work?")
    time_zone = SelectField("Which clock do you go by?")

    def offer(self, countries: Mapping[str, str]) -> None:
        """Codes and names of countries."""
        self.country.choices = [SelectChoice("", "Choose a country")]
        self.country.choices += [SelectChoice(*country) for country in countries.items()]
        self.time_zone.choices = [
            SelectChoice(name, name.replace("_", " "), optgroup=region)
            for region, names in zones_by_region().items()
            for name in names
        ]
        if self.time_zone.data == "UTC":
            self.time_zone.choices.insert(0, SelectChoice("UTC", "Choose a city near you"))

    def validate_country(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError("Choose the country whose help lines people need")

    def validate_time_zone(self, field: SelectField) -> None:
        if field.data == "UTC":
            raise ValidationError("Choose a city whose clocks show the same as yours")


class AnswersForm(PortalForm):
    days = SelectMultipleField(
        "On which days do you answer?",
        coerce=int,
        choices=[SelectChoice(number, name) for number, name in enumerate(_WEEKDAYS, start=1)],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    within_days = IntegerField(
        "Within how many of these days?",
        [InputRequired("Enter how many days"), NumberRange(1, 30, "Enter a number from 1 to 30")],
    )
    by_hour = SelectField(
        "Until when on the last of them?",
        coerce=int,
        choices=[SelectChoice(hour, f"{hour}:00") for hour in range(24)],
    )

    def validate_days(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError("Choose at least one day")


class AboutForm(PortalForm):
    about = TextAreaField(
        "What would you like to say first? (optional)",
        [Length(max=MOST_ABOUT, message=f"Keep it under {MOST_ABOUT} characters")],
    )
    reached_by = StringField(
        "How are you reached otherwise? (optional)",
        [Length(max=MOST_REACHED_BY, message=f"Keep it under {MOST_REACHED_BY} characters")],
    )
    who = RadioField(
        "Who can make an account?",
        choices=[
            SelectChoice("everybody", "Everybody who finds this page"),
            SelectChoice("invited", "Only whom you invite"),
        ],
        validators=[InputRequired("Choose one of the two")],
    )


class CodeForm(PortalForm):
    code = StringField("The code in the mail", [DataRequired("Type the six signs that the mail shows")])


class ConfirmForm(PortalForm):
    """A button, and which lines its page showed."""

    seen = HiddenField()


class EmergencyForm(PortalForm):
    seen = HiddenField()
    emergency = StringField("The number that sends an ambulance", [DataRequired("Enter the number")])
    police = StringField("The police, if they have another number (optional)")

    def validate_emergency(self, field: StringField) -> None:
        _a_number(field)

    def validate_police(self, field: StringField) -> None:
        _a_number(field)
        if field.data and field.data == self.emergency.data:
            raise ValidationError("Leave it empty where it is the same number")


class LineForm(PortalForm):
    seen = HiddenField()
    name = StringField(
        "What is the line called?",
        [DataRequired("Enter its name"), Length(max=80, message="Keep it under 80 characters")],
    )
    call = StringField("The number to call")
    text = StringField("The number to text (optional)")
    word = StringField(
        "The word to begin a text with (optional)", [Length(max=20, message="Keep it under 20 characters")]
    )
    hours = StringField("When it answers (optional)", [Length(max=80, message="Keep it under 80 characters")])
    languages = StringField(
        "In which languages (optional)", [Length(max=80, message="Keep it under 80 characters")]
    )

    def validate_call(self, field: StringField) -> None:
        if not field.data and not self.text.data:
            raise ValidationError("Enter a number to call, or one to text")
        _a_number(field)

    def validate_text(self, field: StringField) -> None:
        _a_number(field)

    def validate_word(self, field: StringField) -> None:
        if field.data and not field.data.isalnum():
            raise ValidationError("A single word, as the line asks for it")

    @property
    def line(self) -> Line:
        fields = ("name", "call", "text", "word", "hours", "languages")
        return Line(**{name: self[name].data or "" for name in fields})


class AwayForm(PortalForm):
    first_day = DateField("First day away", validators=[InputRequired("Choose the first day")])
    last_day = DateField("Last day away", validators=[InputRequired("Choose the last day")])
    stand_in = StringField(
        "Who stands in? (optional)", [Length(max=80, message="Keep the name under 80 characters")]
    )
    stand_in_email = StringField(
        "The address by which they sign in here (optional)",
        [Length(max=254, message="An address is never so long")],
    )
    words = TextAreaField(
        "What clients read meanwhile (optional)",
        [Length(max=500, message="Keep it under 500 characters")],
    )

    def validate_last_day(self, field: DateField) -> None:
        if self.first_day.data and field.data and field.data < self.first_day.data:
            raise ValidationError("Choose a last day that is not before the first")

    def validate_stand_in_email(self, field: StringField) -> None:
        if field.data and not self.stand_in.data:
            raise ValidationError("Write who stands in, as clients are to read it")
        if field.data and "@" not in field.data:
            raise ValidationError("Enter an address with an @, for example name@example.org")


class WordingForm(PortalForm):
    """One field for each piece of a mail. Made anew for each mail: see `wording_form`."""

    seen = HiddenField()

    def field_of(self, key: str) -> Field:
        field: Field = self[f"piece_{key}"]
        return field

    def words(self, wording: Wording) -> dict[str, str]:
        """What is typed in place of each piece, with line breaks as they are kept."""
        typed = {piece.key: self.field_of(piece.key).data or "" for piece in wording.pieces}
        return {key: "\n".join(line.rstrip() for line in text.splitlines()) for key, text in typed.items()}


def wording_form(wording: Wording, words: Mapping[str, str], *, seen: str, **arguments: Any) -> WordingForm:
    """With the practice's words where it has some, else with the portal's."""
    fields: dict[str, Any] = {}
    stored = {"seen": seen}
    for number, piece in enumerate(wording.pieces):
        is_subject = piece.key in wording.of_subject
        label = "The subject" if is_subject else f"Words {number}"
        label += f", {piece.when}" if piece.when else ""
        fields[f"piece_{piece.key}"] = (StringField if is_subject else TextAreaField)(label)
        stored[f"piece_{piece.key}"] = words.get(piece.key, piece.text)
    made: type[WordingForm] = type("_WordingForm", (WordingForm,), fields)
    return made(data=stored, **arguments)


def words_for(found: Sequence[Found]) -> str:
    """What speaks against a text, in words."""
    return WORDS_FOR[found[0].flaw].format(found[0].about)


def _a_number(field: StringField) -> None:
    if field.data and not is_number(field.data):
        raise ValidationError(_NOT_A_NUMBER)
