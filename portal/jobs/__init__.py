"""Work that is due, and the worker that does it."""

from __future__ import annotations

from flask import Flask

from portal.jobs import commands, models  # noqa: F401
from portal.jobs.queue import forget_done


def init_app(app: Flask) -> None:
    app.extensions["job_handlers"] = {}
    # By their kind, the lane of those jobs that wait for somebody elsewhere: however long one of them takes,
    # it keeps only its own lane waiting. All others are done in one that never waits for anybody.
    app.extensions["job_lanes"] = {}
    # What a worker throws away or picks up again every hour; each is given a database session and `now`.
    app.extensions["sweepers"] = [forget_done]
    app.cli.add_command(commands.work)
