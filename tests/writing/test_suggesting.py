"""A therapist suggests a reading to a client, who finds it, and may leave it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from portal.reading.models import ReadingSuggestion
from tests import make
from tests.browser import Browser

WORDS = "I thought of the heron."


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def sams(app, sam):
    sams = Browser(app)
    sams.sign_in(sam)
    return sams


@pytest.fixture
def suggest(db, browser, ada, sam):
    make.reading(db, slug="first", title="First")
    make.reading(db, slug="on-rest", title="On rest", position=2)

    def suggest(words=WORDS):
        browser.sign_in(ada)
        browser.open(f"/desk/clients/{sam.reference}")
        browser.follow("Suggest something to read")
        field = browser.page.field_labelled("Which reading")
        chosen = next(option for option in field.all("option") if option.text == "On rest")
        browser._filled[field.get("name")] = [chosen.get("value")]
        browser.fill("A few words with it (optional)", words)
        return browser.press("Suggest it")

    return suggest


def letters(db):
    return db.execute(select(OutgoingEmail.subject, OutgoingEmail.body)).all()


def test_the_client_finds_it_on_their_first_page_and_where_it_is(db, sams, suggest):
    suggest()

    for address in ("/next", "/reading", "/reading/on-rest"):
        page = sams.open(address)
        assert "Ada Marsh suggests this." in page.text, address
        assert WORDS in page.text
    assert "suggests" not in sams.open("/reading/first").text


def test_the_words_are_sealed_and_the_mail_says_nothing_of_them(db, suggest):
    suggest()

    assert b"heron" not in db.scalars(select(ReadingSuggestion.sealed_words)).one()
    ((subject, body),) = letters(db)
    assert subject == "There is something to read"
    assert not any(word in body for word in ("heron", "rest", "Ada", "Sam"))


def test_suggested_twice_it_is_there_once_with_the_new_words_and_one_mail(db, sams, suggest):
    suggest()
    suggest("I thought of the swan.")

    assert "I thought of the swan." in sams.open("/next").text
    assert len(letters(db)) == 1


def test_it_leaves_the_first_page_when_it_is_put_away_and_nobody_is_told(db, browser, sam, sams, suggest):
    suggest()
    sams.open("/next")

    page = sams.press("Put it away")

    assert "suggests" not in page.text
    assert "suggests" in sams.open("/reading/on-rest").text
    page = browser.open(f"/desk/clients/{sam.reference}/suggestions")
    assert [tag.text for tag in page.root.all("span", class_="tag")] == []


def test_it_leaves_the_first_page_when_they_say_that_they_have_read_it(db, browser, sam, sams, suggest):
    suggest()
    sams.open("/reading/on-rest")
    sams.press("I have read it")

    assert "suggests" not in sams.open("/next").text
    assert "They said they have read it" in browser.open(f"/desk/clients/{sam.reference}/suggestions").text
    assert "They said that they have read it." in browser.open(f"/desk/clients/{sam.reference}").text


def test_what_they_read_before_can_be_suggested_to_them_once_more(db, sams, suggest, now, later):
    suggest()
    sams.open("/reading/on-rest")
    sams.press("I have read it")
    later(now + timedelta(minutes=10))

    suggest("I thought of the swan.")

    assert "I thought of the swan." in sams.open("/next").text
    assert "suggests" not in sams.press("Put it away").text


def test_it_is_taken_back(db, sams, suggest, browser):
    suggest()

    browser.press("Take it back")

    assert "suggests" not in sams.open("/next").text
    assert db.scalars(select(ReadingSuggestion)).all() == []


def test_what_is_withdrawn_is_suggested_no_longer(db, browser, ada, sam, sams, suggest):
    suggest()
    reference = db.scalars(select(ReadingSuggestion.reading_id)).one()
    assert reference
    browser.open("/desk/readings")
    browser.follow("On rest")
    browser.press("Withdraw it")

    assert "suggests" not in sams.open("/next").text
    assert "No longer published" in browser.open(f"/desk/clients/{sam.reference}/suggestions").text


def test_another_therapists_client_is_not_found(db, browser, sam, suggest):
    browser.sign_in(make.therapist(db, name="Bea Holm"))

    browser.open(f"/desk/clients/{sam.reference}/suggestions", expect=404)
