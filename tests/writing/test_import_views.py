"""A therapist brings a reading in: by a file, or by pasting."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.reading.models import Reading, ReadingRevision
from tests import make
from tests.writing.test_hypertext import FROM_WORD

FILE, PASTE = "A file of Markdown, HTML or plain text", "Or paste the text"


@pytest.fixture(autouse=True)
def ada(db, browser):
    ada = make.therapist(db)
    browser.sign_in(ada)
    browser.open("/desk/readings/import")
    return ada


def test_a_file_becomes_a_draft_and_what_was_mended_is_said(db, browser):
    browser.attach(FILE, "# On rest\n\n• a  walk\n• a nap".encode("utf-16"), name="rest.md")
    page = browser.press("Bring it in")

    assert "made lists of typed bullets and took out double spaces." in page.text
    reading = db.scalars(select(Reading)).one()
    assert (reading.title, reading.markdown, reading.published_at) == ("On rest", "- a walk\n- a nap", None)


def test_pasted_html_becomes_a_draft(db, browser):
    browser.fill(PASTE, FROM_WORD)
    page = browser.press("Bring it in")

    assert page.heading == "On rest"
    assert "<" not in db.scalars(select(Reading.markdown)).one()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "word processor"),
        (b"", "Choose a file, or paste"),
        (b"---\ntitle: [\n---\n", "This cannot be brought in: its front matter"),
    ],
)
def test_a_wrong_file_is_called_what_it_is_and_nothing_is_lost(db, browser, content, words):
    if content:
        browser.attach(FILE, content, name="rest.md")
        browser.fill(PASTE, "What was pasted beside it.")
    page = browser.press("Bring it in")

    assert words in page.errors[0]
    if content:
        assert page.field_labelled(PASTE).text == "What was pasted beside it."
    assert db.scalars(select(Reading)).all() == []


def test_an_article_of_five_megabytes_is_refused_at_its_field(browser):
    browser.attach(FILE, b"word " * 990_000, name="rest.txt")

    assert "longer than 200 000 characters" in browser.press("Bring it in").errors[0]


def test_what_is_larger_than_anything_is_refused_before_it_is_read(browser):
    browser.attach(FILE, b"word " * 1_200_000, name="rest.txt")

    assert browser.press("Bring it in", expect=413).heading == "That was too much at once"


def test_five_megabytes_of_what_word_writes_around_a_text_are_no_text(db, browser):
    style = "<style>" + "p.MsoNormal {margin:0cm}\n" * 100_000 + "</style>"
    picture = f"<img src='data:image/png;base64,{'A' * 2_000_000}'>"
    browser.attach(FILE, f"<html><head>{style}</head><h1>On rest</h1>{picture}<p>Text".encode(), name="a.htm")
    page = browser.press("Bring it in")

    assert "A picture was left out." in page.text
    assert db.scalars(select(Reading.markdown)).all() == ["Text"]


def test_a_file_with_a_known_address_changes_the_draft_of_that_reading(db, browser):
    make.reading(db, slug="on-rest", markdown="Old.")

    browser.attach(FILE, b"---\ntitle: On rest\nslug: on-rest\npublished: true\n---\nNew.", name="rest.md")
    page = browser.press("Bring it in")

    assert "A newer draft" in page.text
    assert db.scalars(select(Reading.markdown)).all() == ["Old."]
    drafts = select(ReadingRevision.markdown).order_by(ReadingRevision.id)
    assert db.scalars(drafts).all() == ["Old.", "New."]


def test_the_script_that_catches_a_paste_is_given_markdown(browser):
    token = browser.page.form_with("Bring it in")[0]
    token = next(field.get("value") for field in token.all("input") if field.get("name") == "csrf_token")

    def mend(words):
        return browser.http.post(
            "/desk/readings/mending",
            data={"csrf_token": token, "words": words},
            content_type="multipart/form-data",
            base_url="https://portal.test",
            headers={"Referer": "https://portal.test/"},
        )

    assert mend("<h2>A</h2><ul><li>b</ul>").json == {"words": "## A\n\n- b"}
    assert mend("word " * 100_000).status_code == 422


def test_a_file_and_a_paste_at_once_are_two_and_neither_is_lost(db, browser):
    browser.attach(FILE, b"# On rest\n\nText", name="rest.md")
    browser.fill(PASTE, "What was pasted beside it.")
    page = browser.press("Bring it in")

    assert page.errors == ["You chose a file and pasted a text. Bring in one, and then the other"]
    assert page.field_labelled(PASTE).text == "What was pasted beside it."
    assert db.scalars(select(Reading)).all() == []
