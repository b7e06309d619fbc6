"""Work that is due, and the worker that does it."""

from __future__ import annotations

from flask import Flask

from portal.jobs import commands, models  # noqa: F401


def init_app(app: Flask) -> None:
    app.extensions["job_handlers"] = {}
    app.cli.add_command(commands.work)
