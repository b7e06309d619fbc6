"""Help is always one press away (C1)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import create_engine

from portal import clock
from tests import make


def foot(page):
    return next(page.root.all("footer"))


def test_the_page_of_help_begins_with_the_practices_own_country(db, browser):
    make.practice(db, country="GB")

    page = browser.open("/help-now")

    assert page.heading == "Help"
    assert page.link_called("Call 999").get("href") == "tel:999"
    assert page.link_called("Call 116 123").get("href") == "tel:116123"
    assert page.link_called("Text SHOUT to 85258").get("href") == "sms:85258"
    assert "This portal is not watched around the clock." in page.text


def test_other_countries_are_there_too_and_the_own_one_only_once(db, browser):
    make.practice(db, country="GB")

    page = browser.open("/help-now")

    names = [summary.text for summary in page.root.all("summary")]
    assert "Germany" in names
    assert "United Kingdom" not in names
    assert page.link_called("Call 0800 111 0 111").get("href") == "tel:08001110111"


@pytest.mark.parametrize(
    ("country", "ambulance", "police"),
    [("JP", "119", "110"), ("SG", "995", "999"), ("NO", "113", "112"), ("DE", "112", "110")],
)
def test_where_the_police_have_another_number_both_are_given(db, browser, country, ambulance, police):
    make.practice(db, country=country)

    page = browser.open("/help-now")

    assert page.link_called(f"Call {ambulance} (ambulance)").get("href") == f"tel:{ambulance}"
    assert page.link_called(f"Call {police} (police)").get("href") == f"tel:{police}"
    assert f"call {ambulance} for an ambulance, or {police} for the police." in foot(page).text


def test_every_page_says_when_the_numbers_were_checked(db, browser):
    make.practice(db, country="GB").help_lines_confirmed_on = date(2027, 3, 3)
    db.flush()

    for path, status in [("/help-now", 200), ("/sign-in", 200), ("/no-such-page", 404)]:
        page = browser.open(path, expect=status)
        assert "Checked by the practice on 3 March 2027." in foot(page).text
        assert ("Checked by the practice" in page.text) is (path == "/help-now")


def test_numbers_that_nobody_has_checked_are_said_to_be_so_on_the_page_of_help_alone(db, browser):
    make.practice(db, country="GB")

    assert "The practice has not checked these numbers yet." in browser.open("/help-now").text
    assert "checked" not in browser.open("/sign-in").source


def test_where_no_lines_are_known_the_page_says_where_to_find_them(db, browser):
    make.practice(db, country="XK")

    page = browser.open("/help-now")

    assert "Call your local emergency number." in page.text
    assert "findahelpline.com" in page.text
    assert "United Kingdom" in [summary.text for summary in page.root.all("summary")]


def test_nothing_on_the_page_of_help_leads_to_another_site(db, browser):
    page = browser.open("/help-now")

    for link in page.root.all("a"):
        assert link.get("href").startswith(("/", "#", "tel:", "sms:")), link.get("href")


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/sign-in", 200), ("/help-now", 200), ("/no-such-page", 404)]
)
def test_every_page_says_whom_to_call(db, browser, path, status):
    make.practice(db, country="US")

    page = browser.open(path, expect=status)

    assert "If you are in danger now, call 911." in foot(page).text
    assert "call or text 988 (988 Suicide & Crisis Lifeline, at any hour)" in foot(page).text
    assert "tel:988" in [link.get("href") for link in foot(page).all("a")]
    assert page.link_called("Get help now").get("href") == "/help-now"


def test_a_practice_without_a_country_names_the_local_number(browser):
    page = browser.open("/")

    assert "call your local emergency number" in foot(page).text
    assert "findahelpline.com" in foot(page).text


def test_help_is_shown_when_the_database_is_down(app, db, browser, monkeypatch):
    make.practice(db, country="GB")
    assert "116 123" in browser.open("/help-now").text

    app.extensions["database"].configure(bind=create_engine("sqlite:////nowhere/at/all.db"))
    later = clock.ticks() + 3600
    monkeypatch.setattr(clock, "ticks", lambda: later)

    assert "116 123" in browser.open("/help-now").text
    assert "116 123" in foot(browser.open("/no-such-page", expect=404)).text
