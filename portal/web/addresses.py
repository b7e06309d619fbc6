"""Addresses as templates ask for them: one that never differs is worked out once."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for


def init_app(app: Flask) -> None:
    """A page names a dozen of the portal's own addresses, most of them the same on every page."""
    made: dict[str, str] = {}

    def address_of(endpoint: str, **values: Any) -> str:
        if values:
            return url_for(endpoint, **values)
        if endpoint not in made:
            made[endpoint] = url_for(endpoint)
        return made[endpoint]

    app.jinja_env.globals["url_for"] = address_of
