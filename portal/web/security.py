"""The headers of every answer, and the token of every form."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_wtf import CSRFProtect
from flask_wtf import csrf as form_tokens
from itsdangerous import BadData, URLSafeTimedSerializer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

csrf = CSRFProtect()
# Under this name the cookie keeps the token of its forms, and a form sends it.
FORM_TOKEN = "csrf_token"
# What Flask-WTF signs a token with; a test asks whether it still does.
_SALT = "wtf-csrf-token"


@functools.cache
def _signer(secret_key: str | bytes, salt: str) -> URLSafeTimedSerializer:
    """Flask-WTF would make another for every form that is sent, dearer than its use, and sign with SHA-1."""
    return URLSafeTimedSerializer(secret_key, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


form_tokens.URLSafeTimedSerializer = _signer

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
# What a page of ours never asks a device for, as far as browsers know it by these names.
_NEVER = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "compute-pressure",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(
    [
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        *(f"{each}=()" for each in _NEVER),
    ]
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: the form token's check over https wants to see that the page was ours.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_HSTS = "max-age=63072000; includeSubDomains"
_NO_STORE = ("Cache-Control", "no-store")


def init_app(app: Flask) -> None:
    # A form's token lives as long as its session: nobody loses an hour's writing to a clock.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    hsts = {"Strict-Transport-Security": _HSTS} if app.config["SESSION_COOKIE_SECURE"] else {}
    app.wsgi_app = _WithHeaders(app.wsgi_app, _HEADERS | hsts)  # type: ignore[method-assign]


def new_form_token(whose: str) -> str:
    """What a cookie keeps for its forms: each page drawn with it says, signed, for whom it was drawn."""
    return f"{whose}.{secrets.token_hex(16)}"


def drawn_for(form_token: str | None) -> str | None:
    """For whom the page was drawn that sends this token, stale or not; None for a page for anybody."""
    try:
        kept = _signer(current_app.secret_key or "", salt=_SALT).loads(form_token or "")
    except BadData:
        return None
    whose, dot, _ = kept.partition(".") if isinstance(kept, str) else ("", "", "")
    return whose if dot else None


class _WithHeaders:
    """Puts the headers on every answer as it leaves, whatever has made it."""

    def __init__(self, application: WSGIApplication, headers: Mapping[str, str]) -> None:
        self._application, self._headers = application, list(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *problem: Any) -> Any:
            # Past the response's own headers: each of these would be looked for among the others first.
            return start_response(status, [*_kept_by_nobody(status, headers), *self._headers], *problem)

        return self._application(environ, start)


def _kept_by_nobody(status: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A page is somebody's own, and a refusal may be none in a minute; our own files say otherwise."""
    said = [header for header in headers if header[0].lower() == "cache-control"]
    if not said:
        return [*headers, _NO_STORE]
    if status < "400":
        return headers
    return [*(header for header in headers if header not in said), _NO_STORE]
