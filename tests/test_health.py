"""A supervisor can tell whether the portal is alive, and whether it is ready."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.database import make_engine
from portal.jobs.models import Heartbeat

BASE = "https://portal.test"


@pytest.fixture
def ready(app, db, now):
    """Call it; the code and the words of the answer."""
    db.add(Heartbeat(worker="a", beat_at=now))
    db.flush()

    def ask(path="/readyz"):
        answer = app.test_client().get(path, base_url=BASE)
        assert answer.mimetype == "text/plain"
        return answer.status_code, answer.text

    return ask


def test_a_portal_with_a_worker_is_ready(ready):
    assert ready() == (200, "ok\n")


def test_a_portal_whose_worker_has_gone_is_not_ready(ready, later, now):
    later(now + timedelta(minutes=5))

    assert ready() == (503, "no worker is alive\n")


def test_a_portal_whose_tables_are_of_another_version_is_not_ready(ready, db):
    kept = db.scalar(text("SELECT version_num FROM alembic_version"))
    db.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    try:
        assert ready() == (503, "the migrations are behind\n")
    finally:
        db.execute(text("UPDATE alembic_version SET version_num = :kept"), {"kept": kept})


@pytest.fixture
def without_database(app, ready):
    kept = app.extensions["engine"]
    app.extensions["engine"] = make_engine("sqlite:////no/such/folder/portal.db")
    yield
    app.extensions["engine"] = kept


@pytest.mark.usefixtures("without_database")
def test_a_portal_without_a_database_is_alive_and_not_ready(ready):
    assert ready("/healthz") == (200, "ok\n")
    assert ready() == (503, "the database does not answer\n")


def test_being_alive_asks_no_database(app, ready, queries):
    ready("/healthz")

    with queries() as seen:
        assert ready("/healthz") == (200, "ok\n")
    assert seen == []
