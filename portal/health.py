"""Whether this process answers, whether the whole portal is fit to, and figures of it: for supervisors."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import current_db
from portal.errors import NotFound
from portal.jobs.heartbeat import is_any_worker_alive
from portal.jobs.models import Heartbeat, Job
from portal.journal.models import JournalHead
from portal.schema import is_up_to_date
from portal.web.audience import public

blueprint = Blueprint("health", __name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Via")
_OVERDUE = timedelta(minutes=15)


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


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Figures without a word, as Prometheus reads them: for this machine, or whoever sends the token."""
    if not _may_read_figures():
        raise NotFound
    text = "".join(f"{line}\n" for line in _figures())
    return Response(text, 200, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_figures() -> bool:
    token = current_app.config["METRICS_TOKEN"]
    if token:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), token.encode())
    # Behind a proxy that is not trusted everybody would seem to be on this machine.
    passed_on = any(name in request.headers for name in _OF_A_PROXY)
    return not passed_on and request.remote_addr in _LOOPBACK


def _figures() -> Iterator[str]:
    is_up = _is_database_there()
    yield from _figure("foyer_up", "Whether the database answers.", "gauge", is_up)
    if not is_up:
        return
    db, now = current_db(), clock.now()
    open_jobs = (Job.done_at.is_(None), Job.gave_up_at.is_(None))
    waiting = db.execute(select(Job.kind, func.count()).where(*open_jobs).group_by(Job.kind)).all()
    yield "# HELP foyer_jobs_waiting Jobs that are not done yet, by kind."
    yield "# TYPE foyer_jobs_waiting gauge"
    yield from (f'foyer_jobs_waiting{{kind="{kind}"}} {count}' for kind, count in sorted(map(tuple, waiting)))
    overdue = db.scalar(select(func.count()).where(*open_jobs, Job.due_at < now - _OVERDUE))
    given_up = db.scalar(select(func.count()).where(Job.gave_up_at.is_not(None)))
    last_beat = db.scalar(select(func.max(Heartbeat.beat_at)))
    since = (now - last_beat).total_seconds() if last_beat else -1
    yield from _figure("foyer_jobs_overdue", "Jobs due for a quarter of an hour.", "gauge", overdue)
    yield from _figure("foyer_jobs_given_up", "Jobs that were given up.", "gauge", given_up)
    yield from _figure("foyer_worker_seen_seconds", "Since a worker's last sign; -1: none.", "gauge", since)
    lines = db.scalar(select(JournalHead.number))
    yield from _figure("foyer_journal_lines", "Lines of the journal.", "counter", lines)


def _figure(name: str, words: str, kind: str, value: float | None) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    yield f"{name} {value or 0:g}"


def _is_database_there() -> bool:
    try:
        current_db().execute(select(1))
    except SQLAlchemyError:
        return False
    return True


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
