"""When a therapist takes consultations: hours, days that differ, holidays, kinds, and how much is enough."""

from __future__ import annotations

from flask import Flask

from portal.diary import commands, kind_views, views, week_views  # noqa: F401
from portal.diary.desk import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.cli.add_command(commands.hours)
