"""What a therapist notes for themselves about a client, sealed under a key of its own."""

from __future__ import annotations

from flask import Flask

from portal.notes import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
