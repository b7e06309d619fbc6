"""The pages: what they say to bad input, what they cost, and what a link alone can never do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.intake.models import Answer, Intake
from portal.intake.questionnaire import Questionnaire
from portal.mail.models import OutgoingEmail
from tests import make
from tests.browser import Browser
from tests.intake import fhir
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
    ("time", "25:00", "Write a time of day"),
    ("moment", "soon", "Write a day and a time of day"),
    ("address", "two words", "Write one address without blanks"),
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


def test_the_page_says_who_is_told_of_a_lamp(db, sam, shipped, browser):
    make.intake(db, client=sam, version=shipped, said={"name": "Sam", "right-now": "unsure"})
    browser.sign_in(sam)

    for path in ("/questions/right-now", "/questions/anything-else", "/questions/check"):
        assert "Ada Marsh gets a short note" in browser.open(path).text
    assert "not settled" not in browser.page.text


def test_where_there_is_no_therapist_the_page_says_that_nobody_is_told(db, shipped, browser):
    kit = make.client(db)
    make.intake(db, client=kit, version=shipped, said={"name": "Kit"})
    browser.sign_in(kit)
    assert "nobody can be told at once" in browser.open("/questions/right-now").text
    browser.choose("I am not sure")

    page = browser.press("Continue")

    assert "nobody can be told yet" in page.text
    assert "note" not in page.text
    assert db.scalars(select(OutgoingEmail)).all() == []


def test_what_is_seen_before_it_is_sent_is_said_before_the_first_question(db, sam, shipped, browser):
    browser.sign_in(sam)

    page = browser.open("/questions")

    assert "does not see, but for the name that you want to be called by." in page.text
    assert "Ada Marsh is told at once which question there is to look at, and not what you said." in page.text
    assert "yours alone" not in page.text


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


def _begun(db, sam, browser, *items):
    make.intake(db, client=sam, version=make.questionnaire_version(db, questionnaire(*items)))
    browser.sign_in(sam)


def test_an_answer_in_one_s_own_words_stands_beside_the_options(db, sam, browser):
    _begun(db, sam, browser, item("a", "one-of", other=True))
    page = browser.open("/questions/a")
    browser.choose("Something else")
    browser.fill("In your own words", "The <b>heron</b>")

    page = browser.press("Continue")

    assert "The <b>heron</b>" in page.text
    assert browser.open("/questions/a").field_labelled("In your own words").get("value") == "The <b>heron</b>"
    assert "heron" in browser.press("Continue").text


def test_what_a_file_says_is_text_and_never_markup(db, sam, browser):
    script = "<script>alert(1)</script> {{ 7*7 }}"
    option = {"valueCoding": {"code": script, "display": script}}
    group = fhir.item("s", "group", text=script, prefix="<b>")
    asked = fhir.item("a", "choice", text=script, answerOption=[option])
    note = fhir.item("n", "display", text=script)
    tree = fhir.resource(group | {"item": [asked | {"item": [note]}]}, note | {"linkId": "m"}, title=script)
    make.intake(
        db, client=sam, version=make.questionnaire_version(db, fhir.brought(tree).questionnaire), said={}
    )
    browser.sign_in(sam)

    for path, times in (("", 1), ("/a", 5), ("/m", 1), ("/check", 2)):
        page = browser.open(f"/questions{path}")
        assert page.text.count(script) >= times, path
        assert "alert(1)" not in "".join(each.text for each in page.root.all("script"))


def test_several_answers_are_written_on_a_line_each(db, sam, browser):
    _begun(db, sam, browser, item("a", "number", several=True, unit="hours"))
    page = browser.open("/questions/a")
    assert "each on a line of its own" in page.text
    browser.fill("About a?", "3\n4")

    page = browser.press("Continue")

    assert "3 hours 4 hours" in " ".join(page.text.split())
    assert browser.open("/questions/a").field_labelled("About a?").text == "3 4"


def test_a_section_its_hints_and_what_is_fixed_are_shown_and_what_is_hidden_is_not(db, sam, browser):
    _begun(
        db,
        sam,
        browser,
        item("secret", "number", hidden=True, initial=3),
        item("s", "section", text="Your evenings"),
        item("a", "yes-no", within="s", prefix="1", initial=True),
        item("hint", "note", within="a", text="A guess is fine."),
        item("fixed", "one-of", read_only=True, initial="two", within="s"),
        item("b", wanted=True),
    )

    page = browser.open("/questions/a")

    assert page.heading == "1 About a?"
    assert "Your evenings" in page.text
    assert "A guess is fine." in page.text
    assert page.field_labelled("Yes").get("checked") is not None
    page = browser.press("Continue")
    assert "Two" in page.text
    assert "Your evenings" in page.text
    assert "yours to give or not" in browser.follow("Continue").text
    page = browser.press("Skip for now")
    assert page.heading == "Check your answers"
    assert page.text.count("Your evenings") == 1
    for path in ("/questions/secret", "/questions/s"):
        browser.open(path, expect=404)
    for path in ("/questions/secret", "/questions/fixed", "/questions/hint"):
        assert _post(browser, path, answer="9").status_code == 404
    assert {each.link_id for each in db.scalars(select(Answer))} == {"a", "b"}


def test_a_score_is_shown_to_the_therapist_with_its_rule_and_never_to_the_client(db, sam, browser, now):
    options = [{"code": "no", "label": "No", "weight": 0}, {"code": "much", "label": "Much", "weight": 41}]
    definition = Questionnaire.model_validate(
        {
            "name": "test",
            "title": "Test",
            "minutes": 5,
            "items": [item("a", "one-of", options=options), item("b", "one-of", options=options)],
            "scales": [{"name": "sum", "title": "Evenings", "questions": ["a", "b"]}],
        }
    )
    version = make.questionnaire_version(db, definition)
    make.intake(db, client=sam, version=version, said={"a": "much", "b": "no"}, sent_at=now)
    browser.sign_in(sam.therapist)

    desk = browser.open(f"/desk/clients/{sam.reference}").text

    assert "Evenings: 41 The sum of 2 answers; no total unless all of them are given." in desk
    browser.sign_in(sam)
    copy = browser.open("/questions/sent").text
    assert "41" not in copy
    assert "works out the sum of some of the answers" in copy
