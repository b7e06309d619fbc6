"""A client keeps passages without script, writes about them, and shares each or not."""

from __future__ import annotations

import pytest

from tests import make
from tests.browser import Browser


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, browser, ada):
    sam = make.client(db, therapist=ada)
    browser.sign_in(sam)
    return sam


@pytest.fixture
def reading(db):
    return make.reading(
        db, slug="on-herons", title="On herons", markdown="The heron.\n\n## Then\n\nThe swan."
    )


def test_from_the_paragraph_to_what_the_therapist_sees(app, browser, ada, sam, reading):
    browser.open("/reading/on-herons")
    browser.follow("Keep passages")
    assert browser.page.buttons == ["Keep", "Keep"]
    browser.press("Keep")
    assert browser.path == "/reading/on-herons/passages"
    assert browser.page.buttons == ["Keep"]

    page = browser.open("/kept")
    assert "The heron." in page.text
    assert "Only you see this" in page.text
    browser.follow("Write a line about it: The heron.")
    browser.fill("A line of your own", "Like me.")
    browser.press("Save")
    page = browser.press("Share with Ada Marsh")
    assert "Ada Marsh can see this" in page.text

    adas = Browser(app)
    adas.sign_in(ada)
    page = adas.open(f"/desk/clients/{sam.reference}")
    assert "The heron. About it they wrote: Like me. From On herons, shared on Monday" in page.text
    browser.press("Take it back")
    assert "heron" not in adas.open(f"/desk/clients/{sam.reference}").text


def test_the_page_shows_beside_the_words_that_they_are_kept(db, browser, sam, reading):
    passage = make.kept_passage(db, client=sam, reading=reading, words="swan", block=3)

    page = browser.open("/reading/on-herons")

    (kept,) = page.root.all(class_="is-kept")
    assert kept.text == "The swan. Kept"
    assert page.link_called("Kept").get("href") == f"/kept#k{passage.reference}"


def test_where_the_text_has_changed_nothing_stands_beside_other_words(db, browser, sam, reading):
    make.kept_passage(db, client=sam, reading=reading, words="The crow.", block=3)
    make.kept_passage(db, client=sam, reading=reading, words="The swan.", block=30)

    assert list(browser.open("/reading/on-herons").root.all(class_="is-kept")) == []


def test_marked_words_come_back_to_their_page_and_what_is_not_there_is_said(browser, sam, reading):
    for words, told in (("heron", "Kept."), ("crow", "no longer in it")):
        form, _ = browser.open("/reading/on-herons").form_with("Keep these words")
        sent = {field.get("name"): field.get("value") for field in form.all("input")}
        browser._arrive(
            browser.http.post(
                form.get("action"),
                data=sent | {"words": words, "block": "1"},
                base_url="https://portal.test",
                headers={"Referer": "https://portal.test/"},
                follow_redirects=True,
            ),
            200,
        )
        assert browser.path == "/reading/on-herons"
        assert told in browser.page.text


def test_of_two_windows_neither_line_is_lost(app, db, browser, sam, reading):
    passage = make.kept_passage(db, client=sam, reading=reading, line="At first.")
    other = Browser(app)
    other.sign_in(sam)
    for window in (browser, other):
        window.open(f"/kept/{passage.reference}")

    other.fill("A line of your own", "From one window.")
    other.press("Save")
    browser.fill("A line of your own", "From the other.")
    page = browser.press("Save", expect=409)

    assert "From one window." in page.text
    assert page.field_labelled("A line of your own").text == "From the other."
    assert "From the other." in browser.press("Save").text


def test_a_line_that_is_too_long_stays_in_its_field(db, browser, sam, reading):
    passage = make.kept_passage(db, client=sam, reading=reading)
    browser.open(f"/kept/{passage.reference}")

    browser.fill("A line of your own", "word " * 500)
    page = browser.press("Save")

    assert page.errors == ["Keep it under 2000 characters"]
    assert page.field_labelled("A line of your own").text.startswith("word word")


def test_what_is_let_go_is_gone(db, browser, sam, reading):
    make.kept_passage(db, client=sam, reading=reading)
    browser.open("/kept")

    page = browser.press("Yes, let it go")

    assert "Nothing yet." in page.text


def test_a_passage_of_a_withdrawn_reading_is_kept_and_leads_nowhere(db, browser, sam, reading):
    make.kept_passage(db, client=sam, reading=reading)
    assert browser.open("/kept").link_called("On herons")
    reading.published_at = None
    db.flush()

    page = browser.open("/kept")

    assert "On herons" in page.text
    assert "On herons" not in [link.text for link in page.root.all("a")]


def test_a_place_is_kept_by_a_button_once_it_is_allowed(browser, sam, reading):
    browser.open("/reading/on-herons/passages")
    assert "Bookmark" not in browser.page.buttons
    browser.open("/reading")
    browser.press("Keep my place")
    make_longer = browser.open("/reading/on-herons/passages")
    assert make_longer.buttons.count("Bookmark") == 0

    assert "Keep no places, and forget them" in browser.open("/reading").buttons


def test_a_bookmark_leads_back(db, browser, sam):
    make.reading(db, slug="long", title="Long", markdown="A\n\nB\n\nC")
    browser.open("/reading")
    browser.press("Keep my place")
    browser.open("/reading/long/passages")

    page = browser.press("Bookmark")

    assert "Your bookmark" in page.text
    for address in ("/reading", "/reading/long"):
        assert browser.open(address).link_called("Go on where you were").get("href").endswith("#p2")
    browser.open("/reading")
    browser.press("Keep no places, and forget them")
    assert "Go on where you were" not in [link.text for link in browser.page.root.all("a")]


def test_anothers_passage_is_not_found(db, browser, sam, reading):
    passage = make.kept_passage(db, client=make.client(db), reading=reading)

    browser.open(f"/kept/{passage.reference}", expect=404)
    assert "Nothing yet." in browser.open("/kept").text


@pytest.mark.parametrize("how_many", [1, 3])
def test_three_passages_cost_the_same_as_one(db, browser, ada, sam, reading, queries, how_many):
    for number in range(how_many):
        make.kept_passage(db, client=sam, reading=reading, words=f"Words {number}", shared_with=ada)
    browser.open("/help-now")

    with queries() as seen:
        browser.open("/kept")

    assert len(seen) == 3
