"""Every view names its audience; a view that names none is never served."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask import Flask, abort, current_app, request

View = Callable[..., Any]


class Audience(StrEnum):
    PUBLIC = "public"
    CLIENT = "client"
    THERAPIST = "therapist"
    # A page of both.
    SIGNED_IN = "signed-in"


def public(view: View) -> View:
    return opened_to(Audience.PUBLIC, view)


def opened_to(audience: Audience, view: View) -> View:
    view.audience = audience  # type: ignore[attr-defined]
    return view


def audience_of(view: View) -> Audience | None:
    return getattr(view, "audience", None)


def init_app(app: Flask) -> None:
    public(app.view_functions["static"])
    app.before_request(_refuse_a_view_without_audience)


def _refuse_a_view_without_audience() -> None:
    endpoint = request.endpoint
    if endpoint and audience_of(current_app.view_functions[endpoint]) is None:
        abort(404)
