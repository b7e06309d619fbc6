"""Addresses as templates ask for them: one that never differs is worked out once."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, url_for


def whole_address(endpoint: str, **values: Any) -> str:
    """An address for a mail, or for another program: under the name that the settings say (ASVS 6.4.3).

    Under which name a visitor came says nothing: whoever asks for mail to somebody else chooses it.
    """
    return f"{current_app.config['BASE_URL']}{url_for(endpoint, **values)}"


def init_app(app: Flask) -> None:
    """A page names a dozen of the portal's own addresses, most of them the same on every page."""
    made: dict[str, str] = {}

    def address_of(endpoint: str, **values: Any) -> str:
        if values.pop("_external", False):
            return whole_address(endpoint, **values)
        if any(value is not None for value in values.values()):
            return url_for(endpoint, **values)
        if endpoint not in made:
            made[endpoint] = url_for(endpoint)
        return made[endpoint]

    app.jinja_env.globals["url_for"] = address_of
