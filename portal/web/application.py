"""The Flask application, without the pains that are taken on every request for what is never so here."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.templating import Environment
from itsdangerous import URLSafeTimedSerializer


class _SignedCookie(SecureCookieSessionInterface):
    """The same, with a signer that is made once; else every request makes one, and sometimes two."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if "cookie_signer" not in app.extensions:
            app.extensions["cookie_signer"] = super().get_signing_serializer(app)
        signer: URLSafeTimedSerializer | None = app.extensions["cookie_signer"]
        return signer


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """No template has names of its own, so all share one dictionary.

        A chain of two is asked so slowly that an `import` in a template would cost more than what it brings.
        """
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    """Its views and hooks are ordinary functions, and its secret does not change while it runs."""

    jinja_environment = _Environment
    session_interface = _SignedCookie()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Asked of a dozen functions on every request: whether they are coroutines, which none is."""
        return func
