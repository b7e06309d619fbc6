"""Where help is, on every page."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from portal.care import views
from portal.care.help_lines import Country, dialled, own_lines, read_help_lines
from portal.care.leaving import NEUTRAL_SITE
from portal.practice.facts import Facts, current_practice

_HELP_LINES = Path(__file__).parent / "content" / "help_lines.toml"


def init_app(app: Flask) -> None:
    """Read once, at start: no page that shows where help is has to ask anything for it."""
    countries = read_help_lines(_HELP_LINES.read_text("utf-8"))

    def help_for(practice: Facts) -> Country | None:
        """The practice's own lines if it has some for its country, else those that come with the portal."""
        own = own_lines(practice.help_lines) if practice.help_lines else None
        # An emergency number alone is not enough: somebody who listens is named on every page.
        return own if own and own.lines and own.code == practice.country else countries.get(practice.country)

    app.extensions["help_lines"], app.extensions["help_for"] = countries, help_for
    app.jinja_env.globals.update(help_here=lambda: help_for(current_practice()), neutral_site=NEUTRAL_SITE)
    app.add_template_filter(dialled)
    app.register_blueprint(views.blueprint)
