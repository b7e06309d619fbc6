"""The token of a visit's forms: the same on all its pages, another's for another, as good as a new one."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode

import pytest

from portal.accounts import form_tokens
from tests import make
from tests.accounts.pages import token_on
from tests.browser import Browser

BASE = "https://portal.test"


@pytest.fixture
def signed_in(app, db):
    """`signed_in()`: somebody new, in a browser of their own."""
    ada = make.therapist(db)

    def comes():
        browser = Browser(app)
        browser.sign_in(make.client(db, therapist=ada))
        return browser

    return comes


def sends(browser, token):
    return browser.http.post(
        "/account/reminders",
        base_url=BASE,
        data={"csrf_token": token, "reminders": "1440"},
        headers={"Referer": f"{BASE}/account/reminders"},
    ).status_code


def test_a_page_drawn_later_bears_the_same_token_and_is_taken(signed_in):
    browser = signed_in()

    first, second = (token_on(browser.open("/account/reminders")) for _ in range(2))

    assert first == second
    assert sends(browser, second) == 303


def test_token_and_cookie_are_signed_with_sha_256(app, signed_in):
    browser = signed_in()
    token = token_on(browser.open("/account/reminders"))
    cookie = browser.http.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="portal.test").value

    for signed in (token, cookie):
        assert len(urlsafe_b64decode(signed.rpartition(".")[2] + "=")) == hashlib.sha256().digest_size


def test_another_s_token_is_theirs(signed_in):
    browser, another = signed_in(), signed_in()
    own, theirs = (token_on(each.open("/account/reminders")) for each in (browser, another))

    assert own != theirs
    assert sends(browser, theirs) == 400
    assert sends(browser, own) == 303


def test_what_is_forgotten_is_signed_once_more(signed_in, monkeypatch):
    monkeypatch.setattr(form_tokens, "_MOST_SIGNED", 1)
    browser, another = signed_in(), signed_in()

    for each in (browser, another, browser):
        assert sends(each, token_on(each.open("/account/reminders"))) == 303
