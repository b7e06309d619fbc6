"""What the practice says about privacy and accessibility."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.web.audience import public

blueprint = Blueprint("practice", __name__)


@blueprint.get("/privacy")
@public
def privacy() -> str:
    return render_template("practice/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    return render_template("practice/accessibility.html")
