"""The outbox: a message is stored with the change it tells of, and sent afterwards."""

from __future__ import annotations

from flask import Flask

from portal.mail import delivery, letter, views
from portal.mail.outbox import DELIVERY, forget_sent

_TIMEOUT_SECONDS = 30.0


def init_app(app: Flask) -> None:
    app.config.setdefault("MAIL_TIMEOUT", _TIMEOUT_SECONDS)
    letter.init_app(app)
    app.extensions["job_handlers"][DELIVERY] = delivery.deliver
    app.extensions["job_lanes"][DELIVERY] = "mail"
    app.extensions["sweepers"].append(forget_sent)
    if app.config["DEVELOPMENT"]:
        app.register_blueprint(views.blueprint)
