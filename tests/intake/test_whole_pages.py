"""Choosing how much to say, passing by a part, moving to newer questions: what the pages say and do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.database import transaction
from portal.intake.models import Intake
from portal.intake.services import publish, shipped_questionnaire
from tests import make
from tests.browser import Browser
from tests.intake.definitions import item, questionnaire

NOTE, PART = "/questions/before-you-go-on", "what-is-hard"


@pytest.fixture
def sam(db):
    make.questionnaire_version(db)
    return make.client(db, name="Sam", therapist=make.therapist(db))


@pytest.fixture
def begun(db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    browser.sign_in(sam)
    return browser


# Depth


def test_the_choice_is_there_before_the_first_question_with_what_each_takes(sam, browser):
    browser.sign_in(sam)
    page = browser.open("/questions")
    assert page.field_labelled("The short form: 8 questions, about 5 minutes").has("checked")

    browser.choose("Say more: 11 questions, about 10 minutes")
    page = browser.press("Begin")

    assert page.title.startswith("Question 1 of 11")
    assert "11 questions, about 10 minutes" in browser.open("/questions").text
    browser.press("Back to the short form")
    assert browser.page.title.startswith("Question 1 of 8")


def test_a_questionnaire_of_one_depth_offers_no_choice(db, sam, browser):
    make.questionnaire_version(db, questionnaire(item("a")))
    browser.sign_in(sam)

    page = browser.open("/questions")

    assert "How much" not in page.text
    browser.press("Begin")
    assert "short form" not in browser.page.text


def test_choosing_below_a_question_keeps_what_was_typed_and_the_place(begun):
    begun.open("/questions/what-brings-you")
    begun.fill("What brings you here?", "The heron")

    page = begun.press("Say more if you like")

    assert page.title.startswith("Question 2 of 11")
    assert page.field_labelled("What brings you here?").text == "The heron"
    assert begun.press("Back to the short form").title.startswith("Question 2 of 8")


def test_what_cannot_be_read_is_said_before_anything_is_chosen(db, sam, browser):
    version = make.questionnaire_version(db, questionnaire(item("a", "number"), item("b", more=True)))
    make.intake(db, client=sam, version=version)
    browser.sign_in(sam)
    browser.open("/questions/a")
    browser.fill("About a?", "many")

    page = browser.press("Say more if you like")

    assert page.errors == ["Write a number in digits, like 7"]
    assert page.field_labelled("About a?").get("value") == "many"


def test_from_the_check_what_saying_more_opens_is_asked_and_then_the_check_again(begun):
    begun.open("/questions/check")

    page = begun.press("Say more if you like")
    asked = [page.heading]
    while page.heading != "Check your answers":
        page = begun.press("Skip for now")
        asked.append(page.heading)

    assert asked == [
        "What have you tried so far that eased it, even a little?",
        "What would you notice first on a better day?",
        "Is there something from earlier in your life that your therapist should know of?",
        "Check your answers",
    ]
    page = begun.press("Back to the short form")
    assert "better day" not in page.text
    assert "is not sent" in page.text


# Parts


@pytest.mark.parametrize(
    ("button", "said", "shown"),
    [
        ("Skip this part for now", "You skipped a part: What is hardest to say", "Not answered"),
        (
            "Talk about this part in person",
            "You kept a part for talking about in person: What is hardest to say",
            "Not answered: would rather talk about it in person",
        ),
    ],
)
def test_a_part_is_passed_by_from_its_note_and_taken_up_from_the_check(begun, button, said, shown):
    begun.open(NOTE)
    page = begun.press(button)
    assert page.heading == "Is there anything else you would like to say?"
    page = begun.open("/questions/check")
    assert said in page.text
    assert _facts(page)["Is there anything your therapist should know about your safety right now?"] == shown

    page = begun.press("Ask me about it after all")
    assert page.heading == "Is there anything your therapist should know about your safety right now?"
    begun.choose("No, I am safe enough for now")
    page = begun.press("Continue")

    assert page.heading == "Check your answers"
    assert "a part" not in page.text


def test_a_part_that_was_answered_after_all_is_passed_by_no_more(begun):
    begun.open(NOTE)
    begun.press("Skip this part for now")
    assert "You skipped a part" in begun.open("/questions/check").text

    begun.open("/questions/right-now?from=check")
    begun.choose("No, I am safe enough for now")
    page = begun.press("Continue")

    assert page.heading == "Check your answers"
    assert "You skipped a part" not in page.text


def test_all_of_a_part_is_asked_again_before_the_check(begun):
    begun.open("/questions/check")
    begun.press("Say more if you like")
    begun.open(NOTE)
    begun.press("Skip this part for now")
    begun.open("/questions/check")

    begun.press("Ask me about it after all")
    page = begun.press("Skip for now")

    assert page.heading.startswith("Is there something from earlier in your life")


def test_the_note_says_how_the_part_stands_and_leads_into_it_all_the_same(begun):
    begun.open(NOTE)
    begun.press("Talk about this part in person")

    page = begun.open(NOTE)

    assert "You kept this part for talking about in person." in page.text
    page = begun.follow("Continue")
    assert page.heading.startswith("Is there anything your therapist should know")


def test_what_is_kept_for_talking_is_gathered_on_each_page_of_both(db, sam, begun):
    begun.open("/questions/support")
    begun.press("Talk about it in person")
    begun.open(NOTE)
    begun.press("Talk about this part in person")
    kept = (
        "Who or what supports you? Is there anything your therapist should know about your safety right now?"
    )
    assert f"For our conversation: 2 {kept}" in begun.open("/next").text
    assert f"For our conversation {kept}" in begun.open("/questions/check").text
    begun.press("Send my answers")
    assert f"For our conversation {kept}" in begun.page.text
    assert f"For our conversation: 2 {kept}" in begun.open("/next").text

    begun.sign_in(sam.therapist)
    page = begun.open(f"/desk/clients/{sam.reference}")

    # First, and before all that they answered.
    assert page.text.index(f"For our conversation {kept}") < page.text.index("What they answered")


@pytest.mark.parametrize("path", ["name", "no-such-part", "before-you-go-on"])
def test_nothing_else_can_be_passed_by(begun, path):
    begun.open(NOTE)

    for noun in ("passing", "return"):
        assert _post(begun, f"/questions/{path}/{noun}", way="skip").status_code == 404


# Newer questions


@pytest.fixture
def newer(app, now):
    """The shipped questions, with one worded otherwise, one gone, and one new."""
    shipped = shipped_questionnaire()
    items = [each for each in shipped.items if each.link_id not in {"what-helped"}]
    items[1] = items[1].model_copy(update={"text": "What leads you here?"})
    added = questionnaire(item("pets", "yes-no", text="Do you live with an animal?")).items
    definition = shipped.model_copy(update={"items": (*items, *added)})

    def publish_it(definition=definition):
        with app.test_request_context(), transaction() as writing:
            publish(writing, definition, now=now)

    return publish_it


def test_whoever_began_an_older_version_may_look_and_stay(begun, newer):
    newer()
    for path in ("/questions", "/questions/check"):
        assert "There is a newer version of these questions." in begun.open(path).text

    page = begun.follow("See what has changed")
    begun.follow("Stay with mine")

    assert "New Do you live with an animal?" in page.text
    assert "What leads you here? Before: What brings you here?" in page.text
    assert "Not asked any more What helped you there, and what did not?" in page.text
    assert "What brings you here?" in begun.page.text


def test_whoever_moves_is_asked_anew_with_their_words_in_the_field(db, sam, browser, newer):
    said = {
        "name": "Sam",
        "what-brings-you": "The heron",
        "earlier": True,
        "what-helped": "Being asked slowly",
    }
    make.intake(db, client=sam, said=said)
    browser.sign_in(sam)
    newer()
    page = browser.open("/questions/check/newer")
    assert "You are asked again. What you said stays here, for you alone: The heron" in page.text
    assert "What you said stays here, for you alone: Being asked slowly" in page.text

    page = browser.press("Move to the newer questions")

    assert page.heading == "What leads you here?"
    assert "This was asked in another way before: What brings you here? You said: The heron" in page.text
    assert page.field_labelled("What leads you here?").text == "The heron"
    assert _facts(browser.open("/questions/check"))["What leads you here?"] == "Not answered"
    assert "Being asked slowly" in browser.page.text
    assert "This is for you alone. It is not sent." in browser.page.text
    browser.open("/questions/what-brings-you")
    browser.press("Continue")
    page = browser.open("/questions/check")
    assert _facts(page)["What leads you here?"] == "The heron"
    page = browser.press("Send my answers")
    assert "slowly" not in page.text


def test_a_page_of_before_shows_the_question_once_more_and_keeps_what_was_typed(app, sam, begun, newer):
    other = Browser(app)
    other.sign_in(sam)
    other.open("/questions/what-brings-you")
    newer()
    begun.open("/questions/check/newer")
    begun.press("Move to the newer questions")
    other.fill("What brings you here?", "The heron")

    page = other.press("Continue")

    assert page.heading == "What leads you here?"
    assert "were changed in another window" in page.errors[0]
    assert page.field_labelled("What leads you here?").text == "The heron"
    other.press("Continue")
    assert _facts(other.open("/questions/check"))["What leads you here?"] == "The heron"


def test_words_for_a_question_that_is_gone_are_shown_to_be_copied(app, db, sam, browser, newer):
    make.intake(db, client=sam, said={"name": "Sam", "earlier": True})
    other = Browser(app)
    for visitor in (browser, other):
        visitor.sign_in(sam)
    other.open("/questions/what-helped")
    newer()
    browser.open("/questions/check/newer")
    browser.press("Move to the newer questions")
    other.fill("What helped you there, and what did not?", "Being asked slowly")

    page = other.press("Continue", expect=404)

    assert "Being asked slowly" in page.text


def test_nobody_moves_by_a_list_that_is_out_of_date(begun, newer):
    newer()
    begun.open("/questions/check/newer")
    newer(shipped_questionnaire().model_copy(update={"minutes": 6}))

    page = begun.press("Move to the newer questions")

    assert page.heading == "What has changed in the questions"
    assert "changed once more" in page.text
    assert "It takes about 6 minutes" in page.text


def test_without_a_newer_version_there_is_no_list(begun):
    assert begun.open("/questions/check/newer").heading == "Check your answers"


def test_the_pages_of_who_never_moved_cost_nothing_more(begun, queries):
    begun.open("/questions/what-brings-you")

    with queries() as asking:
        begun.open("/questions/what-brings-you")
    with queries() as checking:
        begun.open("/questions/check")
    with queries() as choosing:
        begun.press("Say more if you like")

    assert (len(asking), len(checking)) == (3, 3)
    # Choosing is three to read, one to write, and the page that follows.
    assert len(choosing) <= 8


def test_opening_the_pages_changes_nothing(db, begun, newer):
    newer()
    before = db.scalars(select(Intake.version)).one()

    for path in ("/questions", NOTE, "/questions/check", "/questions/check/newer"):
        begun.open(path)

    db.expire_all()
    assert db.scalars(select(Intake.version)).one() == before


def _facts(page) -> dict[str, str]:
    return {
        next(row.all("dt")).text: " / ".join(line.text for line in row.all("p", class_="words"))
        for facts in page.root.all("dl", class_="facts")
        for row in facts.all("div")
        if list(row.all("dt"))
    }


def _post(browser: Browser, path: str, **fields):
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")
    return browser.http.post(
        path,
        data={"csrf_token": token} | fields,
        base_url="https://portal.test",
        headers={"Referer": "https://portal.test/"},
    )
