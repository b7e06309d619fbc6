"""What is chosen or typed about records, copies and erasure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

_GROUPS = {
    "": "Everything",
    "opened": "What was opened",
    "sent": "What came in",
    "times": "Times",
    "doors": "Signing in",
    "settings": "Settings",
    "keeping": "Keeping and erasing",
}


class JournalForm(Form):
    """Which lines to see. It changes nothing, so it has no token and its address can be kept."""

    about = SelectField("About whom", default="")
    group = SelectField("What", default="", choices=[SelectChoice(*each) for each in _GROUPS.items()])

    def __init__(self, *args: Any, clients: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about.choices = [SelectChoice(*each) for each in ({"": "Everybody"} | {**clients}).items()]
