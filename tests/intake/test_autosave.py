"""Whoever writes loses nothing, pause by pause (W1): what questions.js does, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.accounts.models import SignedInPlace
from portal.intake.models import Answer, Lamp
from tests import make
from tests.chromium import fill_in_the_sign_in_form, new_page, sign_in
from tests.intake.definitions import item, questionnaire

pytestmark = [
    pytest.mark.browser,
    # What the database keeps is asked elsewhere, of both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
WORDS = "The heron at the weir"
QUESTION = "/questions/what-brings-you"


@pytest.fixture
def sam(db):
    sam = make.client(db, therapist=make.therapist(db))
    make.intake(db, client=sam, said={"name": "Sam"})
    return sam


@pytest.fixture
def page(chromium, address, sam):
    """Sam has the question open."""
    page = new_page(chromium)
    sign_in(page, address, sam)
    page.goto(f"{address}{QUESTION}")
    yield page
    page.context.close()


def field(page):
    return page.get_by_label("What brings you here?")


def line(page):
    return page.locator("[data-saved]")


def kept(browser, sam):
    """The words that any other browser of theirs is shown."""
    browser.sign_in(sam)
    return browser.open(QUESTION).field_labelled("What brings you here?").text


def test_what_is_typed_is_saved_when_the_typing_pauses(page, sam, browser):
    field(page).press_sequentially(WORDS)

    expect(line(page)).to_have_text("Saved at 09:00")
    assert kept(browser, sam) == WORDS


def test_what_was_typed_last_is_saved_when_the_page_is_left(page, sam, address, browser):
    field(page).fill(WORDS)

    page.goto(f"{address}/help-now")

    # It is on its way behind the page that is there now, and no page says when it has arrived.
    for _ in range(100):
        if kept(browser, sam) == WORDS:
            break
        page.wait_for_timeout(50)
    assert kept(browser, sam) == WORDS


def test_continue_after_a_pause_is_no_other_hand_s(page, sam, browser):
    field(page).fill("The heron")
    expect(line(page)).to_have_text("Saved at 09:00")
    field(page).fill(WORDS)

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("How long has this been with you?")
    assert kept(browser, sam) == WORDS


def test_help_is_there_as_soon_as_the_answer_is_saved(db, page, address):
    page.goto(f"{address}/questions/right-now")
    notice = page.get_by_role("heading", name="Thank you for saying so")
    expect(notice).to_be_hidden()

    page.get_by_label("I am not sure").check()

    expect(notice).to_be_visible()
    assert [lamp.link_id for lamp in db.scalars(select(Lamp))] == ["right-now"]
    page.get_by_label("No, I am safe enough for now").check()
    expect(notice).to_be_hidden()


def test_who_was_signed_out_is_told_and_continue_brings_the_words_along(db, page, sam, browser):
    for place in db.scalars(select(SignedInPlace)):
        db.delete(place)
    db.flush()

    field(page).fill(WORDS)

    expect(line(page)).to_contain_text("you have been signed out here. Your words stay on this page")
    expect(field(page)).to_have_value(WORDS)
    page.get_by_role("button", name="Continue").click()
    fill_in_the_sign_in_form(page, sam)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in again")
    expect(page.get_by_role("main")).to_contain_text(WORDS)
    page.get_by_role("button", name="Go on and save it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How long has this been with you?")
    assert kept(browser, sam) == WORDS


def test_what_could_not_be_saved_is_tried_again(page, sam, browser):
    page.route("**/draft", lambda route: route.abort(), times=1)

    field(page).fill(WORDS)

    expect(line(page)).to_contain_text("it will be tried again")
    expect(line(page)).to_have_text("Saved at 09:00", timeout=20_000)
    assert kept(browser, sam) == WORDS


def test_two_windows_do_not_overwrite_one_another(page, chromium, address, sam, browser):
    browser.sign_in(sam)
    browser.open(QUESTION)
    browser.fill("What brings you here?", "Written elsewhere")
    browser.press("Continue")

    field(page).fill(WORDS)

    expect(line(page)).to_contain_text("changed in another window")
    assert kept(browser, sam) == "Written elsewhere"
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile(f"Written elsewhere.*{WORDS}", re.DOTALL))


@pytest.fixture
def several(db, page, address, sam):
    """Kit has a page of two questions open, one of them with a lamp."""
    kit = make.client(db, therapist=sam.therapist)
    options = [{"code": "fine", "label": "Fine"}, {"code": "afraid", "label": "Afraid"}]
    lamp = {"codes": ["afraid"], "heading": "Thank you for saying so", "words": "You are not alone."}
    definition = questionnaire(
        item("evenings", "section", on_one_page=True),
        item("tea", within="evenings"),
        item("mood", "one-of", options=options, lamp=lamp, within="evenings"),
    )
    make.intake(db, client=kit, version=make.questionnaire_version(db, definition))
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, address, kit)
    page.goto(f"{address}/questions/evenings")
    return kit


def test_each_of_several_questions_on_a_page_is_saved_by_itself(db, page, several):
    page.get_by_label("About tea?", exact=True).press_sequentially("With milk")
    expect(line(page)).to_have_text("Saved at 09:00")
    assert list(db.scalars(select(Answer.link_id).where(Answer.page != ""))) == ["tea"]
    page.get_by_label("Afraid").check()

    expect(page.get_by_role("heading", name="Thank you for saying so")).to_be_visible()
    page.get_by_role("button", name="Continue", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(page.get_by_role("main")).to_contain_text("With milk")


def test_enter_in_a_field_of_such_a_page_goes_on_and_passes_by_nothing(db, page, several):
    page.get_by_label("About tea?", exact=True).fill("With milk")

    page.get_by_label("About tea?", exact=True).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(page.get_by_role("main")).to_contain_text("With milk")


def test_what_is_too_long_is_said_and_not_cut(page, sam, browser):
    field(page).fill("x" * 5001)

    expect(line(page)).to_contain_text("Not saved yet. There is room for 5,000 characters")
    assert kept(browser, sam) == ""
