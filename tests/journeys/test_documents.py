"""What people take away as a file: the client's copy of what they sent, the therapist's paper file."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from sqlalchemy import select

from portal.intake.models import Intake
from portal.intake.replies import AnswerState
from portal.scheduling.lifecycle import Status
from portal.web import pdf
from portal.web.pdf import can_be_drawn
from tests import make
from tests.browser import Browser
from tests.intake.definitions import item, questionnaire
from tests.pdf import read

# What no name of a file, and no title in a list of files, may say.
TELLING = ("intake", "therap", "sam", "reed", "ada", "marsh", "question", "answer", "client", "patient")
SCALE = {"name": "mood", "title": "Mood", "questions": ["low"]}


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)


@pytest.fixture
def sam(db, ada, now):
    definition = questionnaire(
        item("what", "long-text", text="What brings you here?"),
        item("whom", "short-text", text="Whom do you live with?"),
        item("low", "one-of", text="Feeling low?", options=[{"code": "a", "label": "A little", "weight": 1}]),
        item("rest", "short-text", text="How do you rest?"),
    )
    definition = type(definition).model_validate(definition.model_dump() | {"scales": [SCALE]})
    said = {"what": "The heron\nat the weir", "whom": AnswerState.IN_PERSON, "rest": AnswerState.DECLINED}
    sam = make.client(db, therapist=ada)
    version = make.questionnaire_version(db, definition)
    make.intake(db, client=sam, version=version, said=said, sent_at=now)
    make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(days=1), status=Status.CONFIRMED
    )
    return sam


def opened(browser, path, expect=200):
    return browser.http.get(path, base_url="https://portal.test")


def test_the_client_keeps_a_copy_of_what_they_sent(sam, browser):
    browser.sign_in(sam)
    page = browser.open("/questions/sent")

    answer = opened(browser, page.link_called("Keep a copy (PDF)").get("href"))

    paper = read(answer.data)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Willow Street Practice What you sent Sent on Monday 1 March 2027, 09:00" in paper.text
    assert "(Europe/London, UTC+0)" in paper.text
    assert "What brings you here? The heron at the weir" in paper.text
    assert "How do you rest? Would rather not say" in paper.text
    # A number that they were not shown on the page is not in their file either (W6).
    assert "Mood" not in paper.text
    # Help is on paper too (C1).
    assert "call 999" in paper.text


@pytest.fixture
def corrected(app, sam, later, now):
    """Sam, who sent other words an hour later."""
    later(now + timedelta(hours=1))
    browser = Browser(app)
    browser.sign_in(sam)
    browser.open("/questions/sent")
    browser.press("Correct an answer")
    browser.open("/questions/rest?from=check")
    browser.fill("How do you rest?", "By the weir")
    browser.press("Continue")
    browser.press("Send the correction")
    return sam


def _earlier(page) -> str:
    """Where the page leads to what was sent before it."""
    return page.link_called("Monday 1 March, 09:00").get("href")


def test_each_copy_is_kept_by_itself_the_earlier_one_as_it_was_sent(corrected, browser):
    browser.sign_in(corrected)
    latest = browser.open("/questions/sent")
    files = [latest.link_called("Keep a copy (PDF)").get("href")]
    earlier = browser.open(_earlier(latest))
    files.append(earlier.link_called("Keep a copy (PDF)").get("href"))

    now, before = (read(opened(browser, path).data).text for path in files)

    assert files[0] == "/questions/sent.pdf"
    assert "How do you rest? By the weir Changed Before: Would rather not say" in now
    assert "It corrects what you sent on Monday 1 March 2027, 09:00" in now
    assert "How do you rest? Would rather not say" in before
    assert "By the weir" not in before
    assert "corrects" not in before


def test_an_earlier_copy_is_a_file_for_nobody_else(db, ada, corrected, browser):
    browser.sign_in(corrected)
    path = _earlier(browser.open("/questions/sent"))
    assert opened(browser, f"{path}.pdf").mimetype == "application/pdf"

    browser.sign_in(make.client(db, therapist=ada))
    statuses = [opened(browser, f"{each}.pdf").status_code for each in (path, "/questions/sent/nothing")]
    browser.sign_in(ada)

    assert statuses == [404, 404]
    assert opened(browser, f"{path}.pdf").status_code == 404


def test_the_therapist_has_the_person_on_paper_what_they_keep_for_talking_first(sam, ada, browser):
    browser.sign_in(ada)
    page = browser.open(f"/desk/clients/{sam.reference}")

    answer = opened(browser, page.link_called("For your paper file (PDF)").get("href"))

    text = read(answer.data).text
    places = [
        text.index(each)
        for each in (
            "Sam Reed",
            "For our conversation Whom do you live with?",
            "What brings you here? The heron at the weir",
            "Feeling low? Not answered",
            "Mood: 0 of 1 answered, no total The sum of 1 answers; no total unless all of them are given.",
            "Consultations When How it stands Tuesday 2 March 2027, 09:00 (Europe/London, UTC+0) Confirmed",
        )
    ]
    assert places == sorted(places)


def test_the_therapist_takes_answers_out_for_another_program_and_the_client_sees_that(
    corrected, ada, browser
):
    browser.sign_in(ada)
    page = browser.open(f"/desk/clients/{corrected.reference}")
    latest = page.link_called("Take it out for another program (FHIR R4)").get("href")
    page = browser.open(page.link_called("Monday 1 March, 09:00").get("href"))
    earlier = page.link_called("Take it out for another program (FHIR R4)").get("href")

    files = [opened(browser, path) for path in (latest, earlier)]

    made = [json.loads(each.data) for each in files]
    assert [each["status"] for each in made] == ["amended", "completed"]
    assert all(QuestionnaireResponse.model_validate(each) for each in made)
    assert files[0].headers["Content-Disposition"] == 'attachment; filename="document-2027-03-01.json"'
    assert files[0].headers["Cache-Control"] == "no-store"
    browser.sign_in(corrected)
    browser.open("/questions/sent")
    assert "Ada Marsh took what you sent as a file." in browser.follow("All that was written down").text


def test_answers_are_taken_out_by_nobody_else_and_under_no_other_name(db, sam, ada, browser):
    intake = db.scalars(select(Intake)).one()
    bo = make.therapist(db, name="Bo")
    other = make.client(db, therapist=bo)
    path = f"/desk/clients/{sam.reference}/answers/{{}}/fhir"
    browser.sign_in(ada)
    assert opened(browser, path.format(intake.reference)).status_code == 200

    unknown = [opened(browser, path.format(each)).status_code for each in (sam.reference, "nothing")]
    browser.sign_in(bo)
    another = [
        opened(browser, each).status_code
        for each in (
            path.format(intake.reference),
            f"/desk/clients/{other.reference}/answers/{intake.reference}/fhir",
        )
    ]

    assert unknown + another == [404] * 4


def test_neither_file_tells_by_its_name_or_title_whose_it_is_or_what_for(sam, ada, browser):
    files = []
    for person, path in ((sam, "/questions/sent.pdf"), (ada, f"/desk/clients/{sam.reference}.pdf")):
        browser.sign_in(person)
        files.append(opened(browser, path))

    for answer in files:
        name, about = answer.headers["Content-Disposition"], read(answer.data).about
        assert name.endswith('-2027-03-01.pdf"')
        assert [each for each in TELLING if each in f"{name} {about}".lower()] == []


def test_nobody_has_a_file_of_what_is_not_theirs(db, sam, browser):
    path = f"/desk/clients/{sam.reference}.pdf"
    browser.sign_in(make.therapist(db, name="Bo"))
    assert opened(browser, path).status_code == 404

    browser.sign_in(sam)
    assert opened(browser, path).status_code == 404


def test_who_has_sent_nothing_is_led_to_the_questions(db, ada, browser):
    browser.sign_in(make.client(db, therapist=ada))

    assert opened(browser, "/questions/sent.pdf").headers["Location"] == "/questions"


def test_while_another_is_drawn_a_page_says_so(sam, browser):
    browser.sign_in(sam)
    assert can_be_drawn()

    with pdf._drawing_one:
        page = browser.open("/questions/sent.pdf", expect=503)

    assert page.heading == "One moment"
    assert browser.response.headers["Retry-After"] == "5"


def test_where_no_file_can_be_drawn_no_link_is_shown(sam, ada, browser, tmp_path, monkeypatch):
    no_libraries = tmp_path / "drawing.py"
    no_libraries.write_text(f"import sys; sys.exit({pdf.drawing.MISSING})")
    monkeypatch.setattr(pdf.drawing, "__file__", str(no_libraries))
    can_be_drawn.cache_clear()

    browser.sign_in(sam)
    assert "PDF" not in browser.open("/questions/sent").text
    browser.open("/questions/sent.pdf", expect=404)
    browser.sign_in(ada)
    assert "PDF" not in browser.open(f"/desk/clients/{sam.reference}").text

    can_be_drawn.cache_clear()
