"""Short messages between a client and their therapist, for practical things."""

from __future__ import annotations

from flask import Flask

from portal.messages import desk_views, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.register_blueprint(desk_views.blueprint)
