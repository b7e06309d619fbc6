"""The demonstration practice: Ada, Sam and Kit."""

from __future__ import annotations

from flask import Flask

from portal.demo import commands


def init_app(app: Flask) -> None:
    app.cli.add_command(commands.demo)
