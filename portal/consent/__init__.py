"""Agreements: texts that the practice publishes, and what each client says to them."""

from __future__ import annotations

from flask import Flask

from portal.consent import commands, desk_views, views
from portal.consent.telling import TELLING


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.register_blueprint(desk_views.blueprint)
    app.cli.add_command(commands.agreement)
    app.extensions["job_handlers"][TELLING] = commands.tell_of_text
