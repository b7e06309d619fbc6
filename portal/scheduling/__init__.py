"""Times that can be asked for, and what becomes of the consultations asked for."""

from __future__ import annotations

from flask import Flask

from portal.scheduling import commands, views
from portal.scheduling.services import EXPIRY


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.extensions["job_handlers"][EXPIRY] = commands.expire
