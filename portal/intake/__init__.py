"""The short questionnaire."""

from __future__ import annotations

from flask import Flask

from portal.intake import commands, views
from portal.intake.lamps import TELLING, tell_of_forgotten


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.questionnaire)
    app.extensions["job_handlers"][TELLING] = commands.tell_of_lamp
    app.extensions["sweepers"].append(tell_of_forgotten)
