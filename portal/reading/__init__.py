"""What a person reads before asking for anything, and what they keep of it."""

from __future__ import annotations

from flask import Flask

from portal.reading import kept_views, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.register_blueprint(kept_views.blueprint)
