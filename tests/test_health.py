"""A supervisor can tell whether the portal is alive, and whether it is ready."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.connections import Connections
from portal.database import make_engine
from portal.jobs.models import Heartbeat, Job

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
    kept = {part: app.extensions[part] for part in ("engine", "connections")}
    nowhere = make_engine("sqlite:////no/such/folder/portal.db")
    app.extensions.update(engine=nowhere, connections=Connections(nowhere))
    yield
    app.extensions.update(kept)


@pytest.mark.usefixtures("without_database")
def test_a_portal_without_a_database_is_alive_and_not_ready(ready):
    assert ready("/healthz") == (200, "ok\n")
    assert ready() == (503, "the database does not answer\n")


def test_being_alive_asks_no_database(app, ready, queries):
    ready("/healthz")

    with queries() as seen:
        assert ready("/healthz") == (200, "ok\n")
    assert seen == []


def figures(app, **headers):
    remote = headers.pop("remote", "127.0.0.1")
    return app.test_client().get(
        "/metrics", base_url=BASE, headers=headers, environ_overrides={"REMOTE_ADDR": remote}
    )


def test_figures_are_for_this_machine_alone(app, ready):
    answer = figures(app)

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert "foyer_up 1\n" in answer.text
    assert "foyer_worker_seen_seconds 0\n" in answer.text
    assert figures(app, remote="192.0.2.7").status_code == 404
    # Behind a proxy that nobody trusts, everybody would be this machine.
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert figures(app, **{header: "192.0.2.7"}).status_code == 404


def test_figures_are_for_who_sends_the_token_where_there_is_one(app, ready):
    app.config["METRICS_TOKEN"] = "a token of more than thirty-two letters"

    assert figures(app).status_code == 404
    assert figures(app, Authorization="Bearer a token").status_code == 404
    sent = {"Authorization": f"Bearer {app.config['METRICS_TOKEN']}"}
    assert figures(app, remote="192.0.2.7", **sent).status_code == 200


def test_every_figure_is_read_as_prometheus_reads_it(app, db, now, ready):
    db.add(Job(kind="deliver-email", subject="x", due_at=now - timedelta(hours=1), attempts=0))
    db.flush()

    lines = figures(app).text.splitlines()

    plain = [line for line in lines if not line.startswith("#")]
    for line in plain:
        assert re.fullmatch(r'foyer_[a-z_]+(\{kind="[a-z-]+"\})? -?[0-9.e+]+', line), line
    assert 'foyer_jobs_waiting{kind="deliver-email"} 1' in plain
    assert "foyer_jobs_overdue 1" in plain
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {re.split(r"[ {]", line)[0] for line in plain} <= named


@pytest.mark.usefixtures("without_database")
def test_without_a_database_the_figures_say_so(app):
    app.extensions["database"].configure(bind=app.extensions["engine"])

    assert figures(app).text.splitlines()[-1] == "foyer_up 0"
