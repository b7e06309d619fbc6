"""When something breaks, the person is told calmly, and nobody is told what they wrote."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader
from sqlalchemy import text

from portal.connections import Connections
from portal.database import current_db, make_engine
from portal.errors import NotFound, Refused
from portal.web.audience import public
from tests import make
from tests.browser import Browser, Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "https://portal.test"
WORDS = "I cannot sleep, said sam@example.org"


@pytest.fixture
def breaking(app):
    """Pages that break in ways of their own."""

    @public
    def by_words():
        try:
            raise KeyError(WORDS)
        except KeyError as problem:
            raise ValueError(WORDS) from problem

    @public
    def by_statement():
        current_db().execute(text("SELECT :words FROM nowhere"), {"words": WORDS})

    app.add_url_rule("/breaks-by-words", "by_words", by_words)
    app.add_url_rule("/breaks-by-statement", "by_statement", by_statement)
    app.testing = False
    return app


@pytest.mark.parametrize("path", ["/breaks-by-words", "/breaks-by-statement"])
def test_a_broken_page_says_so_without_a_word_of_what_broke(breaking, path):
    answer = breaking.test_client().get(path, base_url=BASE)

    page = Page(answer.text)
    page.check()
    assert (answer.status_code, page.heading) == (500, "Something broke on our side")
    for word in ("Error", "Traceback", "sleep", "sam@", "SELECT", "nowhere"):
        assert word not in answer.text


@pytest.mark.parametrize("path", ["/breaks-by-words", "/breaks-by-statement"])
def test_the_log_says_where_it_broke_without_a_word_of_what_was_sent(breaking, path, caplog):
    breaking.test_client().get(f"{path}?said=sleep", base_url=BASE)

    told = caplog.text
    assert "unhandled at GET by_" in told
    assert "tests/web/test_errors.py:" in told
    for word in ("sleep", "sam@", "SELECT"):
        assert word not in told


def test_without_a_database_the_page_that_says_so_can_still_be_made(app, db):
    client = make.client(db, therapist=make.therapist(db))
    browser = Browser(app)
    browser.sign_in(client)
    app.testing = False
    nowhere = make_engine("sqlite:////no/such/folder/portal.db")
    app.extensions.update(engine=nowhere, connections=Connections(nowhere))

    page = browser.open("/next", expect=500)
    assert page.heading == "Something broke on our side"
    assert "Get help now" in page.source


def test_when_not_even_a_page_can_be_made_there_is_still_a_way_to_help(breaking):
    breaking.jinja_env.loader = DictLoader({"errors/plain.html": "{{ nothing_of_this_name }}"})
    answer = breaking.test_client().get("/breaks-by-words", base_url=BASE)

    assert answer.status_code == 500
    assert "<h1>Something broke on our side</h1>" in answer.text
    assert 'href="/help-now"' in answer.text
    assert "nothing_of_this_name" not in answer.text


def test_an_unknown_page_is_said_to_be_unknown(browser):
    assert browser.open("/no-such-page", expect=404).heading == "Page not found"


@pytest.fixture
def post(app):
    """Posts words, with the token of a form or with another, to an address whose view does as it is told."""

    @public
    def fails(how):
        raise {"refused": Refused, "not-found": NotFound, "broken": ValueError}[how](WORDS)

    app.add_url_rule("/fails/<string:how>", "fails", fails, methods=["GET", "POST"])
    app.testing = False
    browser = Browser(app)

    def post(how, *, token=None):
        form, _ = browser.open("/sign-in").form_with("Sign in")
        good = next(each.get("value") for each in form.all("input") if each.get("name") == "csrf_token")
        return browser.http.post(
            f"/fails/{how}",
            data={"words": WORDS, "new_password": "lantern otter", "csrf_token": token or good},
            headers={"Referer": f"{BASE}/sign-in"},
            base_url=BASE,
        )

    return post


@pytest.mark.parametrize(("how", "code"), [("refused", 409), ("not-found", 404), ("broken", 500)])
def test_what_was_written_is_shown_where_it_could_not_be_taken(post, how, code):
    answer = post(how)

    page = Page(answer.text)
    page.check()
    assert answer.status_code == code
    assert [each.text for each in page.root.all("blockquote", class_="words")] == [WORDS]
    assert "lantern" not in answer.text


def test_a_form_that_is_too_old_shows_what_was_written_and_not_the_password(post):
    answer = post("refused", token="too old")

    page = Page(answer.text)
    page.check()
    assert (answer.status_code, page.heading) == (400, "This page had been open for a while")
    assert [each.text for each in page.root.all("blockquote", class_="words")] == [WORDS]
    assert "lantern" not in answer.text


def test_a_page_without_words_promises_none(browser, breaking):
    assert "What you wrote" not in browser.open("/no-such-page", expect=404).text
    assert "What you wrote" not in browser.open("/breaks-by-words", expect=500).text


def test_what_was_too_much_is_not_said_to_be_there_still(app):
    answer = app.test_client().post(
        "/questions/sleep",
        data="answer=" + "a" * 1_100_000,
        content_type="application/x-www-form-urlencoded",
        base_url=BASE,
    )

    assert answer.status_code == 413
    assert "it was not kept" in Page(answer.text).text
