"""A therapist writes questions, tries them, and gives them to new clients."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from portal.database import Base
from portal.intake.models import QuestionnaireVersion
from portal.making.models import QuestionnaireDraft
from portal.making.sheet import judged, loaded, stored
from tests import make
from tests.browser import Browser
from tests.making.sheets import item, sheet

HOME = "/desk/questionnaire"
SHEET = f"{HOME}/evenings/draft"


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def desk(browser, ada):
    browser.sign_in(ada)
    return browser


def draft(db, ada, now, *items):
    made = QuestionnaireDraft(
        name="evenings", content=stored(sheet(*items)), begun_at=now, changed_at=now, therapist_id=ada.id
    )
    db.add(made)
    db.flush()


def stored_rows(db):
    return {
        table.name: sorted(map(repr, db.execute(select(table)).all()))
        for table in Base.metadata.sorted_tables
        if table.name != "signed_in_place"
    }


def test_a_questionnaire_from_an_empty_sheet_to_what_new_clients_are_given(desk, db):
    desk.open("/desk")
    desk.follow("Questions")
    assert "No questions. They go on without any." in desk.page.text
    desk.follow("Begin a questionnaire")
    desk.choose("An empty sheet")
    assert desk.press("Begin").errors == ["Enter what it is called"]
    desk.fill("What is it called?", "Evenings")
    assert desk.press("Begin").heading == "Evenings"
    assert "The sheet is empty" in desk.page.text

    desk.choose("What do you add?")
    desk._filled = {"kind": ["one-of"], "within": [""]}
    assert desk.press("Add it").heading == "New: choose one answer"
    desk.fill("What do you ask?", "How are your evenings?")
    desk.fill("Why do you ask it?", "they show what a day has left of you.")
    desk.fill("Answer 1: Answer", "Quiet")
    desk.fill("Answer 2: Answer", "Loud")
    desk.press("More answers")
    desk.fill("Answer 3: Answer", "Hard to say")
    desk.press("Save")
    assert "1: How are your evenings?" in desk.page.text
    assert "Nothing to mend" in desk.page.text

    desk.follow("Publish…")
    assert "It becomes version 1, and never changes again." in desk.page.text
    page = desk.press("Publish version 1")
    assert "Version 1 it is. New clients are given it from now on." in page.source
    version = db.scalars(select(QuestionnaireVersion)).one()
    plain = json.loads(version.definition)
    assert plain["items"][0]["link_id"] == "how-are-your-evenings"
    assert [each["code"] for each in plain["items"][0]["options"]] == ["quiet", "loud", "hard-to-say"]
    assert "Evenings, version 1" in desk.open(HOME).text


def test_a_score_has_a_rule_for_what_is_missing_and_bands_in_own_words(desk, db, ada, now):
    draft(db, ada, now, item("a", "one-of"), item("b", "one-of"), item("c"))
    desk.open(f"{SHEET}/scores")
    desk.fill("What is it called?", "Evenings")
    desk.press("Begin the score")
    desk.choose("About a?", "About b?")
    desk.choose("The mean of those answered stands for the rest")
    assert desk.press("Save").errors == ["Enter how many answers are enough"]
    desk.fill("How many have to be answered for that? (optional)", "1")
    desk.fill("Band 1: From", "2")
    desk.fill("Band 1: To", "4")
    desk.fill("Band 1: In your words", "loud")
    desk.fill("Band 2: From", "0")
    assert desk.press("Save").errors == ["Enter from which total to which this band goes"]
    desk.fill("Band 2: To", "1")
    desk.fill("Band 2: In your words", "quiet")
    page = desk.press("Save")

    assert "0 to 1: quiet; 2 to 4: loud" in page.text
    (scale,) = loaded(db.scalars(select(QuestionnaireDraft.content)).one())["scales"]
    assert (scale["questions"], scale["missing"], scale["at_least"]) == (["a", "b"], "mean", 1)
    desk.follow("Evenings")
    desk.press("End this score")
    assert loaded(db.scalars(select(QuestionnaireDraft.content)).one())["scales"] == []


def test_a_draft_is_tried_on_the_pages_that_clients_see_and_nothing_is_saved(desk, db, ada, now):
    draft(
        db,
        ada,
        now,
        item("a", "yes-no", text="Do you sleep?"),
        item("b", text="How?", enable_when=[{"question": "a", "operator": "=", "answer": True}]),
        item("unfinished", why=""),
    )
    before = stored_rows(db)
    desk.open(SHEET)
    desk.follow("Preview")
    assert "1 item is not finished, and left out." in desk.page.source
    desk.press("Begin")
    assert desk.page.heading == "Do you sleep?"
    assert [link.text for link in desk.page.root.all("a")][:3] != []
    assert "questions.js" not in desk.page.source

    desk.choose("Yes")
    desk.press("Continue")
    assert desk.page.heading == "How?"
    desk.press("Talk about it in person")
    assert desk.page.heading == "Check your answers"
    assert "For our conversation" in desk.page.text
    desk.follow("Change")
    desk.choose("No")
    desk.press("Continue")
    assert "How?" not in desk.page.text
    page = desk.press("Send my answers")

    assert page.heading == "Evenings"
    assert "Here it would be sent. In a preview nothing is." in page.source
    assert stored_rows(db) == before


def test_the_therapist_reads_what_they_call_a_total_and_the_client_does_not(desk, browser, app, db, ada, now):
    scored = [item(name, "one-of", why=f"of {name} I want to know.") for name in ("a", "b")]
    bands = [{"low": 0, "high": 1, "words": "a quiet time"}, {"low": 2, "high": 4, "words": "a loud time"}]
    scale = {"name": "sum", "title": "Evenings", "questions": ["a", "b"], "bands": bands}
    definition = judged(sheet(*scored, scales=[scale]), name="evenings", source=None).definition
    kit = make.client(db, name="Kit", therapist=ada)
    version = make.questionnaire_version(db, definition)
    make.intake(db, client=kit, version=version, said={"a": "often", "b": "never"}, sent_at=now)

    assert "Evenings: 2, a loud time" in desk.open(f"/desk/clients/{kit.reference}").text
    home = Browser(app)
    home.sign_in(kit)
    assert "loud time" not in home.open("/questions/sent").source
