"""What a therapist fills in about their hours, and what is said to hours that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
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
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.diary.kinds import LONGEST, WIDEST_GAP, Kind, Manner, Stamina
from portal.diary.opening import (
    EndsBeforeItStarts,
    GapLongerThanHours,
    HoursOverlap,
    LongerThanADay,
    ShorterThanAConsultation,
    UnfitHours,
    ZoneUnknown,
)
from portal.diary.week import (
    WEEKDAYS,
    Hours,
    Stretch,
    Unreadable,
    in_order,
    minute_read,
    next_two,
    stretch_of,
    stretch_written,
    stretches_read,
    time_written,
)
from portal.errors import Refused
from portal.web.form import PortalForm

_DAY, _HOUR = 24 * 60, 60
_STEP = 5
_LONGEST_NAME, _LONGEST_PLACE = 60, 500
_UNREADABLE = "{}: enter a time like 9:00 or 17:30"
WORDS_FOR: Mapping[type[Refused], str] = {
    EndsBeforeItStarts: "{0} is over before it begins. Enter a later end, or that it ends on the next day",
    LongerThanADay: "{0} is longer than a day. Enter an earlier end",
    ShorterThanAConsultation: "{0} is shorter than a consultation. Make it longer",
    GapLongerThanHours: "{0} is shorter than the free time around a consultation. Make it longer",
    HoursOverlap: "{0} and {1} overlap. Make them one, or move one of them",
    ZoneUnknown: "Your time zone is not known here. Whoever looks after this portal can mend that",
}


def _choices(pairs: Iterable[tuple[Any, str]]) -> list[Any]:
    return [SelectChoice(value, label) for value, label in pairs]


def words_for(refusal: Refused, hours: Sequence[Hours]) -> str:
    """What speaks against hours, in words; `hours` are those that the refusal's places count."""
    places = refusal.places if isinstance(refusal, UnfitHours) else ()
    named = [f"{WEEKDAYS[hours[place][0] - 1]} {stretch_written(hours[place][1:3])}" for place in places]
    return WORDS_FOR[type(refusal)].format(*named)


class Number(IntegerField):
    """A whole number; what is none is told so in plain words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a whole number") from None


class Day(DateField):
    """A day; what is none is told so in plain words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a day like 2027-03-09") from None


class StretchForm(Form):
    weekday = IntegerField(widget=HiddenInput(), validators=[NumberRange(1, 7)])
    starts = StringField("from")
    ends = StringField("until")
    next_day = BooleanField("It ends on the next day")
    weeks = SelectField("In which weeks?", coerce=int)

    @property
    def is_empty(self) -> bool:
        return not (self.starts.data or "").strip() and not (self.ends.data or "").strip()

    @property
    def hours(self) -> Hours:
        starts, ends = (minute_read(field.data or "") for field in (self.starts, self.ends))
        stretch = stretch_of(starts, ends, next_day=self.next_day.data)
        return self.weekday.data or 1, *stretch, self.weeks.data

    def name_weeks(self, today: date) -> None:
        """Odd and even weeks go by their next days: nobody knows which is which."""
        others = [(weeks, f"Every other week: {next_two(self._weekday, weeks, today)}") for weeks in (1, 2)]
        self.weeks.choices = _choices([(0, "Every week"), *others])

    def validate_starts(self, field: StringField) -> None:
        if self._minute(field) == _DAY:
            raise ValidationError("Enter a time before midnight")

    def validate_ends(self, field: StringField) -> None:
        self._minute(field)

    def _minute(self, field: StringField) -> int:
        if self.is_empty:
            return 0
        try:
            return minute_read(field.data or "")
        except Unreadable:
            raise ValidationError(_UNREADABLE.format(WEEKDAYS[self._weekday - 1])) from None

    @property
    def _weekday(self) -> int:
        # Out of range only where somebody else than our page wrote it; the validator says so.
        return min(max(self.weekday.data or 1, 1), 7)


class WeekForm(PortalForm):
    """The stretches of a week, as rows; a row that is empty is none."""

    seen = HiddenField()
    rows = FieldList(FormField(StretchForm), max_entries=150)

    @classmethod
    def showing(cls, hours: Iterable[Hours], *, version: int, today: date) -> WeekForm:
        """With these hours."""
        stored = [
            {
                "weekday": weekday,
                "starts": time_written(first),
                "ends": time_written(end),
                "next_day": end > _DAY,
                "weeks": weeks,
            }
            for weekday, first, end, weeks in in_order(hours)
        ]
        form = cls(data={"rows": stored, "seen": str(version)})
        form.name_weeks(today)
        return form

    def add_missing_rows(self, today: date) -> None:
        """Each weekday has a row at least."""
        for weekday in range(1, 8):
            if not any(row.form.weekday.data == weekday for row in self.rows):
                self.add_row(str(weekday), today)

    def name_weeks(self, today: date) -> None:
        for row in self.rows:
            row.form.name_weeks(today)

    def add_row(self, weekday: str, today: date) -> None:
        if weekday.isdecimal() and int(weekday) in range(1, 8):
            self.rows.append_entry({"weekday": int(weekday)})
            self.name_weeks(today)

    @property
    def days(self) -> list[tuple[int, str, list[StretchForm]]]:
        """The rows of each weekday, with its number and name."""
        rows = [row.form for row in self.rows]
        return [
            (number, name, [row for row in rows if row.weekday.data == number])
            for number, name in enumerate(WEEKDAYS, start=1)
        ]

    @property
    def filled(self) -> list[StretchForm]:
        return [row.form for row in self.rows if not row.form.is_empty]

    @property
    def hours(self) -> list[Hours]:
        return [row.hours for row in self.filled]

    @property
    def version(self) -> int:
        """Of the diary that was before their eyes; -1 where that cannot be made out."""
        seen = self.seen.data or ""
        return int(seen) if seen.isdecimal() and len(seen) < 10 else -1

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong, each with the id of its field."""
        own = [(self.rows.id, message) for message in self.form_errors]
        fields = (field for row in self.rows for field in row.form)
        return own + [(field.id, str(error)) for field in fields for error in field.errors]

    def refuse_hours(self, refusals: Iterable[Refused]) -> None:
        """Each refusal goes to the row that it is about, the second of two."""
        for refusal in refusals:
            words = words_for(refusal, self.hours)
            if isinstance(refusal, UnfitHours):
                field = self.filled[refusal.places[-1]].ends
                field.errors = [*field.errors, words]
            else:
                self.form_errors.append(words)


class DaysForm(PortalForm):
    first = Day("Which day, or from which day on?", validators=[InputRequired("Enter the day")])
    last = Day("Until which day? (optional)", validators=[Optional()])
    what = RadioField(
        "What is different?",
        choices=_choices([("away", "No consultations on these days"), ("hours", "Other hours than usual")]),
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
        self.country.choices = _choices([("", "Nobody’s"), *countries.items()])
        self.region.choices = _choices([("", "The whole country"), *regions.items()])
        # Of the country before; the page that comes offers those of the new one.
        self.region.validate_choice = False


class ClosedForm(PortalForm):
    closed = SelectMultipleField(
        "On which of them do you take no consultations?",
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def offer(self, names: Iterable[str]) -> None:
        self.closed.choices = _choices((name, name) for name in names)


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


def _minutes_from(least: int, most: int) -> list[Any]:
    words = f"Enter a number of minutes from {least} to {most}"
    return [InputRequired(words), NumberRange(least, most, words)]


def _number_from(least: int, most: int) -> list[Any]:
    words = f"Enter a number from {least} to {most}"
    return [InputRequired(words), NumberRange(least, most, words)]


class KindForm(PortalForm):
    name = StringField(
        "What is it called?",
        validators=[
            DataRequired("Enter what it is called"),
            Length(max=_LONGEST_NAME, message=f"Keep it under {_LONGEST_NAME} characters"),
        ],
    )
    whose = RadioField(
        "Who is it for?",
        choices=_choices(
            [
                ("first", "For people whom you have not met yet"),
                ("follow-up", "For people whom you have met"),
            ]
        ),
        default="first",
    )
    manner = RadioField(
        "How do you meet?",
        choices=_choices(
            [
                (Manner.VIDEO.value, "By video"),
                (Manner.PHONE.value, "By phone"),
                (Manner.IN_PERSON.value, "In person"),
            ]
        ),
        validators=[InputRequired("Choose how you meet")],
    )
    length = Number("How many minutes does it take?", validators=_minutes_from(10, LONGEST))
    gap_before = Number(
        "How many minutes before it do you keep free?", validators=_minutes_from(0, WIDEST_GAP)
    )
    gap_after = Number("How many minutes after it do you keep free?", validators=_minutes_from(0, WIDEST_GAP))
    notice = Number("How many hours before can it still be asked for?", validators=_number_from(3, 1440))
    horizon = Number("How many days ahead can it be asked for?", validators=_number_from(1, 365))
    changes_until = Number(
        "Until how many hours before may a client move or cancel it by themselves?",
        validators=_number_from(0, 720),
    )
    place = TextAreaField(
        "Where, or how, do you meet? (optional)",
        validators=[Length(max=_LONGEST_PLACE, message=f"Keep it under {_LONGEST_PLACE} characters")],
    )
    own_hours = RadioField(
        "When can it be asked for?",
        choices=_choices([("no", "In your working hours"), ("yes", "In hours of its own")]),
        default="no",
    )

    @classmethod
    def showing(cls, kind: Kind) -> KindForm:
        return cls(
            data={
                "name": kind.name,
                "whose": "first" if kind.is_first else "follow-up",
                "manner": kind.manner.value if kind.manner else None,
                "length": kind.length,
                "gap_before": kind.gap_before,
                "gap_after": kind.gap_after,
                "notice": kind.notice // _HOUR,
                "horizon": kind.horizon // _DAY,
                "changes_until": kind.changes_until // _HOUR,
                "place": kind.place,
                "own_hours": "yes" if kind.own_hours else "no",
            }
        )

    @property
    def kind(self) -> Kind:
        return Kind(
            name=self.name.data or "",
            is_first=self.whose.data == "first",
            manner=Manner(self.manner.data),
            length=self.length.data or 0,
            gap_before=self.gap_before.data or 0,
            gap_after=self.gap_after.data or 0,
            notice=(self.notice.data or 0) * _HOUR,
            horizon=(self.horizon.data or 0) * _DAY,
            changes_until=(self.changes_until.data or 0) * _HOUR,
            place=self.place.data or None,
            own_hours=self.own_hours.data == "yes",
        )

    def validate_length(self, field: Number) -> None:
        _in_steps(field)

    def validate_gap_before(self, field: Number) -> None:
        _in_steps(field)

    def validate_gap_after(self, field: Number) -> None:
        _in_steps(field)

    def validate_notice(self, field: Number) -> None:
        if field.data and self.horizon.data and field.data >= self.horizon.data * 24:
            raise ValidationError("Enter fewer hours: so long before, it cannot be asked for yet")


def _in_steps(field: Number) -> None:
    if (field.data or 0) % _STEP:
        raise ValidationError("Enter a number of minutes that ends in 0 or 5")
