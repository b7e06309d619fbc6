"""Whether this process answers, and whether the whole portal is fit to: for supervisors and balancers."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import current_db
from portal.jobs.heartbeat import is_any_worker_alive
from portal.schema import is_up_to_date
from portal.web.audience import public

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    return _told("ok", 200)


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """503 with one plain sentence for the first thing that is missing."""
    missing = _what_is_missing()
    return _told(missing, 503) if missing else _told("ok", 200)


def _what_is_missing() -> str | None:
    try:
        if not is_up_to_date(current_app.extensions["engine"]):
            return "the migrations are behind"
        if not is_any_worker_alive(current_db(), now=clock.now()):
            return "no worker is alive"
    except SQLAlchemyError:
        return "the database does not answer"
    return None


def _told(words: str, code: int) -> Response:
    return Response(f"{words}\n", code, content_type="text/plain; charset=utf-8")
