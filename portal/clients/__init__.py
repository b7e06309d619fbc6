"""A therapist's clients: found, sorted, passed on to a colleague, put away and brought back."""

from __future__ import annotations

from flask import Flask

from portal.clients import commands, following, views


def init_app(app: Flask) -> None:
    following.listen(app.extensions["database"])
    app.register_blueprint(views.blueprint)
    commands.init_app(app)
