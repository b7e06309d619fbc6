"""A request that takes too long ends, whatever the database is doing for it; a worker's job does not."""

from __future__ import annotations

import time

import pytest
from flask import stream_with_context
from sqlalchemy import text

from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.web.audience import public
from tests import make
from tests.browser import Browser, Page

# Hundreds of seconds of any machine's.
ENDLESS = text(
    "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 1000000000)"
    " SELECT count(*) FROM counted"
)
# A second or so.
LONG = text(str(ENDLESS).replace("1000000000", "3000000"))
WORDS = "the river path, written slowly"


@pytest.fixture
def slow(app):
    """Pages that ask the database for more than it can do in their time."""

    @public
    def endless():
        return str(current_db().scalar(ENDLESS))

    @public
    def endless_change():
        with transaction() as db:
            db.query(Client).update({"email": "changed@portal.test"})
            db.scalar(ENDLESS)
        return "done"

    @public
    def fetched():
        def pieces():
            yield str(current_db().scalar(LONG))

        return app.response_class(stream_with_context(pieces()))

    app.add_url_rule("/endless", "endless", endless)
    app.add_url_rule("/endless-change", "endless_change", endless_change, methods=["GET", "POST"])
    app.add_url_rule("/fetched", "fetched", fetched)
    app.testing = False
    app.config["LONGEST_REQUEST_SECONDS"] = 0.3
    return app


def test_what_takes_too_long_is_broken_off_and_the_visitor_told(slow):
    begun = time.monotonic()
    answer = slow.test_client().get("/endless", base_url="https://portal.test")

    page = Page(answer.text)
    page.check()
    assert (answer.status_code, page.heading) == (503, "This took too long")
    assert answer.headers["Retry-After"] == "60"
    assert time.monotonic() - begun < 20
    assert "Get help now" in page.source


def test_nothing_of_it_is_half_done_and_what_was_written_is_shown(slow, db):
    client = make.client(db)
    address = client.email
    browser = Browser(slow)
    slow.config["LONGEST_REQUEST_SECONDS"] = 30
    form, _ = browser.open("/sign-in").form_with("Sign in")
    token = next(each.get("value") for each in form.all("input") if each.get("name") == "csrf_token")
    slow.config["LONGEST_REQUEST_SECONDS"] = 0.3

    answer = browser.http.post(
        "/endless-change",
        data={"words": WORDS, "csrf_token": token},
        headers={"Referer": "https://portal.test/sign-in"},
        base_url="https://portal.test",
    )

    assert answer.status_code == 503
    assert WORDS in Page(answer.text).text
    db.expire_all()
    assert db.get(Client, client.id).email == address


def test_the_next_request_finds_everything_as_ever(slow):
    http = slow.test_client()
    assert http.get("/endless", base_url="https://portal.test").status_code == 503
    slow.config["LONGEST_REQUEST_SECONDS"] = 30

    assert http.get("/readyz", base_url="https://portal.test").text != ""
    assert http.get("/sign-in", base_url="https://portal.test").status_code == 200


def test_what_is_made_while_it_is_fetched_may_take_as_long_as_it_takes(slow):
    assert slow.test_client().get("/fetched", base_url="https://portal.test").text == "3000000"


def test_a_job_and_a_command_have_no_such_end(slow):
    with slow.app_context(), transaction() as db:
        assert db.scalar(LONG) == 3_000_000
