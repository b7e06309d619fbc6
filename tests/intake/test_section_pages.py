"""Several questions on one page: each is saved by itself, and nothing typed on it is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal.database import transaction
from portal.intake.models import Answer, Lamp
from portal.intake.replies import AnswerState
from portal.intake.services import publish
from tests import make
from tests.browser import Browser
from tests.intake.definitions import OPTIONS, item, questionnaire, when

LAMP = {"codes": ["three"], "heading": "Thank you for saying so", "words": "You are not alone."}
PAGE = "/questions/evenings"


@pytest.fixture
def sam(db):
    return make.client(db, name="Sam", therapist=make.therapist(db))


@pytest.fixture
def begun(db, sam, browser):
    """A page with a text, a number, a yes or no that opens another, and a choice with a lamp."""
    definition = questionnaire(
        item("first"),
        item("evenings", "section", text="Your evenings", on_one_page=True),
        item("hint", "note", within="evenings", text="A few short ones."),
        item("tea", within="evenings"),
        item("hours", "number", within="evenings"),
        item("work", "yes-no", within="evenings"),
        item("work-how", within="evenings", enable_when=[when("work", "=", True)]),
        item("safe", "one-of", options=OPTIONS, lamp=LAMP, within="evenings"),
        item("last"),
    )
    version = make.questionnaire_version(db, definition)
    make.intake(db, client=sam, version=version, said={"first": "heron"})
    browser.sign_in(sam)
    return browser


@pytest.fixture
def other(app, sam, begun):
    """Another window; both have the page open."""
    other = Browser(app)
    other.sign_in(sam)
    for visitor in (begun, other):
        visitor.open(PAGE)
    return other


def _said(db):
    db.expire_all()
    return {answer.link_id: answer.state for answer in db.scalars(select(Answer))}


def test_all_that_is_open_in_a_section_is_asked_on_one_page(begun):
    begun.open("/questions/first")

    page = begun.press("Continue")

    assert begun.path == PAGE
    assert (page.heading, page.title.split(" – ")[0]) == ("Your evenings", "Questions 2 to 5 of 6")
    assert "A few short ones." in page.text
    assert [each.text for each in page.root.all("h2", class_="question__label")] == [
        "About tea?",
        "About hours?",
        "About work?",
        "About safe?",
    ]
    assert page.text.count("Why this is asked") == 4
    begun.follow("Back")
    assert begun.page.heading == "About first?"


def test_continue_saves_each_and_passes_by_what_was_left_empty(db, begun):
    begun.open(PAGE)
    begun.fill("About tea?", "With milk")
    begun.choose("No")

    page = begun.press("Continue")

    assert page.heading == "About last?"
    answered, skipped = AnswerState.ANSWERED, AnswerState.SKIPPED
    assert _said(db) == {
        "first": answered,
        "tea": answered,
        "work": answered,
        "hours": skipped,
        "safe": skipped,
    }
    begun.follow("Back")
    assert begun.page.field_labelled("About tea?").get("value") == "With milk"
    assert begun.page.field_labelled("No").has("checked")


def test_what_an_answer_on_the_page_opens_is_asked_before_going_on(begun):
    begun.open(PAGE)
    begun.choose("Yes")

    begun.press("Continue")
    assert begun.path == PAGE
    begun.fill("About work-how?", "From home")
    begun.press("Continue")

    assert begun.page.heading == "About last?"
    begun.open("/questions/check")
    assert "About work-how? From home" in begun.page.text


def test_one_that_was_opened_and_is_left_empty_holds_nobody_up(begun):
    begun.open(PAGE)
    begun.choose("Yes")
    begun.press("Continue")

    assert begun.press("Continue").heading == "About last?"


def test_an_error_stands_at_its_field_and_everything_else_is_saved(db, begun):
    begun.open(PAGE)
    begun.fill("About tea?", "With milk")
    begun.fill("About hours?", "many")

    page = begun.press("Continue")

    assert page.errors == ["Write a number in digits, like 7"]
    assert page.title.startswith("Error: Questions 2 to 5")
    assert page.link_called("About hours? Write a number in digits, like 7").get("href") == "#hours.answer"
    assert page.field_labelled("About hours?").get("value") == "many"
    assert page.field_labelled("About tea?").get("value") == "With milk"
    assert _said(db)["tea"] is AnswerState.ANSWERED
    begun.fill("About hours?", "7")
    assert begun.press("Continue").heading == "About last?"
    assert _said(db)["hours"] is AnswerState.ANSWERED


def test_what_is_wrong_in_a_question_that_the_same_page_has_closed_is_not_lost(begun):
    begun.open(PAGE)
    begun.choose("Yes")
    begun.press("Continue")
    begun.fill("About work-how?", "x" * 41)
    begun.choose("No")

    page = begun.press("Continue")

    assert "What you wrote" in page.text
    assert "x" * 41 in page.text


def test_a_way_round_one_question_leaves_the_others_as_they_stand(db, begun):
    begun.open(PAGE)
    begun.fill("About tea?", "With milk")

    page = _press(begun, "hours.way", "decline")

    assert begun.path == PAGE
    assert "You said that you would rather not say." in page.text
    assert _said(db) == {
        "first": AnswerState.ANSWERED,
        "tea": AnswerState.ANSWERED,
        "hours": AnswerState.DECLINED,
    }


def test_what_was_kept_back_can_be_given_after_all(db, begun):
    begun.open(PAGE)
    begun.fill("About tea?", "With milk")
    _press(begun, "tea.way", "in-person")
    assert _said(db)["tea"] is AnswerState.IN_PERSON
    assert "Give this answer after all" in begun.page.buttons

    _press(begun, "tea.way", "give")

    assert _said(db)["tea"] is AnswerState.ANSWERED
    assert begun.page.field_labelled("About tea?").get("value") == "With milk"


def test_a_lamp_is_lit_and_help_is_there_at_its_question(db, begun):
    begun.open(PAGE)
    begun.choose("Three")
    begun.fill("About hours?", "many")

    page = begun.press("Continue")

    assert [lamp.link_id for lamp in db.scalars(select(Lamp))] == ["safe"]
    shown = [each for each in page.root.all("div") if each.has("data-lamp") and not each.has("hidden")]
    assert ["Thank you for saying so" in each.text for each in shown] == [True]
    assert page.text.count("Thank you for saying so") == 1


def test_from_the_check_one_question_is_changed_by_itself(begun):
    begun.open("/questions/check")
    begun.follow("Change")
    begun.open("/questions/tea?from=check")
    begun.fill("About tea?", "With honey")

    page = begun.press("Continue")

    assert page.heading == "Check your answers"
    assert "With honey" in page.text


def test_of_two_windows_both_texts_are_shown_and_neither_is_lost(db, begun, other):
    other.fill("About tea?", "With milk")
    other.choose("No")
    other.press("Continue")
    begun.fill("About tea?", "With honey")
    begun.fill("About hours?", "7")
    begun.choose("Yes")

    page = begun.press("Continue", expect=409)

    assert page.heading == "You wrote some of this in two places"
    assert all(words in page.text for words in ("With milk", "With honey", "Yes", "No"))
    # What nobody else has touched is saved, and what cannot be joined has to be chosen.
    assert _said(db)["hours"] is AnswerState.ANSWERED
    page = begun.press("Continue", expect=409)
    assert page.heading == "You wrote this in two places"
    assert "With" not in page.text
    begun._filled = {"work.keep": ["mine"]}
    begun.press("Continue")
    begun.open(PAGE)
    assert begun.page.field_labelled("About tea?").get("value") == "With milk With honey"
    assert begun.page.field_labelled("Yes").has("checked")


@pytest.mark.parametrize(("keep", "stays"), [("theirs", "With milk"), ("mine", "With honey")])
def test_of_two_texts_the_chosen_one_stays(begun, other, keep, stays):
    other.fill("About tea?", "With milk")
    other.press("Continue")
    begun.fill("About tea?", "With honey")
    begun.press("Continue", expect=409)

    begun._filled = {"tea.keep": [keep]}
    begun.press("Continue")

    begun.open(PAGE)
    assert begun.page.field_labelled("About tea?").get("value") == stays


def test_what_cannot_be_read_comes_back_with_the_choice(begun, other):
    other.fill("About tea?", "With milk")
    other.press("Continue")
    begun.fill("About tea?", "With honey")
    begun.fill("About hours?", "many")
    begun.press("Continue", expect=409)

    page = begun.press("Continue")

    assert page.errors == ["Write a number in digits, like 7"]
    assert page.field_labelled("About hours?").get("value") == "many"


def test_words_written_after_sending_elsewhere_are_shown_to_be_copied(begun, other):
    other.open("/questions/check")
    other.press("Send my answers")
    begun.fill("About tea?", "With honey")

    page = begun.press("Continue", expect=409)

    assert page.heading == "Your answers were sent meanwhile"
    assert "With honey" in page.text


def test_an_expired_session_keeps_what_was_typed_in_all_of_them(now, later, sam, begun):
    begun.open(PAGE)
    begun.press("Sign out")
    begun.open("/sign-in")
    _sign_in(begun, sam)
    begun.open(PAGE)
    begun.fill("About tea?", "With honey")
    begun.fill("About hours?", "7")
    later(now + timedelta(hours=3))

    begun.press("Continue", expect=403)
    page = _sign_in(begun, sam)

    assert page.heading == "You are signed in again"
    assert "With honey" in page.text
    assert "yes" not in page.text
    page = begun.press("Go on and save it")
    assert page.heading == "About last?"
    begun.open(PAGE)
    assert begun.page.field_labelled("About tea?").get("value") == "With honey"
    assert begun.page.field_labelled("About hours?").get("value") == "7"


def test_a_page_of_an_older_version_is_shown_once_more_with_all_that_was_typed(app, db, begun, other, now):
    changed = questionnaire(
        item("evenings", "section", on_one_page=True),
        item("tea", within="evenings", text="What do you drink?"),
    )
    with app.test_request_context(), transaction() as writing:
        publish(writing, changed, now=now)
    other.open("/questions/check/newer")
    other.press("Move to the newer questions")
    begun.fill("About tea?", "With honey")
    begun.fill("About hours?", "7")

    page = begun.press("Continue")

    assert "The questions were changed in another window" in page.text
    assert page.field_labelled("What do you drink?").get("value") == "With honey"
    assert "What you wrote 7" in page.text
    assert begun.press("Continue").heading == "Check your answers"
    assert "With honey" in begun.page.text


@pytest.mark.parametrize("path", ["first", "hint", "no-such", "check", "tea"])
def test_what_is_no_such_page_is_not_found(begun, path):
    begun.open(PAGE)
    assert _post(begun, f"/questions/{path}/answers", asked="tea").status_code == 404


def test_odd_posts_break_nothing(db, begun):
    begun.open(PAGE)

    for odd in (
        {},
        {"asked": ["no-such", "tea"]},
        {"asked": ["tea"] * 100, "tea.answer": "x"},
        {"asked": "tea", "tea.way": "?", "tea.based_on": "x", "tea.turn": "-1", "tea.keep": "all"},
        {"asked": ["tea.answer", "", "../x", "hint", "evenings"]},
        {"asked": "tea", "tea.answer": ["a", "b"], "depth": "deep"},
    ):
        assert _post(begun, f"{PAGE}/answers", **odd).status_code in {200, 303, 404}
        begun.open(PAGE)


def test_a_page_costs_as_many_queries_however_many_questions_are_on_it(db, sam, browser, queries):
    def cost(number: int) -> tuple[int, int]:
        kit = make.client(db, therapist=sam.therapist)
        items = [item(f"q-{each}", within="evenings") for each in range(number)]
        version = make.questionnaire_version(
            db, questionnaire(item("evenings", "section", on_one_page=True), *items)
        )
        make.intake(db, client=kit, version=version)
        browser.sign_in(kit)
        browser.open(PAGE)
        with queries() as asking:
            browser.open(PAGE)
        browser._filled = {f"q-{each}.answer": ["heron"] for each in range(number)}
        with queries() as saving:
            browser.press("Continue")
        return len(asking), len(saving)

    assert cost(1) == cost(3)


def _sign_in(browser: Browser, person):
    browser.fill("Email address", person.email)
    browser.fill("Password", make.PASSWORD)
    return browser.press("Sign in")


def _press(browser: Browser, name: str, value: str):
    """One of several buttons with the same words."""
    form, _ = browser.page.form_with("Continue")
    button = next(each for each in form.all("button", name=name) if each.get("value") == value)
    browser._filled[name] = [button.get("value")]
    return browser.press("Continue")


def _post(browser: Browser, path: str, **fields):
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")
    form = MultiDict([("csrf_token", token)])
    for name, value in fields.items():
        form.setlist(name, value if isinstance(value, list) else [value])
    return browser.http.post(
        path, data=form, base_url="https://portal.test", headers={"Referer": "https://portal.test/"}
    )
