"""How readings are made: written, brought in, compared, put in order, published, suggested to a client."""

from __future__ import annotations

from flask import Flask

from portal.writing import commands, history_views, import_views, suggestion_views, views


def init_app(app: Flask) -> None:
    for pages in (views, history_views, import_views, suggestion_views):
        app.register_blueprint(pages.blueprint)
    app.cli.add_command(commands.reading)
