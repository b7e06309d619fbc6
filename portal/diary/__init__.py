"""When a therapist takes consultations: hours, days that differ, holidays, kinds, and how much is enough."""

from __future__ import annotations

from flask import Flask

from portal.diary import commands, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.hours)
