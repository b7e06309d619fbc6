"""What a client fills in to ask for a time, to answer an offer, and to say when they are reminded."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms import (
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
    widgets,
)

# Newer than the stubs.
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.scheduling.lifecycle import MOST_TIMES
from portal.web.form import PortalForm
from portal.web.formatting import zone_name
from portal.web.instants import instant_in, posted
from portal.web.zones import real_zone, zones_by_region

_MOST_CHARACTERS = 4000
# One more choice, one less, other days: each only arranges the page of times.
OTHER_BUTTONS = frozenset({"add", "remove", "from"})
# In minutes before a consultation, as they are stored.
_REMINDERS = {
    "10080": "A week before",
    "2880": "Two days before",
    "1440": "A day before",
    "120": "Two hours before",
}


def _one_kind_of_line_end(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n")


def _words(label: str, *more: Any) -> TextAreaField:
    too_long = Length(max=_MOST_CHARACTERS, message=f"Use at most {_MOST_CHARACTERS} characters")
    return TextAreaField(label, filters=[_one_kind_of_line_end], validators=[*more, too_long])


def _moments(posted: Iterable[str | None]) -> Sequence[datetime]:
    moments = dict.fromkeys(map(instant_in, posted))
    return [moment for moment in moments if moment][:MOST_TIMES]


def _times(chosen: Iterable[str], picked: str | None) -> Sequence[datetime]:
    """Everything that is asked for, the most wanted first."""
    moments = dict.fromkeys([*_moments(chosen), instant_in(picked)])
    return [moment for moment in moments if moment][:MOST_TIMES]


class Asking(NamedTuple):
    """What is asked for, the most wanted first; what was written with it, and where the times were read."""

    times: Sequence[datetime]
    words: str
    zone: str | None


def asking_in(form: MultiDict[str, str]) -> Asking | None:
    """What is posted, if `AskForm` would take it as it is; None too where another of its buttons was pressed.

    Most people choose a time and press: to make and ask a form for them took a tenth of what it costs to ask.
    """
    times = _times(form.getlist("chosen"), form.get("starts_at", "").strip())
    words = _one_kind_of_line_end(form.get("words", "").strip())
    if not times or len(words) > _MOST_CHARACTERS or not OTHER_BUTTONS.isdisjoint(form):
        return None
    return Asking(times, words, real_zone(form.get("zone", "").strip()))


class AskForm(PortalForm):
    class Meta(PortalForm.Meta):
        # Its page writes the token itself, and no post without it gets this far (`web.security`).
        csrf = False

    # The service alone judges whether a time is on offer, so a late press and a lost race read alike.
    starts_at = StringField("Time")
    # What was chosen before it, the most wanted first.
    chosen = SelectMultipleField("Chosen times", choices=[], validate_choice=False)
    # The zone in which the times were read.
    zone = HiddenField(filters=[real_zone])
    words = _words("Anything you would like to say with it (optional)")

    @property
    def picked_at(self) -> datetime | None:
        return instant_in(self.starts_at.data)

    @property
    def chosen_at(self) -> Sequence[datetime]:
        return _moments(self.chosen.data or ())

    @property
    def times(self) -> Sequence[datetime]:
        """Everything that is asked for, the most wanted first."""
        return _times(self.chosen.data or (), self.starts_at.data)

    def keep(self, chosen: Sequence[datetime], picked: datetime | None = None) -> None:
        """These are chosen now, and nothing else."""
        self.chosen.data = list(map(posted, chosen))
        self.starts_at.data = posted(picked) if picked else None

    def validate_starts_at(self, _field: StringField) -> None:
        if not self.times:
            raise ValidationError("Choose a time")


class RefusalForm(PortalForm):
    """None of the times that are offered fits."""

    words = _words("Anything that helps to find one (optional)")


class NoteForm(PortalForm):
    words = _words("What would you like to say?", InputRequired("Write what you would like to say"))


class RemindersForm(PortalForm):
    reminders = SelectMultipleField(
        "When would you like to be reminded?",
        choices=[SelectChoice(minutes, words) for minutes, words in _REMINDERS.items()],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )


class ZoneForm(PortalForm):
    """Sent with GET: it changes what is shown, and nothing else."""

    class Meta(PortalForm.Meta):
        csrf = False

    zone = SelectField("Time zone", id="shown-zone", validate_choice=False)

    def offer(self, shown: str) -> None:
        """Every zone, the one that is shown selected, though it may be an old name."""
        regions = _choices()
        names = {choice.value for choices in regions.values() for choice in choices}
        shown_now = [] if shown in names else [SelectChoice(shown, zone_name(ZoneInfo(shown)))]
        self.zone.choices = {"Worldwide": [*shown_now, *_worldwide(shown)], **regions}
        self.zone.data = shown


def _worldwide(shown: str) -> Sequence[SelectChoice]:
    return [] if shown == "UTC" else [SelectChoice("UTC")]


@functools.cache
def _choices() -> Mapping[str, Sequence[SelectChoice]]:
    return {
        region: [SelectChoice(name, name.removeprefix(f"{region}/").replace("_", " ")) for name in names]
        for region, names in zones_by_region().items()
    }
