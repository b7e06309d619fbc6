"""The headers of every answer, and the token of every form."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, request
from flask_wtf import CSRFProtect
from itsdangerous import BadData, URLSafeTimedSerializer

csrf = CSRFProtect()
# Under this name the cookie keeps the token of its forms, and a form sends it.
FORM_TOKEN = "csrf_token"
# What Flask-WTF signs a token with; a test asks whether it still does.
_SALT = "wtf-csrf-token"

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


def init_app(app: Flask) -> None:
    # A form's token lives as long as its session: nobody loses an hour's writing to a clock.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    app.after_request(_add_headers)


def new_form_token(whose: str) -> str:
    """What a cookie keeps for its forms: each page drawn with it says, signed, for whom it was drawn."""
    return f"{whose}.{secrets.token_hex(16)}"


def drawn_for(form_token: str | None) -> str | None:
    """For whom the page was drawn that sends this token, stale or not; None for a page for anybody."""
    try:
        kept = URLSafeTimedSerializer(current_app.secret_key or "", salt=_SALT).loads(form_token or "")
    except BadData:
        return None
    whose, dot, _ = kept.partition(".") if isinstance(kept, str) else ("", "", "")
    return whose if dot else None


def _add_headers(response: Response) -> Response:
    # No view sets one of these; replacing each by itself would cost as much as a small query.
    response.headers.extend(_HEADERS)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = _HSTS
    if response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    elif request.endpoint != "static":
        # A view that gives something to a program, and not to a browser, may say otherwise.
        response.headers.setdefault("Cache-Control", "no-store")
    return response
