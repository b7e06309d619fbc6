"""Setting a practice up, page by page, and changing it later: what the therapist decides about all of it."""

from __future__ import annotations

from flask import Flask

from portal.founding import away_views, line_views, mail_views, views, wording_views
from portal.founding.desk import blueprint

# Each of them puts its pages on the one blueprint.
_PAGES = (views, away_views, line_views, mail_views, wording_views)


def init_app(app: Flask) -> None:
    assert all(pages.blueprint is blueprint for pages in _PAGES)
    app.register_blueprint(blueprint)
