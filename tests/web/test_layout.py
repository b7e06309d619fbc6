"""What stands around every page: ways in, the way out, and help."""

from __future__ import annotations

import pytest

from portal.care.leaving import NEUTRAL_SITE
from tests import make

EVERYWHERE = [("/", 200), ("/sign-in", 200), ("/help-now", 200), ("/privacy", 200), ("/no-such-page", 404)]


def header(page):
    return next(page.root.all("header", class_="bar"))


@pytest.mark.parametrize(("path", "status"), EVERYWHERE)
def test_the_first_two_stops_are_to_skip_and_to_leave(db, browser, path, status):
    page = browser.open(path, expect=status)

    stops = list(page.root.all("a", "button"))[:2]
    assert [stop.text for stop in stops] == ["Skip to main content", "Leave this page"]
    assert next(page.root.all(id=stops[0].get("href").removeprefix("#"))).tag == "main"
    assert next(page.root.all("form", id=stops[1].get("form"))).get("action") == "/leave"


@pytest.mark.parametrize(("path", "status"), EVERYWHERE)
def test_the_way_out_is_on_every_page_and_works_without_script(db, browser, path, status):
    form, button = browser.open(path, expect=status).form_with("Leave this page")

    assert (form.get("method"), form.get("action")) == ("post", "/leave")
    assert form.get("data-leave") == NEUTRAL_SITE
    assert not button.has("disabled")


def test_a_client_finds_their_ways_and_where_they_are(db, browser):
    browser.sign_in(make.client(db))

    page = browser.open("/reading")

    ways = list(next(page.root.all("nav", class_="bar__nav")).all("a"))
    assert [way.text for way in ways] == ["Your next step", "Reading", "Messages", "Get help now"]
    assert [way.text for way in ways if way.get("aria-current") == "page"] == ["Reading"]
    assert "Sign out" in [button.text for button in header(page).all("button")]


def test_a_therapist_finds_theirs(db, browser):
    browser.sign_in(make.therapist(db))

    page = browser.open("/help-now")

    ways = next(page.root.all("nav", class_="bar__nav")).all("a")
    assert [way.text for way in ways] == [
        *["Today", "Clients", "Calendar", "Hours", "Readings", "Questions", "Practice"],
        "Get help now",
    ]


def test_a_stranger_is_not_offered_to_sign_out(db, browser):
    page = browser.open("/help-now")

    assert [button.text for button in header(page).all("button")] == ["Leave this page"] * 2


def test_a_page_without_a_form_of_ones_own_sets_no_cookie(db, browser):
    browser.open("/help-now")

    assert "Set-Cookie" not in browser.response.headers


def test_the_practices_name_is_on_the_page_and_in_its_title(db, browser):
    make.practice(db, name="Willow <b>Street</b> & Co")

    page = browser.open("/privacy")

    assert page.title == "Privacy – Willow <b>Street</b> & Co"
    assert page.link_called("Willow <b>Street</b> & Co").get("href") == "/"


def test_styles_scripts_and_pictures_come_from_here_with_their_digest_in_the_address(db, browser):
    page = browser.open("/")

    loaded = [*page.root.all("link"), *page.root.all("script")]
    addresses = [each.get("href") or each.get("src") for each in loaded]
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith("/static/")
        assert "?v=" in address
        with browser.http.get(address, base_url="https://portal.test") as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
