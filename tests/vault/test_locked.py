"""Where the master key is lost, the portal says so, shows all the rest, and writes over nothing."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.database import transaction
from portal.intake.models import Answer
from portal.safekeeping.starting import note_start
from portal.web.audience import Audience
from tests import make
from tests.browser import Browser
from tests.journeys.test_every_page import every_page
from tests.safekeeping.filled import everything_sealed

ANOTHER = bytes(range(32, 64))


@pytest.fixture
def people(app, db, now):
    make.practice(db)
    with app.test_request_context():
        ada, sam = everything_sealed(app, now)
    kit = make.client(db, name="Kit", therapist=ada)
    make.intake(db, client=kit, said={"what-brings-you": "The pangolin"})
    return ada, sam, kit


@pytest.fixture
def locked(settings, people):
    """The same practice, started with a master key that opens none of it."""
    app = create_app(dataclasses.replace(settings, master_keys=(ANOTHER,)))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


def browser_of(app, person):
    browser = Browser(app)
    browser.sign_in(person)
    return browser


def test_every_page_that_shows_more_than_words_is_shown(locked, people):
    """No page breaks; only what is about the answers themselves says that they are locked."""
    ada, sam, kit = people
    seen = {}
    for person, audience in ((ada, Audience.THERAPIST), (sam, Audience.CLIENT), (kit, Audience.CLIENT)):
        browser = browser_of(locked, person)
        seen |= dict(every_page(locked, browser, audience))

    for address in ("/desk", f"/desk/clients/{sam.reference}", "/desk/journal", "/next", "/account/record"):
        assert address in seen, sorted(seen)
    of_questions = {address for address in seen if address.startswith("/questions/")}
    assert of_questions <= {"/questions/sent", "/questions/sent.pdf"}


def test_a_calm_line_stands_in_place_of_what_cannot_be_opened(locked, people):
    ada, sam, _ = people

    page = browser_of(locked, ada).open(f"/desk/clients/{sam.reference}")

    assert page.heading == "Name locked"
    assert "This cannot be opened at the moment." in page.text
    assert sam.email in page.text
    assert "Confirmed" in page.text
    assert "cannot be opened at the moment. Until it can, write by e-mail" in page.text
    assert "They do not wish to be phoned." not in page.text
    assert "This cannot be opened at the moment." in browser_of(locked, sam).open("/questions/sent").text


def test_a_page_about_the_words_themselves_says_that_they_are_locked(locked, people):
    kits = browser_of(locked, people[2])

    page = kits.open("/questions/what-brings-you", expect=503)

    assert page.heading == "This is locked at the moment"
    assert "nothing is lost" in page.text


def test_what_is_locked_is_never_written_over(locked, people, db):
    """Somebody goes on in a page that was open before, while the key is away: they keep their words."""
    kits, newest = (
        browser_of(locked, people[2]),
        select(Answer.sealed_value).order_by(Answer.intake_id.desc()),
    )
    before = db.scalar(newest)
    form, _ = kits.open("/next").form_with("Sign out")
    token = next(each.get("value") for each in form.all("input") if each.get("name") == "csrf_token")

    answer = kits.http.post(
        "/questions/what-brings-you",
        data={"csrf_token": token, "answer": "Something newer", "based_on": "1"},
        headers={"Referer": "https://portal.test/"},
        base_url="https://portal.test",
    )

    assert answer.status_code == 503
    assert "Something newer" in answer.text
    db.expire_all()
    assert db.scalar(newest) == before


def test_the_start_says_so_in_one_line(app, locked, people):
    for started, says in ((app, False), (locked, True)):
        with started.app_context(), transaction() as db:
            warning = note_start(db)
        assert (warning is not None) is says
    assert warning.startswith("Warning: some of what is kept is sealed under a master key that is not among")
    assert "\n" not in warning


def test_once_the_key_is_back_all_of_it_opens(app, locked, people):
    ada, sam, _ = people
    browser_of(locked, ada).open(f"/desk/clients/{sam.reference}")

    page = browser_of(app, ada).open(f"/desk/clients/{sam.reference}")

    assert page.heading == "Sam Quokka"
    assert "The zeppelin has left" in page.text
