"""The therapist's workshop for questionnaires: drafts, their lint, versions, and files in and out."""

from __future__ import annotations

from click import Group
from flask import Flask

from portal.making import (
    commands,
    file_views,
    item_views,
    lamp_views,
    score_views,
    trial_views,
    version_views,
    views,
)
from portal.making.desk import blueprint

# Each of them puts its pages on the one blueprint of the workshop.
_PAGES = (views, version_views, item_views, lamp_views, score_views, file_views, trial_views)


def init_app(app: Flask) -> None:
    assert all(pages.blueprint is blueprint for pages in _PAGES)
    app.register_blueprint(blueprint)
    # The group is intake's, which stands below; what it brings in meets the lint here.
    group = app.cli.commands["questionnaire"]
    assert isinstance(group, Group)
    group.add_command(commands.import_)
