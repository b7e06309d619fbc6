"""How a client wishes to be reached: by mail alone or by phone too, and whether a message may be left."""

from __future__ import annotations

from flask import Flask

from portal.reaching import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
