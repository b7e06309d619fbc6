"""The page that a visitor sees first."""

from __future__ import annotations

from portal import clock
from portal.app import create_app
from portal.intake.services import shipped_questionnaire
from tests import make
from tests.browser import Browser


def test_it_says_what_will_happen_how_long_it_takes_and_who_reads_it(db, browser):
    make.reading(db, title="On rest")
    make.questionnaire_version(db, shipped_questionnaire().model_copy(update={"minutes": 7}))

    page = browser.open("/")

    assert page.title.startswith("Welcome – ")
    for words in (
        "About 10 minutes, in your own order",
        "you can stop at any point",
        "Only your therapist reads what you write.",
        "Apart from a name to call you by, you can skip any question.",
        "About 7 minutes.",
        "On rest, a 1 minute read.",
        "Requests are answered Monday to Friday, within two of these days.",
    ):
        assert words in page.text


def test_a_stranger_begins_or_signs_in(db, browser):
    page = browser.open("/")

    assert page.link_called("Begin").get("href") == "/sign-up"
    assert page.link_called("I have been here before").get("href") == "/sign-in"


def test_a_client_goes_on_to_their_next_step(db, browser):
    browser.sign_in(make.client(db))

    page = browser.open("/")

    assert page.link_called("Go on").get("href") == "/next"
    assert "Begin" not in [link.text for link in page.root.all("a")]


def test_a_therapist_goes_on_to_the_desk(db, browser):
    browser.sign_in(make.therapist(db))

    assert browser.open("/").link_called("Go on").get("href") == "/desk"


def test_without_anything_to_read_or_to_answer_no_time_is_named(db, browser):
    page = browser.open("/")

    assert "In your own order" in page.text
    assert "inutes" not in page.text


def test_without_a_reading_there_are_two_steps(db, browser):
    page = browser.open("/")

    steps = [heading.text for heading in next(page.root.all("ol")).all("h2")]
    assert steps == ["Answer a few questions", "Choose a time"]


def test_a_visitor_without_a_cookie_costs_no_question_to_the_database(db, browser, queries):
    make.reading(db)
    browser.open("/")

    with queries() as seen:
        browser.open("/")

    assert seen == []


def test_a_change_is_shown_when_the_practices_facts_are_looked_up_anew(db, browser, monkeypatch):
    reading = make.reading(db, title="Before")
    assert "Before, a 1 minute read" in browser.open("/").text

    reading.title = "After"
    db.flush()
    later = clock.ticks() + 11
    monkeypatch.setattr(clock, "ticks", lambda: later)

    assert "After, a 1 minute read" in browser.open("/").text


def test_the_page_of_one_practice_is_never_shown_by_another(settings, db, browser):
    practice = make.practice(db, name="Willow Street")
    assert browser.open("/").title == "Welcome – Willow Street"

    practice.name = "Elm Street"
    db.flush()
    other = create_app(settings)
    elsewhere = Browser(other).open("/")
    other.extensions["engine"].dispose()

    assert elsewhere.title == "Welcome – Elm Street"
