"""What the practice says of itself: its name, country, zone, and when it answers."""

from __future__ import annotations

from flask import Flask

from portal.practice import commands, facts, views
from portal.practice.parts import Parts


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.practice)
    app.extensions["practice"] = facts.Remembered()
    app.extensions["mail_words"] = lambda: facts.current_practice().mail_words
    app.context_processor(lambda: {"practice": facts.current_practice()})
    app.jinja_env.globals["drawn_once"] = Parts().part
