"""What a therapist fills in to note something."""

from __future__ import annotations

from wtforms import IntegerField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from portal.web.form import PortalForm

_MOST = 20_000


class NoteForm(PortalForm):
    words = TextAreaField(
        "A note for yourself",
        validators=[
            DataRequired("Write the note first"),
            Length(max=_MOST, message=f"Keep one note under {_MOST:,} characters, and begin another"),
        ],
    )
    # How often it had been changed when the page was drawn.
    version = IntegerField(validators=[Optional()])
