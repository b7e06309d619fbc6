"""Every answer, whatever it says, tells the browser what it may do with it."""

from __future__ import annotations

import dataclasses

import pytest

from portal import clock
from portal.accounts import cookie
from portal.app import create_app
from portal.errors import Refused
from portal.web.audience import public
from portal.web.limits import MustWait
from portal.web.security import PERMISSIONS
from tests import make
from tests.browser import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ON_EVERY_ANSWER = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
ANSWERS = {
    "a page": ("GET", "/", 200),
    "a page to look at the headers of": ("HEAD", "/sign-in", 200),
    "what may be done": ("OPTIONS", "/sign-in", 200),
    "a private page": ("GET", "/next", 303),
    "an unknown page": ("GET", "/no-such-page", 404),
    "an unknown file": ("GET", "/static/no-such-file.css", 404),
    "a form without a token": ("POST", "/sign-in", 400),
    "a file": ("GET", "/static/portal.css", 200),
    "another method": ("PUT", "/sign-in", 405),
    "a broken page": ("GET", "/breaks", 500),
    "a page for who tries too often": ("GET", "/hurries", 429),
    "a page that is overtaken": ("GET", "/refuses", 409),
    "a calendar that nobody has": ("GET", "/calendar/made-up.ics", 404),
    "a challenge without a token": ("POST", "/sign-in/passkey/challenge", 400),
    "a sign of health": ("GET", "/healthz", 200),
    "the want of a worker": ("GET", "/readyz", 503),
}


@pytest.fixture
def visit(app):
    @public
    def breaks():
        raise ValueError("I cannot sleep")

    @public
    def hurries():
        raise MustWait(clock.now())

    @public
    def refuses():
        raise Refused

    for view in (breaks, hurries, refuses):
        app.add_url_rule(f"/{view.__name__}", view.__name__, view)
    app.testing = False
    http = app.test_client()

    def visit(method, path, **request):
        # Read to its end, so that no file stays open.
        return http.open(path, method=method, base_url="https://portal.test", buffered=True, **request)

    return visit


@pytest.mark.parametrize(("method", "path", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_every_answer_carries_them_once(visit, method, path, code):
    answer = visit(method, path)

    assert answer.status_code == code
    found = {name: answer.headers.getlist(name) for name in ON_EVERY_ANSWER}
    assert found == {name: [value] for name, value in ON_EVERY_ANSWER.items()}


@pytest.mark.parametrize(("method", "path", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_nothing_but_our_own_files_is_kept(visit, method, path, code):
    kept = visit(method, path).headers["Cache-Control"]

    assert ("no-store" in kept) is not (path == "/static/portal.css")


def test_a_refusal_is_not_kept_whatever_it_says_of_itself(app, visit):
    @public
    def refused_for_long():
        return "", 404, {"Cache-Control": "public, max-age=600"}

    app.add_url_rule("/refused-for-long", "refused-for-long", refused_for_long)

    assert visit("GET", "/refused-for-long").headers.getlist("Cache-Control") == ["no-store"]


def test_what_hangs_on_the_cookie_says_so(app, db, visit):
    browser = Browser(app)
    for path in ("/sign-in", "/sign-in"):
        # The first sets one, the second only reads it.
        browser.open(path)
        assert browser.response.headers.getlist("Vary") == ["Cookie"]
    browser.sign_in(make.client(db, therapist=make.therapist(db)))
    browser.open("/next")
    assert browser.response.headers.getlist("Vary") == ["Cookie"]
    for path in ("/healthz", "/static/portal.css"):
        assert "Vary" not in visit("GET", path).headers


def test_what_varies_by_something_else_too_says_both(app, db):
    @public
    def by_language():
        return cookie.form_token(), {"Vary": "Accept-Language"}

    app.add_url_rule("/by-language", "by-language", by_language)
    answer = app.test_client().get("/by-language", base_url="https://portal.test")

    assert answer.vary.as_set() == {"accept-language", "cookie"}


def test_a_file_that_has_not_changed_is_not_sent_again(visit):
    mark = visit("GET", "/static/portal.css").headers["ETag"]
    again = visit("GET", "/static/portal.css", headers={"If-None-Match": mark})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-Content-Type-Options"] == "nosniff"


def test_a_developer_s_portal_asks_no_browser_to_insist_on_https(settings, now):
    app = create_app(dataclasses.replace(settings, base_url="http://127.0.0.1:8000"))
    answer = app.test_client().get("/healthz", base_url="http://127.0.0.1:8000")

    assert "Strict-Transport-Security" not in answer.headers
    app.extensions["engine"].dispose()


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(visit):
    (sent,) = visit("GET", "/sign-in").headers.getlist("Set-Cookie")

    name, *attributes = sent.split("; ")
    assert name.startswith("__Host-foyer=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]


def test_a_device_is_asked_for_nothing_but_passkeys(database_url):
    asked = [each for each in PERMISSIONS.split(", ") if not each.endswith("=()")]

    assert asked == ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"} <= set(
        PERMISSIONS.split(", ")
    )
