"""Times that can be asked for, and what becomes of the consultations asked for."""

from __future__ import annotations

from flask import Flask

from portal.intake.services import INTAKE_SENT
from portal.scheduling import commands, views
from portal.scheduling.holding import ANSWERING, EXPIRY, LAPSE, REMINDER, TELLING
from portal.scheduling.own_entries import entries_of
from portal.waiting.services import LOOK


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.extensions["own_entries"] = entries_of
    app.extensions["job_handlers"] |= {
        TELLING: commands.tell_of_request,
        ANSWERING: commands.remind_to_answer,
        EXPIRY: commands.expire,
        LAPSE: commands.lapse,
        INTAKE_SENT: commands.ask_for_kept,
        REMINDER: commands.remind_of_consultation,
        LOOK: commands.offer_freed_times,
    }
