"""Times that can be asked for, and what becomes of the consultations asked for."""

from __future__ import annotations

from flask import Flask

from portal.intake.services import INTAKE_SENT
from portal.scheduling import commands, views
from portal.scheduling.holding import ANSWERING, EXPIRY, FREED, LAPSE, REMINDER, TELLING


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.extensions["job_handlers"] |= {
        TELLING: commands.tell_of_request,
        ANSWERING: commands.remind_to_answer,
        EXPIRY: commands.expire,
        LAPSE: commands.lapse,
        INTAKE_SENT: commands.ask_for_kept,
        REMINDER: commands.remind_of_consultation,
        FREED: commands.offer_freed_times,
    }
