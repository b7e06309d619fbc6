"""How it goes: pictures of a therapist's whole practice in which no person can be found."""

from __future__ import annotations

from flask import Flask

from portal.figures import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
