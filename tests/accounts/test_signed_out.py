"""Who is signed out while writing finds their words again once they are back, and nobody else does (W1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import SignedInPlace
from portal.intake.models import Answer
from tests import make
from tests.accounts.letters import link_in, newest_letter_to
from tests.browser import Browser

WORDS = "The heron at the weir"
QUESTION = "/questions/what-brings-you"


@pytest.fixture
def sam(db):
    sam = make.client(db, therapist=make.therapist(db, name="Ada Marsh"))
    make.intake(db, client=sam, said={"name": "Sam"})
    return sam


def sign_in(browser, person):
    browser.fill("Email address", person.email)
    browser.fill("Password", make.PASSWORD)
    return browser.press("Sign in")


@pytest.fixture
def writing(browser, sam):
    """Sam has signed in, and has a question open."""
    browser.open("/sign-in")
    sign_in(browser, sam)
    browser.open(QUESTION)
    browser.fill("What brings you here?", WORDS)
    return browser


def answers(db):
    db.expire_all()
    return sorted(db.scalars(select(Answer.link_id)))


def as_it_stands(browser):
    """The words that the question's page shows in its field."""
    return browser.open(QUESTION).field_labelled("What brings you here?").text


def test_after_signing_in_again_one_press_saves_what_was_written(db, now, later, sam, writing):
    later(now + timedelta(hours=3))

    writing.press("Continue", expect=403)

    assert writing.page.heading == "Sign in"
    assert "Nothing is lost" in writing.page.text
    assert WORDS not in writing.page.source
    sign_in(writing, sam)
    assert writing.page.heading == "You are signed in again"
    assert WORDS in writing.page.text
    assert answers(db) == ["name"]
    assert writing.press("Go on and save it").heading == "How long has this been with you?"
    assert as_it_stands(writing) == WORDS


def test_a_wrong_password_loses_nothing(db, now, later, sam, writing):
    later(now + timedelta(hours=3))
    writing.press("Continue", expect=403)
    writing.fill("Email address", sam.email)
    writing.fill("Password", "not the one")

    writing.press("Sign in")

    assert "Nothing is lost" in writing.page.text
    assert WORDS in sign_in(writing, sam).text


@pytest.mark.parametrize("state", ["signed out in another window", "signed out everywhere", "long over"])
def test_however_the_session_ended(app, db, now, later, sam, writing, state):
    if state == "signed out in another window":
        page, filled = writing.page, writing._filled
        writing.open("/next")
        writing.press("Sign out")
        writing.page, writing._filled = page, filled
    else:
        if state == "long over":
            later(now + timedelta(hours=20))
        for place in db.scalars(select(SignedInPlace)):
            db.delete(place)
        db.flush()

    writing.press("Continue", expect=403)

    sign_in(writing, sam)
    assert WORDS in writing.page.text
    writing.press("Go on and save it")
    assert as_it_stands(writing) == WORDS


def test_who_signed_in_again_in_another_window_needs_one_press(app, db, now, later, sam, writing):
    page, filled = writing.page, writing._filled
    later(now + timedelta(hours=3))
    writing.open("/next")
    sign_in(writing, sam)
    writing.page, writing._filled = page, filled

    writing.press("Continue", expect=400)

    assert writing.page.heading == "You are signed in again"
    assert WORDS in writing.page.text
    assert answers(db) == ["name"]
    writing.press("Go on and save it")
    assert as_it_stands(writing) == WORDS


def test_somebody_else_who_signs_in_on_that_page_finds_none_of_it(app, db, now, later, sam, writing):
    kit = make.client(db, name="Kit", therapist=sam.therapist)
    later(now + timedelta(hours=3))
    writing.press("Continue", expect=403)

    sign_in(writing, kit)

    assert writing.path == "/next"
    assert WORDS not in writing.page.source
    assert answers(db) == ["name"]


def test_words_of_one_person_are_not_saved_as_another_s(app, db, sam, writing):
    kit = make.client(db, name="Kit", therapist=sam.therapist)
    make.intake(db, client=kit, said={"name": "Kit"})
    page, filled = writing.page, writing._filled
    writing.open("/next")
    writing.press("Sign out")
    writing.open("/sign-in")
    sign_in(writing, kit)
    writing.page, writing._filled = page, filled

    writing.press("Continue", expect=400)

    assert writing.page.heading == "This page had been open for a while"
    assert WORDS in writing.page.text
    assert "Go on and save it" not in writing.page.buttons
    assert answers(db) == ["name", "name"]


def test_which_way_was_taken_is_kept_with_the_words(app, db, now, later, sam, writing):
    later(now + timedelta(hours=3))
    writing.press("Talk about it in person", expect=403)
    sign_in(writing, sam)

    writing.press("Go on and save it")

    assert "You kept this for talking about in person" in writing.open(QUESTION).text
    assert as_it_stands(writing) == WORDS


def test_asking_for_the_page_once_more_shows_the_words_once_more(app, db, now, later, sam, writing):
    later(now + timedelta(hours=3))
    writing.press("Continue", expect=403)
    page, filled = writing.page, {"email": [sam.email], "password": [make.PASSWORD]}
    writing._filled = dict(filled)
    writing.press("Sign in")

    writing.page, writing._filled = page, dict(filled)
    writing.press("Sign in")

    assert writing.page.heading == "You are signed in again"
    assert WORDS in writing.page.text


def test_who_chose_a_new_password_in_another_tab_finds_the_words_too(db, now, later, sam, writing):
    later(now + timedelta(hours=3))
    writing.press("Continue", expect=403)
    assert writing.page.link_called("I do not know my password (opens another tab, and this page stays)").has(
        "target"
    )
    page = writing.page
    writing.open("/forgotten-password")
    writing.fill("Email address", sam.email)
    writing.press("Send me a link")
    writing.open(link_in(newest_letter_to(db, sam.email)))
    writing.fill("New password", "kettle orbit mosaic")
    writing.press("Keep this password")

    writing.page, writing._filled = page, {"email": [sam.email], "password": ["kettle orbit mosaic"]}
    writing.press("Sign in", expect=403)
    writing.fill("Email address", sam.email)
    writing.fill("Password", "kettle orbit mosaic")
    writing.press("Sign in")

    assert WORDS in writing.page.text
    writing.press("Go on and save it")
    assert as_it_stands(writing) == WORDS


def test_a_page_that_was_drawn_for_nobody_gives_the_words_back_to_who_sent_them(app, db, sam):
    browser = Browser(app)
    browser.open("/sign-in")
    token = next(f.get("value") for f in browser.page.root.all("input") if f.get("name") == "csrf_token")

    answer = browser.http.post(
        QUESTION,
        data={"csrf_token": token, "answer": WORDS},
        headers={"Referer": "https://portal.test/"},
        base_url="https://portal.test",
    )

    assert answer.status_code == 400
    assert WORDS in answer.text
    assert "kept" not in answer.text


def test_a_therapist_s_words_come_back_too(app, db, now, later, sam):
    ada = Browser(app)
    ada.open("/sign-in")
    sign_in(ada, sam.therapist)
    consultation = make.consultation(
        db, client=sam, therapist=sam.therapist, starts_at=now + timedelta(days=2)
    )
    ada.open(f"/desk/consultations/{consultation.reference}")
    ada.page.form_with("Decline this time")
    label = next(each.text for each in ada.page.root.all("label"))
    ada.fill(label, "I am away that day")
    later(now + timedelta(hours=3))

    ada.press("Decline this time", expect=403)
    sign_in(ada, sam.therapist)

    assert "I am away that day" in ada.page.text
    ada.press("Go on and save it")
    assert ada.path == f"/desk/consultations/{consultation.reference}"


def test_a_press_without_words_is_not_done_by_itself_either(app, db, now, later, sam, browser):
    browser.open("/sign-in")
    sign_in(browser, sam)
    browser.open("/questions/check")
    later(now + timedelta(hours=3))
    browser.press("Send my answers", expect=403)

    sign_in(browser, sam)

    assert "was not done yet" in browser.page.text
    assert browser.press("Go on").heading == "What you sent"
