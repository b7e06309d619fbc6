"""Keeping what was entrusted: keys and words sealed anew, backups, another database, what is not safe yet."""

from __future__ import annotations

from flask import Flask

from portal.safekeeping import commands
from portal.safekeeping.backups import stands_in_backups
from portal.safekeeping.checking import CHECKS
from portal.safekeeping.forgetting import forget_what_is_theirs
from portal.safekeeping.rotating import drop_idle_keys


def init_app(app: Flask) -> None:
    app.extensions["sweepers"].append(drop_idle_keys)
    app.extensions["forgetters"] = [forget_what_is_theirs]
    app.extensions["journal_anchors"].append(stands_in_backups)
    # What is looked at by `check`; a feature above this one puts its own at the end.
    app.extensions["checks"] = [*CHECKS]
    for command in (commands.keys, commands.backup, commands.move_to, commands.check):
        app.cli.add_command(command)
