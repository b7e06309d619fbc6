"""Who is let in, for how long, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.accounts import visit
from portal.accounts.models import SignedInPlace
from portal.web.waiting_room import UNREAD
from tests import make


def places(db) -> list[SignedInPlace]:
    db.expire_all()
    return list(db.scalars(select(SignedInPlace).order_by(SignedInPlace.id)))


def sign_in(browser, person, password=make.PASSWORD):
    browser.open("/sign-in")
    browser.fill("Email address", person.email)
    browser.fill("Password", password)
    return browser.press("Sign in")


def cookie_of(browser, app) -> str:
    kept = browser.http.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="portal.test")
    return kept.value if kept else ""


def bring_cookie(browser, app, value) -> None:
    browser.http.set_cookie(app.config["SESSION_COOKIE_NAME"], value, domain="portal.test", secure=True)


def test_a_visitor_is_shown_to_the_sign_in_page_and_on_from_there(db, browser):
    sam = make.client(db)

    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"
    browser.fill("Email address", sam.email)
    browser.fill("Password", make.PASSWORD)
    browser.press("Sign in")

    assert browser.path == "/next"


@pytest.mark.parametrize(
    ("kind", "page"), [(make.client, "/desk"), (make.client, "/desk/calendar"), (make.therapist, "/next")]
)
def test_the_pages_of_others_are_not_found(db, browser, kind, page):
    browser.sign_in(kind(db))

    assert browser.open(page, expect=404).heading == "Page not found"


@pytest.mark.parametrize(("kind", "home"), [(make.client, "/next"), (make.therapist, "/desk")])
@pytest.mark.parametrize("page", ["/sign-in", "/sign-up", "/sign-in?next=/reading"])
def test_whoever_is_signed_in_is_shown_home_instead_of_the_door(db, browser, kind, home, page):
    browser.sign_in(kind(db))

    browser.open(page)

    assert browser.path == home


def test_the_cookie_is_another_one_after_signing_in(db, app, browser):
    sam = make.client(db)
    browser.open("/sign-in")
    before = cookie_of(browser, app)

    sign_in(browser, sam)
    after = cookie_of(browser, app)

    assert after not in {"", before}
    bring_cookie(browser, app, before)
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"


def test_the_table_does_not_hold_what_the_cookie_holds(db, app, browser):
    sign_in(browser, make.client(db))

    with browser.http.session_transaction(base_url=app.config["BASE_URL"]) as cookie:
        token = cookie["_user_id"]

    assert len(token) >= 43
    assert [place.token_hash for place in places(db)] != [token]


def test_signing_out_ends_it_on_the_server(db, app, browser):
    sign_in(browser, make.client(db))
    kept = cookie_of(browser, app)
    bring_cookie(browser, app, kept)
    browser.open("/next")
    assert browser.path == "/next"

    browser.press("Sign out")

    assert browser.path == "/"
    assert browser.response.history[0].status_code == 303
    assert browser.response.history[0].headers["Clear-Site-Data"] == '"cache", "storage"'
    assert places(db) == []
    bring_cookie(browser, app, kept)
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"


def test_signing_out_on_a_page_that_is_older_than_the_session_ends_it_too(db, app, browser):
    """Another tab, whose owner signed in once more meanwhile: who presses *Sign out* is out."""
    browser.sign_in(make.client(db))
    browser.open("/next")
    ours = {"Origin": "https://portal.test", "Sec-Fetch-Site": "same-origin"}

    answer = browser.http.post(
        "/sign-out", data={"csrf_token": "stale"}, base_url="https://portal.test", headers=ours
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert places(db) == []
    assert cookie_of(browser, app) == ""


def test_nobody_else_can_sign_somebody_out(db, browser):
    browser.sign_in(make.client(db))
    browser.open("/next")

    for headers in ({}, {"Sec-Fetch-Site": "none"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        answer = browser.http.post("/sign-out", base_url="https://portal.test", headers=headers)
        assert answer.status_code == 400, headers

    assert len(places(db)) == 1


def test_a_made_up_token_is_ignored(db, app, browser):
    make.client(db)
    with browser.http.session_transaction(base_url=app.config["BASE_URL"]) as cookie:
        cookie["_user_id"] = "made up"

    browser.open("/next")

    assert browser.path == "/sign-in?next=/next"
    assert places(db) == []


def test_a_cookie_that_is_not_ours_is_ignored(db, app, browser):
    bring_cookie(browser, app, "eyJfdXNlcl9pZCI6Im1hZGUgdXAifQ.aaaaaa.made-up-signature")

    browser.open("/next")

    assert browser.path == "/sign-in?next=/next"


# Whose it is, where, and for how long: without use, and in all.
STAYS = [
    (make.client, {}, "/next", timedelta(minutes=30), timedelta(hours=12)),
    (make.client, {"is_own": True}, "/next", timedelta(days=14), timedelta(days=60)),
    (make.therapist, {}, "/desk", timedelta(minutes=15), timedelta(hours=12)),
]


@pytest.mark.parametrize(("kind", "place", "home", "idle", "at_most"), STAYS)
def test_a_while_without_a_page_ends_it(db, now, later, browser, kind, place, home, idle, at_most):
    browser.sign_in(kind(db), **place)

    later(now + idle)
    browser.open(home)
    assert browser.path == home

    later(now + 2 * idle + timedelta(seconds=1))
    browser.open(home)
    assert browser.path == f"/sign-in?next={home}"


@pytest.mark.parametrize(("kind", "place", "home", "idle", "at_most"), STAYS)
def test_at_last_it_ends_whatever_was_done(db, now, later, browser, kind, place, home, idle, at_most):
    browser.sign_in(kind(db), **place)

    moment = now
    while moment + idle < now + at_most:
        moment += idle
        later(moment)
        browser.open(home)
        assert browser.path == home

    later(now + at_most + timedelta(seconds=1))
    browser.open(home)
    assert browser.path == f"/sign-in?next={home}"


def test_a_place_is_stamped_every_minute_at_most(db, now, later, browser):
    browser.sign_in(make.client(db))

    later(now + timedelta(seconds=59))
    browser.open("/next")
    assert places(db)[0].last_used_at == now

    later(now + timedelta(seconds=60))
    browser.open("/next")
    assert places(db)[0].last_used_at == now + timedelta(seconds=60)


def leave(browser, token=None, headers=None):
    return browser.http.post(
        "/leave",
        data={"csrf_token": token} if token is not None else {},
        base_url="https://portal.test",
        headers=headers,
    )


def token_on(page) -> str:
    return next(f.get("value") for f in page.root.all("input") if f.get("name") == "csrf_token")


def is_neutral(answer) -> bool:
    named = [word for word in ("Foyer", "therap", "portal", "csrf") if word in answer.text]
    return (
        answer.status_code == 200
        and named == []
        and "<title>One moment</title>" in answer.text
        and 'http-equiv="refresh" content="0; url=https://' in answer.text
    )


def test_leaving_ends_the_session_and_shows_nothing(db, app, browser):
    browser.sign_in(make.client(db))
    token = token_on(browser.open("/next"))

    answer = leave(browser, token)

    assert is_neutral(answer)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage", "cookies"'
    assert places(db) == []
    assert cookie_of(browser, app) == ""


@pytest.mark.parametrize("token", [None, "", "made up"])
def test_a_stranger_cannot_end_a_session_by_leaving(db, browser, token):
    browser.sign_in(make.client(db))
    browser.open("/next")

    answer = leave(browser, token)

    assert is_neutral(answer)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert len(places(db)) == 1


@pytest.mark.parametrize("token", [None, "stale"])
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://portal.test"}])
def test_leaving_from_a_page_that_is_older_than_the_session_ends_it_too(db, app, browser, token, headers):
    """Another tab, opened before its owner signed in: the browser itself says that the page is ours."""
    browser.sign_in(make.client(db))
    browser.open("/next")

    answer = leave(browser, token, headers)

    assert is_neutral(answer)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage", "cookies"'
    assert places(db) == []
    assert cookie_of(browser, app) == ""


def test_leaving_empties_the_cookie_even_if_the_database_does_not_answer(db, app, browser, monkeypatch):
    browser.sign_in(make.client(db))
    token = token_on(browser.open("/next"))

    def away():
        raise OperationalError("BEGIN", None, Exception())

    monkeypatch.setattr(visit, "current_db", away)
    monkeypatch.setattr(visit, "transaction", away)
    answer = leave(browser, token)

    assert is_neutral(answer)
    assert cookie_of(browser, app) == ""


def test_leaving_forgets_the_address_of_somebody_who_is_not_signed_in(app, browser):
    browser.open("/forgotten-password")
    browser.fill("Email address", "sam@example.org")
    assert "sam@example.org" in browser.press("Send me a link").text

    answer = leave(browser)

    assert is_neutral(answer)
    assert cookie_of(browser, app) == ""


@pytest.mark.parametrize(
    "request_",
    [
        {"data": "{", "content_type": "application/json"},
        {"data": "a=%ff%00"},
        {"data": "a=" + "b" * 1_100_000, "content_type": "application/x-www-form-urlencoded"},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"query_string": "%ff"},
    ],
    ids=["json", "broken", "large", "chunked", "foreign", "cross-site", "query"],
)
def test_leaving_shows_no_error_whatever_is_sent(db, browser, request_):
    browser.sign_in(make.client(db))

    answer = browser.http.post("/leave", base_url="https://portal.test", **request_)

    assert is_neutral(answer)
    assert len(places(db)) == 1


@pytest.mark.parametrize(
    "request_",
    [
        {"data": "a=%ff%00"},
        {"data": "a=" + "b" * 1_100_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": "", "environ_overrides": {UNREAD: True}},
    ],
    ids=["broken", "large", "unread"],
)
def test_leaving_ends_the_session_whatever_is_wrong_with_what_a_page_of_ours_sends(
    db, app, browser, request_
):
    browser.sign_in(make.client(db))
    ours = {"Origin": "https://portal.test", "Sec-Fetch-Site": "same-origin"}

    answer = browser.http.post("/leave", base_url="https://portal.test", headers=ours, **request_)

    assert is_neutral(answer)
    assert places(db) == []
    assert cookie_of(browser, app) == ""


def test_opening_the_address_of_leaving_changes_nothing(db, browser):
    browser.sign_in(make.client(db))

    answer = browser.http.get("/leave", base_url="https://portal.test")

    assert is_neutral(answer)
    assert "Clear-Site-Data" not in answer.headers
    assert len(places(db)) == 1


@pytest.mark.parametrize("page", ["/sign-in", "/sign-up", "/forgotten-password", "/leave"])
def test_the_doors_ask_the_database_nothing_of_a_visitor(app, browser, queries, page):
    # The practice's facts are remembered for some seconds; whoever comes first asks for them.
    app.test_client().get(page, base_url="https://portal.test")

    with queries() as seen:
        answer = browser.http.get(page, base_url="https://portal.test")

    assert answer.status_code == 200
    assert seen == []


def test_a_signed_in_page_asks_once_who_is_there(db, browser, queries):
    """Place, person, key and therapist in one statement, and nothing else of the accounts'."""
    browser.sign_in(make.client(db, therapist=make.therapist(db)))
    browser.open("/reading")

    with queries() as seen:
        browser.open("/reading")

    assert [statement.split()[0] for statement in seen if "signed_in_place" in statement] == ["SELECT"]
    assert not [statement for statement in seen if "passkey" in statement or "known_browser" in statement]


def test_signing_in_costs_so_many_queries_at_most(db, browser, queries):
    sam = make.client(db)
    browser.open("/sign-in")
    token = token_on(browser.page)

    with queries() as seen:
        answer = browser.http.post(
            "/sign-in",
            data={"email": sam.email, "password": make.PASSWORD, "csrf_token": token},
            headers={"Referer": "https://portal.test/sign-in"},
            base_url="https://portal.test",
        )

    assert answer.status_code == 303
    # Three of them count how often it was tried.
    assert len(seen) <= 13, len(seen)
