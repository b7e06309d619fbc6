"""The pages: what they say to bad input, what they cost, and what a link alone can never do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.intake.models import Answer, Intake
from tests import make
from tests.browser import Browser
from tests.intake.definitions import KINDS, item, questionnaire


@pytest.fixture
def sam(db):
    return make.client(db, name=None, therapist=make.therapist(db))


@pytest.fixture
def shipped(db):
    return make.questionnaire_version(db)


def _post(browser: Browser, path: str, **fields):
    """Post beside the page's form, as a script or a stranger to the page would."""
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")
    return browser.http.post(
        path,
        data={"csrf_token": token} | fields,
        base_url="https://portal.test",
        headers={"Referer": "https://portal.test/"},
    )


def test_opening_pages_changes_nothing(db, sam, shipped, browser):
    browser.sign_in(sam)

    for path in ("/questions", "/questions/name", "/questions/check", "/questions/sent"):
        browser.open(path)
        assert browser.page.heading == "A few questions before you meet"

    assert db.scalars(select(Intake)).all() == []


def test_without_questions_the_page_says_so(sam, browser):
    browser.sign_in(sam)

    browser.open("/questions")

    assert "no questions here yet" in browser.page.text
    assert browser.page.buttons == []


def test_a_visitor_is_asked_to_sign_in(shipped, browser):
    for path in ("/questions", "/questions/name", "/questions/check", "/questions/sent"):
        assert browser.http.get(path, base_url="https://portal.test").location.startswith("/sign-in")


def test_a_therapist_has_no_questions_to_answer(sam, shipped, browser):
    browser.sign_in(sam.therapist)

    browser.open("/questions", expect=404)


@pytest.mark.parametrize("link_id", ["no-such-question", "Name", "%00", "..%2f"])
def test_an_unknown_question_is_not_found(db, sam, shipped, browser, link_id):
    make.intake(db, client=sam, version=shipped)
    browser.sign_in(sam)

    assert browser.http.get(f"/questions/{link_id}", base_url="https://portal.test").status_code in {400, 404}


def test_a_hidden_question_leads_to_the_next_open_one(db, sam, shipped, browser):
    make.intake(db, client=sam, version=shipped, said={"earlier": False})
    browser.sign_in(sam)

    assert browser.open("/questions/what-helped").heading == "Before you go on"


BAD = [
    ("short-text", "x" * 41, "There is room for 40 characters"),
    ("long-text", "x" * 301, "There is room for 300 characters"),
    ("one-of", "four", "Choose one of the answers below"),
    ("one-of", ["one", "two"], "Give one answer here"),
    ("several-of", ["one", "four"], "Choose one of the answers below"),
    ("yes-no", "maybe", "Choose one of the answers below"),
    ("date", "9999-99-99", "Write a day as year, month and day"),
    ("date", "0001-01-01", "Choose a day from 1 January 2000"),
    ("number", "1e999", "Write a number in digits"),
    ("number", "NaN", "Write a number in digits"),
    ("number", "9" * 5000, "Write a number in digits"),
    ("long-text", ["one", "two"], "Give one answer here"),
]


@pytest.mark.parametrize(("kind", "typed", "message"), BAD)
def test_bad_input_gets_a_message_at_the_field_and_is_kept(db, sam, browser, kind, typed, message):
    version = make.questionnaire_version(db, questionnaire(item("a", kind), item("b")))
    make.intake(db, client=sam, version=version, said={"b": "Said before"})
    browser.sign_in(sam)
    browser.open("/questions/a")

    answer = _post(browser, "/questions/a", answer=typed)
    browser._arrive(answer, 200)

    assert browser.page.errors[0].startswith(message)
    assert browser.page.title.startswith("Error: Question 1 of 2")
    if isinstance(typed, str) and kind in {"short-text", "long-text", "number", "date"}:
        field = browser.page.field_labelled("About a?")
        assert typed in (field.text, field.get("value"))
    assert db.scalars(select(Answer.link_id)).all() == ["b"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_input_breaks_a_page(db, sam, browser, kind):
    version = make.questionnaire_version(db, questionnaire(item("a", kind)))
    make.intake(db, client=sam, version=version)
    browser.sign_in(sam)
    browser.open("/questions/a")

    for typed in ("\x07\ufffe", "<script>alert(1)</script>", "{{ 7*7 }}", "🦢" * 20, "-", " "):
        odd = {"answer": typed, "based_on": "x" * 99, "way": "?", "turn": "-1", "page": "'"}
        assert _post(browser, "/questions/a", **odd).status_code in {200, 303, 409}
        browser.open("/questions/check")
        browser.open("/questions/a")


def test_a_way_round_never_stumbles_over_what_is_in_the_field(db, sam, browser):
    version = make.questionnaire_version(db, questionnaire(item("a", "number")))
    make.intake(db, client=sam, version=version)
    browser.sign_in(sam)
    browser.open("/questions/a")
    browser.fill("About a?", "many")

    browser.press("I would rather not say")

    assert browser.page.heading == "Check your answers"


def test_a_draft_says_when_it_was_saved_and_counts_as_an_answer(db, sam, shipped, browser):
    make.intake(db, client=sam, version=shipped)
    browser.sign_in(sam)
    browser.open("/questions/what-brings-you")

    told = _post(browser, "/questions/what-brings-you/draft", answer="The heron", page="p", turn="1")

    assert (told.status_code, told.json) == (200, {"line": "Saved at 09:00", "lit": False})
    assert (
        browser.open("/questions/what-brings-you").field_labelled("What brings you here?").text == "The heron"
    )


def test_a_draft_of_a_choice_lights_the_lamp(db, sam, shipped, browser):
    make.intake(db, client=sam, version=shipped)
    browser.sign_in(sam)
    browser.open("/questions/right-now")

    told = _post(browser, "/questions/right-now/draft", answer="unsure", page="p", turn="1")

    assert told.json["lit"] is True


def test_a_draft_that_cannot_be_kept_says_why(db, sam, shipped, browser, now):
    make.intake(db, client=sam, version=shipped, said={"what-brings-you": "The heron"})
    browser.sign_in(sam)
    browser.open("/questions/what-brings-you")
    path = "/questions/what-brings-you/draft"

    too_long = _post(browser, path, answer="x" * 5001, based_on="1")
    stale = _post(browser, path, answer="The weir", based_on="0")
    unknown = _post(browser, "/questions/no-such/draft", answer="x")

    assert too_long.status_code == 422
    assert too_long.json["line"].startswith("Not saved yet. There is room for 5,000")
    assert (stale.status_code, unknown.status_code) == (409, 404)
    assert "another window" in stale.json["line"]


def test_a_draft_without_the_form_s_token_is_refused(db, sam, shipped, browser):
    make.intake(db, client=sam, version=shipped)
    browser.sign_in(sam)

    refused = browser.http.post(
        "/questions/sleep/draft", data={"answer": "mixed"}, base_url="https://portal.test"
    )

    assert refused.status_code == 400
    assert db.scalars(select(Answer)).all() == []


def test_times_are_written_in_the_reader_s_zone(db, shipped, browser):
    kit = make.client(db, time_zone="America/New_York", therapist=make.therapist(db))
    make.intake(db, client=kit, version=shipped)
    browser.sign_in(kit)
    browser.open("/questions/sleep")
    browser.choose("Mostly well")

    browser.press("Continue")

    assert "Saved at 04:00" in browser.page.text


def test_one_question_costs_three_queries_and_saving_it_five(db, sam, shipped, browser, queries):
    make.intake(db, client=sam, version=shipped, said={"name": "Sam", "sleep": "mixed", "earlier": True})
    browser.sign_in(sam)
    browser.open("/questions/what-brings-you")

    with queries() as asking:
        browser.open("/questions/what-brings-you")
    with queries() as saving:
        _post(browser, "/questions/what-brings-you", answer="The heron")
    with queries() as changing:
        _post(browser, "/questions/sleep", answer="hardly", based_on="1")
    with queries() as checking:
        browser.open("/questions/check")

    assert len(asking) == 3
    assert len(saving) == 5
    assert len(changing) == 5
    assert len(checking) == 3
