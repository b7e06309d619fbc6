"""What a client fills in to ask for a time, and to see times in another zone."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from wtforms import HiddenField, SelectField, StringField, TextAreaField, ValidationError

# Newer than the stubs.
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length

from portal.web.form import PortalForm
from portal.web.formatting import zone_name
from portal.web.zones import real_zone, zones_by_region

_MOST_CHARACTERS = 4000
_INSTANT = "%Y-%m-%dT%H:%MZ"


def instant_in(text: str | None) -> datetime | None:
    """The moment that a time on the page posts, for example 2027-03-02T10:00Z; None if it is none."""
    try:
        return datetime.strptime(text or "", _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        return None


class AskForm(PortalForm):
    # The service alone judges whether a time is on offer, so a late press and a lost race read alike.
    starts_at = StringField("Time")
    # The zone in which the times were read.
    zone = HiddenField(filters=[real_zone])
    words = TextAreaField(
        "Anything you would like to say with it (optional)",
        filters=[lambda typed: (typed or "").replace("\r\n", "\n")],
        validators=[Length(max=_MOST_CHARACTERS, message=f"Use at most {_MOST_CHARACTERS} characters")],
    )

    @property
    def chosen_at(self) -> datetime | None:
        return instant_in(self.starts_at.data)

    def validate_starts_at(self, _field: StringField) -> None:
        if self.chosen_at is None:
            raise ValidationError("Choose a time")


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
