"""The development mailbox as pages. Its blueprint is not registered anywhere but in development."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from portal.mail.mailbox import kept, newest
from portal.web.audience import public

blueprint = Blueprint("mail", __name__, url_prefix="/dev/mail")


@blueprint.get("")
@public
def mailbox() -> str:
    return render_template("mail/mailbox.html", messages=list(newest(current_app.config["INSTANCE"])))


@blueprint.get("/<string:name>")
@public
def message(name: str) -> str:
    return render_template("mail/message.html", kept=kept(current_app.config["INSTANCE"], name))
