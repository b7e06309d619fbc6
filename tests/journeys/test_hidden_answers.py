"""An answer whose question has closed leaves no trace anywhere it could be read (W4), and returns with it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from portal.intake.models import Answer
from portal.web.audience import Audience
from portal.web.pdf import can_be_drawn
from tests import make
from tests.browser import Browser
from tests.intake.definitions import item, questionnaire
from tests.journeys.test_what_is_whose import visits
from tests.pdf import read
from tests.privacy.test_copying import post

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HIDDEN, SEEN = "The pelican", "The avocet"
SCALE = {"name": "mood", "title": "Mood", "questions": ["low", "lower"]}
OPENED = [{"question": "earlier", "operator": "=", "answer": True}]


@pytest.fixture
def ada(db):
    make.practice(db)
    ada = make.therapist(db)
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def version(db):
    """Two questions, in words and with a weight, that are open only after a yes."""
    weighed = [{"code": "a", "label": "A little of the curlew", "weight": 7}]
    definition = questionnaire(
        item("name", "short-text", text="Your name?"),
        item("earlier", "yes-no", text="Was there an earlier time?"),
        item("how", "long-text", text="How was it?", enable_when=OPENED),
        item("low", "one-of", text="Low?", options=[{"code": "a", "label": "A little", "weight": 1}]),
        item("lower", "one-of", text="Lower?", options=weighed, enable_when=OPENED),
    )
    return make.questionnaire_version(
        db, type(definition).model_validate(definition.model_dump() | {"scales": [SCALE]})
    )


@pytest.fixture
def sam(db, ada, version, now):
    said = {"name": SEEN, "earlier": False, "how": HIDDEN, "low": "a", "lower": "a"}
    sam = make.client(db, name="Sam Reed", therapist=ada)
    make.intake(db, client=sam, version=version, said=said, sent_at=now)
    return sam


def everything_shown(browser, app, *audiences):
    """Each page and each file that this visitor comes to, as text."""
    for address, answer in visits(browser, app, *audiences):
        if answer is None or answer.status_code != 200:
            continue
        is_pdf = answer.mimetype == "application/pdf"
        yield address, read(answer.data).text if is_pdf else answer.text


def unpacked(answer):
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    for name in archive.namelist():
        content = archive.read(name)
        yield name, read(content).text if name.endswith(".pdf") else content.decode("latin-1")


@pytest.mark.parametrize("who", ["the client", "the therapist"])
def test_what_is_hidden_stands_on_no_page_in_no_file_and_counts_in_no_score(app, db, ada, sam, who):
    browser = Browser(app)
    browser.sign_in(sam if who == "the client" else ada)
    audience = Audience.CLIENT if who == "the client" else Audience.THERAPIST

    shown = dict(everything_shown(browser, app, audience, Audience.SIGNED_IN))

    # Their draft is gone with the sending; what was sent is what there is.
    found = [where for where, text in shown.items() if HIDDEN in text or "Mood: 8" in text]
    assert found == []
    assert any(SEEN in text for text in shown.values())
    if can_be_drawn():
        assert any(where.endswith(".pdf") and SEEN in text for where, text in shown.items())


def test_nor_is_it_in_what_a_therapist_takes_out(app, db, ada, sam):
    browser = Browser(app)
    browser.sign_in(ada)

    files = dict(unpacked(post(browser, f"/desk/clients/{sam.reference}/copy")))
    response = app.test_cli_runner().invoke(args=["questionnaire", "response", sam.reference]).output

    assert SEEN in files["index.html"]
    assert SEEN in json.dumps(json.loads(response), ensure_ascii=False)
    told = {**files, "response": response}
    assert [name for name, text in told.items() if HIDDEN in text or "curlew" in text] == []
    # What counts is the question that is open, and it is told with its rule (W6).
    assert "Mood: 1" in files["index.html"]


def test_it_returns_with_its_question(db, ada, version, browser):
    sam = make.client(db, therapist=ada)
    make.intake(db, client=sam, version=version, said={"name": "Sam", "earlier": False, "how": HIDDEN})
    browser.sign_in(sam)
    assert HIDDEN not in browser.open("/questions/check").text

    browser.open("/questions/earlier")
    browser.choose("Yes")
    browser.press("Continue")

    assert browser.page.field_labelled("How was it?").text == HIDDEN
    assert len(db.scalars(select(Answer.link_id).where(Answer.link_id == "how")).all()) == 1
