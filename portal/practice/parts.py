"""Parts of a page that are the same on every visit, drawn once for what the practice says of itself."""

from __future__ import annotations

from flask import current_app
from markupsafe import Markup

from portal.practice.facts import Facts, current_practice

# Stands in what is remembered where each visitor's own token belongs.
_TOKEN = "the-visitors-own-token"


class Parts:
    """One process's memory of them, which ends when the practice says something else of itself."""

    def __init__(self) -> None:
        # In one name, so that what was drawn with older facts never gets among what is drawn with newer ones.
        self._kept: tuple[Facts | None, dict[tuple[object, ...], Markup]] = (None, {})

    def part(self, template: str, *, token: str = "", **names: str | None) -> Markup:
        """The template with these names; `token`, if it has a form, is put in afterwards.

        It is given the practice's facts and nothing of the request, and the names take few values: each
        combination of them is remembered.
        """
        facts = current_practice()
        drawn_with, drawn = self._kept
        if drawn_with is not facts:
            # They are looked up anew every few seconds, and hardly ever say anything new.
            drawn = drawn if facts == drawn_with else {}
            self._kept = facts, drawn
        key = (template, *names.items())
        if key not in drawn:
            found = current_app.jinja_env.get_template(template)
            drawn[key] = Markup(found.render(practice=facts, token=_TOKEN, **names))
        return drawn[key].replace(_TOKEN, token)
