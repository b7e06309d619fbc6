"""What a therapist fills in about whose client somebody is."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.web.form import PortalForm


class ColleagueForm(PortalForm):
    colleague = RadioField("Who goes on with them?", validators=[InputRequired(message="Choose a colleague")])

    def offer(self, colleagues: Mapping[str, str]) -> None:
        """References and names."""
        self.colleague.choices = [SelectChoice(*each) for each in colleagues.items()]
