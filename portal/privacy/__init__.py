"""What is a client's by right: the record of who opened what, a copy of everything, and its erasure."""

from __future__ import annotations

from flask import Flask

from portal.privacy import commands, desk_views, record_views, views
from portal.privacy.copying import forget_copies
from portal.privacy.erasing import forget_erasure
from portal.privacy.services import COPY_ALL, ERASE, begin_what_is_due, list_who_is_due


def init_app(app: Flask) -> None:
    for pages in (record_views, views, desk_views):
        app.register_blueprint(pages.blueprint)
    app.extensions["job_handlers"] |= {ERASE: commands.go_on, COPY_ALL: commands.make_copy}
    app.extensions["sweepers"] += [list_who_is_due, begin_what_is_due, forget_copies]
    app.extensions["forgetters"].append(forget_erasure)
    app.cli.add_command(commands.client)
