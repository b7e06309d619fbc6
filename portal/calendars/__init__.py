"""Busy times from calendars elsewhere: named by the therapist, looked at by the worker, kept as a copy."""

from __future__ import annotations

from flask import Flask

from portal.calendars import commands, views
from portal.calendars.addresses import Inside
from portal.calendars.fetching import Fetcher
from portal.calendars.services import FETCH


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.extensions["calendar_fetcher"] = Fetcher(Inside(app.config["CALENDARS_INSIDE"]))
    # (UID, begin, end) of what calendars elsewhere may hold of ours, for a database session, the id of a
    # therapist and `since`. Whoever has consultations says so here.
    app.extensions["own_entries"] = lambda *_asked, **_more: frozenset()
    app.extensions["job_handlers"][FETCH] = commands.fetch
    app.extensions["job_lanes"][FETCH] = "calendars"
