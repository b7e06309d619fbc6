"""What a therapist fills in on the desk."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import Length

from portal.web.form import PortalForm

MOST_WORDS = 2000


class DeclineForm(PortalForm):
    """A few kind words, which the client reads on their own page and never in a mail."""

    reply = TextAreaField(
        "A few kind words (optional)",
        validators=[Length(max=MOST_WORDS, message=f"Keep it under {MOST_WORDS} characters")],
    )


class AnswerForm(PortalForm):
    """A button and nothing else."""
