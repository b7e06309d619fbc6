"""What is a client's by right: the record of who opened what, a copy of everything, and its erasure."""

from __future__ import annotations

from flask import Flask

from portal.privacy import record_views


def init_app(app: Flask) -> None:
    app.register_blueprint(record_views.blueprint)
