"""The token of a visit's forms, signed once in a process: signing it anew for every page is dear."""

from __future__ import annotations

from flask import Flask, g
from flask_wtf.csrf import generate_csrf

from portal.accounts import cookie
from portal.web.security import FORM_TOKEN

# A few hundred bytes each.
_MOST_SIGNED = 2_000


def init_app(app: Flask) -> None:
    """Templates ask this instead of Flask-WTF."""
    # By what the visit's cookie keeps; it never runs out, so what was signed once is as good as anew.
    signed: dict[str, str] = {}

    def csrf_token() -> str:
        # In one look: another thread may forget all of them at any moment.
        known = signed.get(cookie.form_token())
        if known is not None:
            # Where Flask-WTF looks first, for the forms that ask it themselves.
            return str(g.setdefault(FORM_TOKEN, known))
        made = str(generate_csrf())
        if len(signed) >= _MOST_SIGNED:
            signed.clear()
        signed[cookie.form_token()] = made
        return made

    # After Flask-WTF's own, which says the same dearly.
    app.context_processor(lambda: {"csrf_token": csrf_token})
    app.jinja_env.globals["csrf_token"] = csrf_token
