"""What a therapist fills in about days that differ, holidays, and how much is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.diary.form_fields import Day, Number, choices
from portal.diary.kinds import Stamina
from portal.diary.week import (
    Stretch,
    Unreadable,
    stretches_read,
)
from portal.diary.week_forms import words_for
from portal.errors import Refused
from portal.web.form import PortalForm


class DaysForm(PortalForm):
    first = Day("Which day, or from which day on?", validators=[InputRequired("Enter the day")])
    last = Day("Until which day? (optional)", validators=[Optional()])
    what = RadioField(
        "What is different?",
        choices=choices([("away", "No consultations on these days"), ("hours", "Other hours than usual")]),
        default="away",
    )
    times = StringField("Which hours?", validators=[Length(max=200, message="Keep the hours shorter")])

    @property
    def stretches(self) -> list[Stretch]:
        return stretches_read(self.times.data or "") if self.what.data == "hours" else []

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day, once validated."""
        assert self.first.data is not None
        return self.first.data, self.last.data or self.first.data

    def validate_times(self, field: StringField) -> None:
        try:
            if self.what.data == "hours" and not stretches_read(field.data or ""):
                raise ValidationError("Enter the hours, like 10:00–13:00, 15:00–18:00")
        except Unreadable as unreadable:
            raise ValidationError(
                f"“{unreadable.part}” cannot be read. Enter hours like 10:00–13:00, 15:00–18:00"
            ) from None

    def refuse_hours(self, refusals: Iterable[Refused]) -> None:
        """Without their weekday: that is not theirs, but only how they were judged."""
        hours = [(1, *stretch, 0) for stretch in self.stretches]
        judged = hours + [(2, *stretch, 0) for stretch in self.stretches]
        said = {
            words_for(refusal, judged).replace("Monday ", "").replace("Tuesday ", "") for refusal in refusals
        }
        for words in sorted(said):
            self.refuse(self.times, words)


class CountryForm(PortalForm):
    country = SelectField("Whose public holidays do you keep?")
    region = SelectField("Of which part of the country?")

    def offer(self, countries: Mapping[str, str], regions: Mapping[str, str]) -> None:
        self.country.choices = choices([("", "Nobody’s"), *countries.items()])
        self.region.choices = choices([("", "The whole country"), *regions.items()])
        # Of the country before; the page that comes offers those of the new one.
        self.region.validate_choice = False


class ClosedForm(PortalForm):
    closed = SelectMultipleField(
        "On which of them do you take no consultations?",
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def offer(self, names: Iterable[str]) -> None:
        self.closed.choices = choices((name, name) for name in names)


class LimitsForm(PortalForm):
    most_a_day = Number(
        "How many consultations a day, at most? (optional)",
        validators=[Optional(), NumberRange(1, 50, "Enter a number from 1 to 50")],
    )
    most_a_week = Number(
        "How many a week, at most? (optional)",
        validators=[Optional(), NumberRange(1, 200, "Enter a number from 1 to 200")],
    )
    most_first_a_day = Number(
        "How many first consultations a day, at most? (optional)",
        validators=[Optional(), NumberRange(1, 50, "Enter a number from 1 to 50")],
    )
    most_in_a_row = Number(
        "How many in a row without a break, at most? (optional)",
        validators=[Optional(), NumberRange(1, 50, "Enter a number from 1 to 50")],
    )
    rest = Number(
        "How many minutes make a break?",
        validators=[
            InputRequired("Enter how many minutes make a break"),
            NumberRange(5, 240, "Enter a number of minutes from 5 to 240"),
        ],
    )
    most_open_requests = Number(
        "How many open requests may one client have?",
        validators=[
            InputRequired("Enter a number from 1 to 10"),
            NumberRange(1, 10, "Enter a number from 1 to 10"),
        ],
    )
    answers_first = BooleanField("A time is asked for only once the questionnaire is sent")

    @property
    def stamina(self) -> Stamina:
        return Stamina(
            most_a_day=self.most_a_day.data,
            most_a_week=self.most_a_week.data,
            most_first_a_day=self.most_first_a_day.data,
            most_in_a_row=self.most_in_a_row.data,
            rest=self.rest.data or Stamina.rest,
        )
