"""The page of help lines."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from portal.web.audience import public

blueprint = Blueprint("care", __name__)


@blueprint.get("/help-now")
@public
def help_now() -> str:
    return render_template("care/help_now.html", countries=current_app.extensions["help_lines"].values())
