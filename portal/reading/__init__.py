"""What a person reads before asking for anything."""

from __future__ import annotations

from flask import Flask

from portal.reading import commands, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.reading)
