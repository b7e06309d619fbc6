"""What a therapist fills in on the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    TimeField,
    ValidationError,
)

# Newer than the stubs.
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from portal.review.calendar import moment_at
from portal.scheduling.objections import Objection
from portal.web import instants
from portal.web.form import PortalForm

MOST_WORDS = 2000
_WORDS = Length(max=MOST_WORDS, message=f"Keep it under {MOST_WORDS} characters")
# No diary reaches further either way, and dates at the end of all time have no zone.
_YEARS = range(2000, 2201)


class ReadForm(PortalForm):
    # The newest of what the page shows.
    upto = HiddenField()


def instant_in(text: str | None) -> datetime | None:
    """The moment that a page posts or an address names; None if it is none, or an absurd one."""
    moment = instants.instant_in(text)
    return moment if moment and moment.year in _YEARS else None


def day_in(text: str | None) -> date | None:
    """The day that an address names, for example 2027-03-02; None if it is none, or an absurd one."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _a_real_year(_form: PortalForm, field: DateField) -> None:
    if field.data is not None and field.data.year not in _YEARS:
        raise ValidationError("Use a date of these years")


class AnswerForm(PortalForm):
    """A button, and what its page knew: how often the consultation had changed, and which time is meant."""

    version = IntegerField(validators=[Optional()])
    starts_at = HiddenField()

    @property
    def chosen_at(self) -> datetime | None:
        return instant_in(self.starts_at.data)


class LampNoteForm(PortalForm):
    """What somebody did about what a client had said. The client does not see it."""

    note = TextAreaField(
        "What you did", validators=[DataRequired(message="Write what you did, in a few words"), _WORDS]
    )


class DeclineForm(PortalForm):
    """A few kind words, which the client reads on their own page and never in a mail."""

    version = IntegerField(validators=[Optional()])
    reply = TextAreaField("A few kind words (optional)", validators=[_WORDS])


class _Warned(PortalForm):
    """What its page has warned of already: the rules that would be broken."""

    despite = SelectMultipleField("All the same", choices=[], validate_choice=False)

    @property
    def warned_of(self) -> Collection[Objection]:
        return {Objection(each) for each in self.despite.data or () if each in set(Objection)}


class ProposeForm(_Warned):
    """Times to offer, from what is free or from a date and a clock time, and a few words."""

    version = IntegerField(validators=[Optional()])
    starts = SelectMultipleField("Times", choices=[], validate_choice=False)
    day = DateField("Another day (optional)", validators=[Optional(), _a_real_year])
    clock = TimeField("at (optional)", validators=[Optional()])
    words = TextAreaField("A few words with it (optional)", validators=[_WORDS])

    @property
    def chosen(self) -> Sequence[datetime]:
        """The moments that are ticked, as they come."""
        return [moment for text in self.starts.data or () if (moment := instant_in(text))]


class PlaceForm(_Warned):
    """Whom, of which kind, and when."""

    client = SelectField("Who")
    kind = SelectField("Kind")
    day = DateField("Day", validators=[InputRequired(message="Choose a day"), _a_real_year])
    clock = TimeField("Begins at", validators=[InputRequired(message="Choose a time")])

    def starts_at(self, zone: ZoneInfo) -> datetime | None:
        """The moment that was typed; None if there is none, or if the clocks of the zone skip it."""
        if self.day.data is None or self.clock.data is None:
            return None
        return moment_at(self.day.data, self.clock.data, zone)

    def offer(self, clients: Mapping[str, str], kinds: Mapping[str, str]) -> None:
        """References and names of both."""
        self.client.choices = [SelectChoice(*client) for client in clients.items()]
        self.kind.choices = [SelectChoice(*kind) for kind in kinds.items()]


class OwnTimeForm(PortalForm):
    """Time that a therapist keeps for themselves, of a day at most."""

    day = DateField("Day", validators=[InputRequired(message="Choose a day"), _a_real_year])
    begins = TimeField("From", validators=[InputRequired(message="Choose when it begins")])
    ends = TimeField("Until", validators=[InputRequired(message="Choose when it ends")])

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """From when until when; an end before the beginning lies on the next day, and so does midnight.

        None if something is missing, or if the clocks of the zone skip one of the two.
        """
        day, begins, ends = self.day.data, self.begins.data, self.ends.data
        if day is None or begins is None or ends is None:
            return None
        next_day = ends < begins or ends == time()
        edges = moment_at(day, begins, zone), moment_at(day + timedelta(days=next_day), ends, zone)
        return (edges[0], edges[1]) if edges[0] and edges[1] else None


class PhraseForm(PortalForm):
    words = TextAreaField(
        "Words to keep",
        validators=[InputRequired(message="Write the words that you want to keep"), _WORDS],
    )


class FeedForm(PortalForm):
    shows_names = BooleanField("Show whole names instead of initials")
