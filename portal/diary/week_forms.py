"""The hours of a week as a therapist fills them in, and what is said to hours that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import NumberRange
from wtforms.widgets import HiddenInput

from portal.diary.form_fields import choices
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
    Unreadable,
    in_order,
    minute_read,
    next_two,
    stretch_of,
    stretch_written,
    time_written,
)
from portal.errors import Refused
from portal.web.form import PortalForm

_DAY = 24 * 60
_UNREADABLE = "{}: enter a time like 9:00 or 17:30"
WORDS_FOR: Mapping[type[Refused], str] = {
    EndsBeforeItStarts: "{0} is over before it begins. Enter a later end, or that it ends on the next day",
    LongerThanADay: "{0} is longer than a day. Enter an earlier end",
    ShorterThanAConsultation: "{0} is shorter than a consultation. Make it longer",
    GapLongerThanHours: "{0} is shorter than the free time around a consultation. Make it longer",
    HoursOverlap: "{0} and {1} overlap. Make them one, or move one of them",
    ZoneUnknown: "Your time zone is not known here. Whoever looks after this portal can mend that",
}


def words_for(refusal: Refused, hours: Sequence[Hours]) -> str:
    """What speaks against hours, in words; `hours` are those that the refusal's places count."""
    places = refusal.places if isinstance(refusal, UnfitHours) else ()
    named = [f"{WEEKDAYS[hours[place][0] - 1]} {stretch_written(hours[place][1:3])}" for place in places]
    return WORDS_FOR[type(refusal)].format(*named)


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
        self.weeks.choices = choices([(0, "Every week"), *others])

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
