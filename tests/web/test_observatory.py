"""What MDN's HTTP Observatory would give the portal, reckoned by its published table (algorithm 4)."""

from __future__ import annotations

import dataclasses

import pytest

from config import Environment
from portal.app import create_app
from tests import make
from tests.accounts.pages import post
from tests.browser import Browser, Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LEAST = 135
_HALF_A_YEAR_SECONDS = 15_768_000
_PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


@pytest.fixture
def production(settings, now):
    """As it answers in earnest: only there it may be asked how safe it is."""
    app = create_app(dataclasses.replace(settings, env=Environment.PRODUCTION, mail_url="smtp://localhost"))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


def policy_of(headers) -> dict[str, list[str]]:
    parts = [part.split() for part in headers["Content-Security-Policy"].split("; ")]
    return {name: values for name, *values in parts}


def policy_points(policy) -> int:
    everything = [value for values in policy.values() for value in values]
    if any("unsafe" in value or value in {"*", "http:", "https:", "data:"} for value in everything):
        return -20
    return 10 if policy.get("default-src") == ["'none'"] else 5


def cookie_points(cookies) -> int:
    for cookie in cookies:
        attributes = {part.strip().lower().partition("=")[0] for part in cookie.split(";")[1:]}
        if not {"secure", "httponly", "samesite"} <= attributes:
            return -40
    return 5


def transport_points(value) -> int:
    seconds = int(value.partition("max-age=")[2].partition(";")[0] or 0)
    return 0 if seconds >= _HALF_A_YEAR_SECONDS else -20


def integrity_points(page: Page) -> int:
    scripts = list(page.root.all("script"))
    assert scripts, "a page without a script says nothing of them"
    return 5 if all(script.get("integrity").startswith("sha384-") for script in scripts) else -5


def score(page: Page, headers, cookies) -> int:
    policy = policy_of(headers)
    penalties_and_bonuses = [
        policy_points(policy),
        cookie_points(cookies),
        5 if headers["Referrer-Policy"] in _PRIVATE else -5,
        5 if policy.get("frame-ancestors") == ["'none'"] else -20,
        10 if headers["Cross-Origin-Resource-Policy"] in {"same-origin", "same-site"} else -5,
        integrity_points(page),
        transport_points(headers["Strict-Transport-Security"]),
        0 if headers["X-Content-Type-Options"] == "nosniff" else -5,
        0 if "Access-Control-Allow-Origin" not in headers else -50,
    ]
    return 100 + sum(penalties_and_bonuses)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-up", "/help-now", "/no-such-page"])
def test_every_open_page_is_as_safe_as_it_gets(production, path):
    answer = production.test_client().get(path, base_url="https://portal.test")

    assert score(Page(answer.text), answer.headers, answer.headers.getlist("Set-Cookie")) >= LEAST


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_so_is_every_cookie_that_signing_in_sets(db, production, kind):
    person, browser = kind(db), Browser(production)
    browser.open("/sign-in")

    answer = post(browser, "/sign-in", email=person.email, password=make.PASSWORD)
    page = browser.open("/help-now")

    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert score(page, answer.headers, cookies) >= LEAST


def test_a_reckoning_that_gives_anything_to_anybody_is_none(database_url):
    """The table is read as it should be: each of these costs what it costs."""
    assert policy_points({"default-src": ["'none'"], "script-src": ["'unsafe-inline'"]}) == -20
    assert policy_points({"default-src": ["'self'"]}) == 5
    assert cookie_points(["a=b; HttpOnly; SameSite=Lax"]) == -40
    assert transport_points("max-age=3600") == -20
    assert integrity_points(Page('<!doctype html><title>x</title><script src="/x.js"></script>')) == -5
