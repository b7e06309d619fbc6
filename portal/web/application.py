"""The Flask application, without the pains that are taken on every request for what is never so here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.templating import Environment
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import Rule


class _SignedCookie(SecureCookieSessionInterface):
    """The same, with a signer that is made once; else every request makes one, and sometimes two."""

    # Not SHA-1, which it would be (ASVS 11.4.1).
    digest_method = staticmethod(hashlib.sha256)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if "cookie_signer" not in app.extensions:
            app.extensions["cookie_signer"] = super().get_signing_serializer(app)
        signer: URLSafeTimedSerializer | None = app.extensions["cookie_signer"]
        return signer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Most pages only read it: nothing is set then, since it is not sent anew with each of them."""
        if session.accessed and not session.modified and "Vary" not in response.headers:
            response.headers["Vary"] = "Cookie"
        else:
            super().save_session(app, session, response)


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """No template has names of its own, so all share one dictionary.

        A chain of two is asked so slowly that an `import` in a template would cost more than what it brings.
        """
        return super().make_globals(d) if d else self.globals


class _Rule(Rule):
    """The same, but how its address is put together is worked out when that is asked for first.

    For each of some three hundred it takes most of what it takes to start, and a process asks for few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        work_out = super()._compile_builder
        made: Callable[..., tuple[str, str]] | None = None

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:
                made = work_out(append_unknown)
            return made(rule, **values)

        return build


class Application(Flask):
    """Its views and hooks are ordinary functions, and its secret does not change while it runs."""

    url_rule_class = _Rule
    jinja_environment = _Environment
    session_interface = _SignedCookie()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Asked of a dozen functions on every request: whether they are coroutines, which none is."""
        return func
