"""The journal: who did or opened what, and when; written once, chained, and shown to whom it concerns."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import event

from portal.journal import commands, keeping
from portal.journal.noting import append_what_was_noted, forget_what_was_noted


def init_app(app: Flask) -> None:
    event.listen(app.extensions["database"], "before_commit", append_what_was_noted)
    event.listen(app.extensions["database"], "after_soft_rollback", forget_what_was_noted)
    # Where else it is known how far the journal had come; each gives some lines.Stand.
    app.extensions["journal_anchors"] = []
    app.extensions["sweepers"].append(keeping.keep_an_anchor)
    app.cli.add_command(commands.journal)
