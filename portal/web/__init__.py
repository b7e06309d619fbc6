"""What every page shares and no feature owns."""

from __future__ import annotations

from flask import Flask
from jinja2 import StrictUndefined

from portal.web import addresses, assets, audience, doors, errors, formatting, limits, security


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.pop("config", None)
    for part in (doors, security, audience, addresses, assets, errors, formatting, limits):
        part.init_app(app)
