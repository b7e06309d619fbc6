"""Keeping what was entrusted: keys and words sealed anew, backups, another database, what is not safe yet."""

from __future__ import annotations

from flask import Flask

from portal.safekeeping import commands
from portal.safekeeping.rotating import drop_idle_keys


def init_app(app: Flask) -> None:
    app.extensions["sweepers"].append(drop_idle_keys)
    app.cli.add_command(commands.keys)
