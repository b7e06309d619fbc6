"""The short questionnaire."""

from __future__ import annotations

from flask import Flask

from portal.intake import commands, section_views, sent_views, views, whole_views
from portal.intake.lamps import TELLING, tell_of_forgotten
from portal.intake.places import blueprint

# Each of them puts its pages on the one blueprint of the questions.
_PAGES = (views, section_views, whole_views, sent_views)


def init_app(app: Flask) -> None:
    assert all(pages.blueprint is blueprint for pages in _PAGES)
    app.register_blueprint(blueprint)
    app.cli.add_command(commands.questionnaire)
    app.extensions["job_handlers"][TELLING] = commands.tell_of_lamp
    app.extensions["sweepers"].append(tell_of_forgotten)
