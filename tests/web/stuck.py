"""The portal with a page that never comes to an end, for a process of its own."""

from __future__ import annotations

import os
import threading

from flask import Flask

from portal import app as portal
from portal import server
from portal.web.audience import public


def create_app() -> Flask:
    """As in earnest, but for who is stuck is waited a moment only."""
    server._STUCK_SECONDS, server._A_WHILE, server._LAST_PAGES_SECONDS = 1, 0.1, 1
    app = portal.create_app()
    app.config["DEVELOPMENT"] = False

    @public
    def never() -> str:
        threading.Event().wait()
        return "at last"

    @public
    def who() -> str:
        return str(os.getpid())

    app.add_url_rule("/never", "never", never)
    app.add_url_rule("/who", "who", who)
    return app
