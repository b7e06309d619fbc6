"""A client answers, leaves, comes back elsewhere, checks, changes one answer, and sends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.queries import client_of, name_of
from portal.database import transaction
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.models import Answer, Intake, Lamp
from portal.intake.services import publish, shipped_questionnaire
from portal.mail.models import OutgoingEmail
from tests import make
from tests.browser import Browser


@pytest.fixture
def sam(db):
    make.questionnaire_version(db)
    return make.client(db, name=None, therapist=make.therapist(db, name="Ada Marsh"))


def test_a_client_answers_in_their_own_way_and_comes_back_to_exactly_that(app, db, sam, browser, later, now):
    browser.sign_in(sam)
    browser.open("/questions")
    assert "8 questions, about 5 minutes" in browser.page.text
    assert db.scalars(select(Intake)).all() == []
    browser.press("Begin")
    assert browser.page.title.startswith("Question 1 of 8")
    browser.fill("What would you like to be called?", "Sam")
    browser.press("Continue")
    assert "Saved at 09:00" in browser.page.text
    browser.fill("What brings you here?", "The heron at the weir")
    browser.press("Continue")
    browser.press("Skip for now")
    browser.press("I would rather not say")
    browser.choose("Friends", "An animal")
    browser.press("Talk about it in person")
    browser.choose("Yes")
    browser.press("Continue")
    assert browser.page.title.startswith("Question 6 of 8, continued")

    later(now + timedelta(days=1))
    elsewhere = Browser(app)
    elsewhere.sign_in(sam)
    elsewhere.open("/questions")
    assert "3 of 8 answered so far, 1 kept for talking about in person" in elsewhere.page.text
    assert "Saved on Monday 1 March, 09:00" in elsewhere.page.text
    elsewhere.follow("Go on where you were")
    assert elsewhere.page.heading == "What helped you there, and what did not?"
    elsewhere.fill("What helped you there, and what did not?", "Being asked slowly")
    elsewhere.press("Continue")
    assert elsewhere.page.heading == "Before you go on"
    elsewhere.follow("Continue")
    elsewhere.choose("No, I am safe enough for now")
    elsewhere.press("Continue")
    elsewhere.press("Continue")

    assert elsewhere.page.heading == "Check your answers"
    assert _facts(elsewhere.page) == [
        ("What would you like to be called?", "Sam"),
        ("What brings you here?", "The heron at the weir"),
        ("How long has this been with you?", "Skipped"),
        ("How have you slept in the past two weeks?", "Would rather not say"),
        ("Who or what supports you?", "Would rather talk about it in person"),
        ("Have you been in therapy or counselling before?", "Yes"),
        ("What helped you there, and what did not?", "Being asked slowly"),
        (
            "Is there anything your therapist should know about your safety right now?",
            "No, I am safe enough for now",
        ),
        ("Is there anything else you would like to say?", "Skipped"),
    ]
    assert "For our conversation Who or what supports you?" in elsewhere.page.text
    assert "What you wrote under a question that you then passed by is not sent" in elsewhere.page.text

    elsewhere.open("/questions/sleep?from=check")
    elsewhere.choose("Mostly well")
    elsewhere.press("Continue")
    assert elsewhere.page.heading == "Check your answers"
    assert ("How have you slept in the past two weeks?", "Mostly well") in _facts(elsewhere.page)
    elsewhere.press("Send my answers")
    assert elsewhere.page.heading == "What you sent"
    assert ("How have you slept in the past two weeks?", "Mostly well") in _facts(elsewhere.page)
    assert "Friends" not in elsewhere.page.text

    browser.sign_in(sam)
    browser.open("/questions/sleep")
    assert browser.page.heading == "What you sent"
    browser.open("/questions/check")
    assert browser.page.heading == "What you sent"
    db.expire_all()
    assert [mail.subject for mail in db.scalars(select(OutgoingEmail))] == ["Something new on your desk"]


def test_sending_again_from_another_tab_sends_nothing_more(app, db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    browser.sign_in(sam)
    browser.open("/questions/check")
    other = Browser(app)
    other.sign_in(sam)
    other.open("/questions/check")

    browser.press("Send my answers")
    other.press("Send my answers")

    assert other.page.heading == "What you sent"
    assert len(db.scalars(select(OutgoingEmail)).all()) == 1


def test_what_would_be_sent_is_what_was_shown(app, db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    browser.sign_in(sam)
    browser.open("/questions/check")
    other = Browser(app)
    other.sign_in(sam)
    other.open("/questions/sleep")
    other.choose("Mostly well")
    other.press("Continue")

    browser.press("Send my answers")

    assert browser.page.heading == "Check your answers"
    assert "Look once more, then send." in browser.page.text
    assert browser.press("Send my answers").heading == "What you sent"


def test_only_a_name_is_needed_and_only_to_send(db, sam, browser):
    browser.sign_in(sam)
    browser.open("/questions")
    browser.press("Begin")
    browser.press("Continue")
    assert browser.page.heading == "What brings you here?"
    browser.open("/questions/check")

    browser.press("Send my answers")

    assert browser.page.heading == "What would you like to be called?"
    assert "the one question that needs an answer" in browser.page.text
    browser.fill("What would you like to be called?", "Sam")
    browser.press("Continue")
    assert browser.page.heading == "Check your answers"
    assert browser.press("Send my answers").heading == "What you sent"
    db.expunge_all()
    assert name_of(db, client_of(db, sam.therapist, sam.reference)) == "Sam"


def test_a_change_that_opens_a_question_asks_it_before_the_check(db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam", "earlier": False, "right-now": "safe"})
    browser.sign_in(sam)
    browser.open("/questions/earlier?from=check")
    browser.choose("Yes")

    browser.press("Continue")

    assert browser.page.heading == "What helped you there, and what did not?"
    browser.press("Skip for now")
    assert browser.page.heading == "Check your answers"


def test_a_question_that_closes_leaves_no_trace_and_returns_with_its_answer(db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam", "earlier": True, "what-helped": "Being asked slowly"})
    browser.sign_in(sam)
    browser.open("/questions/earlier?from=check")
    browser.choose("No")
    browser.press("Continue")
    assert "What helped" not in browser.page.text

    browser.open("/questions/earlier?from=check")
    browser.choose("Yes")
    browser.press("Continue")

    assert ("What helped you there, and what did not?", "Being asked slowly") in _facts(browser.page)


def test_two_windows_show_both_answers_and_lose_neither(app, db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    for visitor in (browser, other := Browser(app)):
        visitor.sign_in(sam)
        visitor.open("/questions/what-brings-you")
    other.fill("What brings you here?", "The heron")
    other.press("Continue")
    browser.fill("What brings you here?", "The weir")

    browser.press("Continue", expect=409)

    assert browser.page.heading == "You wrote this in two places"
    assert "The heron" in browser.page.text
    assert "The weir" in browser.page.text
    browser.press("Keep both together")
    assert browser.page.heading == "What brings you here?"
    assert browser.page.field_labelled("What brings you here?").text == "The heron The weir"


@pytest.mark.parametrize(
    ("button", "stays"), [("Keep this one", "The heron"), ("Keep the one on this page", "The weir")]
)
def test_of_two_answers_the_chosen_one_stays(app, db, sam, browser, button, stays):
    make.intake(db, client=sam, said={"name": "Sam"})
    for visitor in (browser, other := Browser(app)):
        visitor.sign_in(sam)
        visitor.open("/questions/what-brings-you")
    other.fill("What brings you here?", "The heron")
    other.press("Continue")
    browser.fill("What brings you here?", "The weir")
    browser.press("Continue", expect=409)

    browser.press(button)

    assert browser.page.heading == "How long has this been with you?"
    browser.open("/questions/what-brings-you")
    assert browser.page.field_labelled("What brings you here?").text == stays


def test_words_written_after_sending_elsewhere_are_shown_to_be_copied(app, db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    for visitor in (browser, other := Browser(app)):
        visitor.sign_in(sam)
    browser.open("/questions/what-brings-you")
    other.open("/questions/check")
    other.press("Send my answers")
    browser.fill("What brings you here?", "The heron")

    browser.press("Continue", expect=409)

    assert browser.page.heading == "Your answers were sent meanwhile"
    assert "The heron" in browser.page.text


def test_a_lamp_is_lit_when_the_answer_is_saved_and_help_is_there_at_once(db, sam, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    browser.sign_in(sam)
    browser.open("/questions/right-now")
    browser.choose("I do not feel safe right now")

    browser.press("Continue")

    assert browser.page.heading == "Is there anything else you would like to say?"
    assert "Thank you for saying so" in browser.page.text
    assert [lamp.link_id for lamp in db.scalars(select(Lamp))] == ["right-now"]
    mail = db.scalars(select(OutgoingEmail)).one()
    assert mail.subject == "Something on your desk wants a look today"
    browser.open("/questions/right-now")
    browser.choose("I am afraid of someone")
    browser.press("Continue")
    browser.open("/questions/right-now")
    browser.choose("No, I am safe enough for now")
    browser.press("Continue")
    assert "Thank you for saying so" not in browser.page.text
    assert len(db.scalars(select(Lamp)).all()) == 1
    assert len(db.scalars(select(OutgoingEmail)).all()) == 1


def test_another_answer_after_the_therapist_has_seen_the_lamp_lights_it_anew(db, sam, browser, later, now):
    make.intake(db, client=sam, said={"name": "Sam"})
    browser.sign_in(sam)
    browser.open("/questions/right-now")
    browser.choose("I am not sure")
    browser.press("Continue")
    lamp = db.scalars(select(Lamp)).one()
    lamp.status, lamp.seen_at = LampStatus.SEEN, now
    db.flush()

    later(now + timedelta(minutes=30))
    browser.open("/questions/right-now")
    browser.choose("I do not feel safe right now")
    browser.press("Continue")

    db.expire_all()
    assert (lamp.seen_at, lamp.lit_at) == (None, now + timedelta(minutes=30))
    assert len(db.scalars(select(OutgoingEmail)).all()) == 2


def test_what_was_sent_stays_as_it_was_when_new_questions_are_published(app, db, sam, browser, now):
    make.intake(db, client=sam, said={"name": "Sam", "sleep": "mixed"}, sent_at=now)
    browser.sign_in(sam)
    before = _facts(browser.open("/questions/sent"))
    shipped = shipped_questionnaire()
    changed = [each.model_copy(update={"text": f"New: {each.text}"}) for each in shipped.items]

    with app.test_request_context(), transaction() as writing:
        publish(writing, shipped.model_copy(update={"items": tuple(changed)}), now=now)

    assert _facts(browser.open("/questions/sent")) == before
    assert ("How have you slept in the past two weeks?", "Well on some nights, badly on others") in before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_none_of_the_words_typed_is_in_the_database_file(db, sam, browser, tmp_path: Path):
    browser.sign_in(sam)
    browser.open("/questions")
    browser.press("Begin")
    browser.fill("What would you like to be called?", "Quillfeather")
    browser.press("Continue")
    browser.fill("What brings you here?", "The heron at the weir")
    browser.press("Continue")
    browser.choose("As long as I can remember")
    browser.press("Talk about it in person")
    browser.open("/questions/right-now")
    browser.choose("I am afraid of someone")
    browser.press("Continue")
    browser.fill("Is there anything else you would like to say?", "Marmalade")
    browser.press("I would rather not say")
    browser.press("Send my answers")
    assert "Quillfeather" in browser.page.text

    kept = b"".join(path.read_bytes() for path in tmp_path.glob("portal.db*"))

    # First that there is something to find: the answers are in there, sealed.
    assert len(db.scalars(select(Answer)).all()) == 5
    assert b"what-brings-you" in kept
    for words in (b"Quillfeather", b"heron", b"Marmalade", b"always", b"afraid"):
        places = [kept[max(0, at - 60) : at + 60] for at in _places(kept, words)]
        # The definition of the questions, which is nobody's secret, names the codes of its options.
        assert all(b'"code"' in place or b'"codes"' in place or b'"label"' in place for place in places)


def _places(kept: bytes, words: bytes) -> list[int]:
    places, at = [], kept.find(words)
    while at >= 0:
        places.append(at)
        at = kept.find(words, at + 1)
    return places


def _facts(page) -> list[tuple[str, str]]:
    return [
        (next(row.all("dt")).text, " / ".join(line.text for line in row.all("p", class_="words")))
        for facts in page.root.all("dl", class_="facts")
        for row in facts.all("div")
        if list(row.all("dt"))
    ]
