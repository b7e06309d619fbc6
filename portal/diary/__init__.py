"""When a therapist takes consultations: hours, days that differ, holidays, kinds, and how much is enough."""

from __future__ import annotations

from flask import Flask

from portal.diary import clocks, commands, kind_views, views, week_views  # noqa: F401
from portal.diary.desk import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.cli.add_command(commands.hours)
    app.add_template_filter(clocks.change_before, "clocks_change_before")
