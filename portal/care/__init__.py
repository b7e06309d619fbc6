"""Where help is, on every page."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from portal.care import views
from portal.care.help_lines import dialled, read_help_lines
from portal.care.leaving import NEUTRAL_SITE

_HELP_LINES = Path(__file__).parent / "content" / "help_lines.toml"


def init_app(app: Flask) -> None:
    """Read once, at start: no page that shows where help is has to ask anything for it."""
    countries = read_help_lines(_HELP_LINES.read_text("utf-8"))
    app.extensions["help_lines"] = countries
    app.jinja_env.globals.update(help_in=countries.get, neutral_site=NEUTRAL_SITE)
    app.add_template_filter(dialled)
    app.register_blueprint(views.blueprint)
