"""Readings as a client meets them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.database import Base
from portal.reading.models import ReadingMark
from tests import make


@pytest.fixture
def client(db, browser):
    client = make.client(db)
    browser.sign_in(client)
    return client


def rows(db):
    counts = {}
    for table in Base.metadata.sorted_tables:
        counts[table.name] = db.scalar(select(func.count()).select_from(table))
    return counts


def test_a_reading_stands_under_a_neutral_title(db, browser, client):
    make.reading(db, slug="on-rest", title="On rest", markdown="Some *words*.")

    page = browser.open("/reading/on-rest")

    assert page.heading == "On rest"
    assert page.title.startswith("Reading – ")
    assert "Some words." in page.text
    assert "Before your consultation · 1 minute read" in page.text


def test_the_series_has_an_order_and_drafts_are_not_in_it(db, browser, client):
    make.reading(db, slug="two", title="Second", position=2)
    make.reading(db, slug="draft", title="A draft", position=3, published_at=None)
    make.reading(db, slug="one", title="First", position=1)

    page = browser.open("/reading")

    assert [link.text for link in next(page.root.all("ol")).all("a")] == ["First", "Second"]
    browser.open("/reading/draft", expect=404)


def test_before_and_after_lead_through_the_series(db, browser, client):
    for position, title in enumerate(("First", "Second", "Third"), start=1):
        make.reading(db, slug=title.lower(), title=title, position=position)

    browser.open("/reading/first")
    assert browser.follow("Next Second").heading == "Second"
    assert browser.follow("Next Third").heading == "Third"
    assert [link.get("rel") for link in browser.page.root.all("a") if link.has("rel")] == ["prev"]
    assert browser.follow("Before this Second").heading == "Second"


def test_a_client_says_that_they_have_read_it_and_takes_it_back(db, browser, client, now):
    make.reading(db, slug="on-rest")

    browser.open("/reading/on-rest")
    page = browser.press("I have read it")
    assert "You said that you have read it" in page.text
    assert db.scalars(select(ReadingMark.said_at)).all() == [now]

    page = browser.press("Take it back")
    assert "When you have read it" in page.text
    assert db.scalars(select(ReadingMark)).all() == []


def test_going_on_without_saying_is_a_link_and_changes_nothing(db, browser, client):
    make.reading(db, slug="on-rest")

    page = browser.open("/reading/on-rest")

    assert page.link_called("Go on without saying").get("href") == "/next"


def test_reading_is_never_watched(db, browser, client, queries):
    """A GET of a reading writes nothing, neither that it was opened nor by whom."""
    make.reading(db, slug="on-rest")
    before = rows(db)

    with queries() as seen:
        browser.open("/reading")
        browser.open("/reading/on-rest")
        browser.open("/reading/on-rest/passages")
        browser.open("/kept")

    assert seen
    assert all(statement.startswith("SELECT") for statement in seen)
    assert rows(db) == before


@pytest.mark.parametrize("allows", [False, True], ids=["places not kept", "places kept"])
def test_opening_a_reading_changes_not_a_byte(app, db, browser, client, allows):
    """Of no row of any table; also for whoever has allowed that their place is kept."""
    make.reading(db, slug="on-rest", markdown="A\n\nB\n\nC")
    if allows:
        browser.open("/reading")
        browser.press("Keep my place")

    def whole():
        return {
            table.name: sorted(map(repr, db.execute(select(table)))) for table in Base.metadata.sorted_tables
        }

    before = whole()

    for address in ("/reading", "/reading/on-rest", "/reading/on-rest/passages", "/kept", "/next"):
        browser.open(address)

    assert whole() == before


def test_no_line_of_a_log_tells_which_reading(db, browser, client, caplog):
    make.reading(db, slug="on-herons", title="On herons", markdown="Words.")

    with caplog.at_level("DEBUG"):
        browser.open("/reading/on-herons")
        browser.press("I have read it")
        browser.open("/reading/on-herons/passages")
        browser.press("Keep")

    told = "\n".join(f"{record.name} {record.getMessage()} {record.args}" for record in caplog.records)
    assert "heron" not in told


@pytest.mark.parametrize("how_many", [1, 3])
def test_pages_ask_the_database_equally_often_for_one_reading_and_for_three(
    db, browser, client, queries, how_many
):
    for position in range(1, how_many + 1):
        make.reading(db, slug=f"reading-no-{position}", position=position)
    browser.open("/help-now")

    with queries() as listing:
        browser.open("/reading")
    with queries() as reading:
        browser.open("/reading/reading-no-1")

    assert len(listing) == 3
    assert len(reading) == 4


def test_script_in_markdown_does_not_survive_on_the_page(db, browser, client):
    make.reading(
        db, slug="bad", markdown="<script>alert(1)</script>\n\n[a](javascript:alert(1))\n\nStill here."
    )

    page = browser.open("/reading/bad")

    article = next(page.root.all("article"))
    assert "Still here." in article.text
    assert list(article.all("script", "a")) == []


def test_readings_are_for_clients(db, browser, client):
    make.reading(db, slug="on-rest")

    browser.sign_in(make.therapist(db))

    browser.open("/reading", expect=404)
    browser.open("/reading/on-rest", expect=404)


def test_a_stranger_is_asked_to_sign_in_first(db, browser):
    make.reading(db, slug="on-rest", title="On rest")

    browser.open("/reading/on-rest")

    assert browser.path == "/sign-in?next=/reading/on-rest"


def test_nothing_can_be_said_of_a_reading_that_is_a_draft_again(db, browser, client):
    reading = make.reading(db, slug="on-rest")
    browser.open("/reading/on-rest")

    reading.published_at = None
    db.flush()

    browser.press("I have read it", expect=404)
    assert db.scalars(select(ReadingMark)).all() == []


def test_an_empty_series_says_so(browser, client):
    assert "There is nothing to read here yet." in browser.open("/reading").text
