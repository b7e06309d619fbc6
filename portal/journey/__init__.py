"""The client's way through it all: welcome, and the next step."""

from __future__ import annotations

from flask import Flask

from portal.journey import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
