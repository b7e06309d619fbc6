"""What the therapist meets on the desk, and does there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.scheduling.lifecycle import Status
from tests import make
from tests.browser import Browser


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def ten(now):
    return now + timedelta(days=1, hours=1)


def test_an_empty_desk_says_so(db, ada, browser):
    browser.sign_in(ada)

    page = browser.open("/desk")

    assert page.heading == "Monday 1 March"
    assert "Nobody is waiting for you." in page.text


def test_a_request_waits_beside_the_person_and_is_confirmed(db, ada, ten, browser):
    sam = make.client(db, name="Sam Reed", therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    browser.sign_in(ada)

    page = browser.open("/desk")
    assert "1 to answer" in page.text
    assert "Asked for Tue 2 March, 10:00" in page.text

    browser.open(f"/desk/clients/{sam.reference}")
    page = browser.press("Confirm Tue 2 March, 10:00")

    assert "Confirmed" in page.text
    assert "Nobody is waiting for you." in browser.open("/desk").text


def test_declining_shows_the_kind_words_to_the_client_alone(app, db, ada, ten, browser):
    sam = make.client(db, therapist=ada)
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    browser.sign_in(ada)

    browser.open(f"/desk/consultations/{asked.reference}")
    browser.fill("A few kind words (optional)", "That morning is gone, but do ask again.")
    browser.press("Decline this time")

    sams = Browser(app)
    sams.sign_in(sam)
    assert "That morning is gone" in sams.open(f"/consultations/{asked.reference}").text


def test_a_lamp_names_its_question_before_the_answers_are_sent(db, now, ada, browser):
    """W5: it is lit when the answer is saved; what is not sent stays the client's own."""
    sam = make.client(db, therapist=ada)
    intake = make.intake(db, client=sam)
    make.lamp(db, intake, lit_at=now)
    browser.sign_in(ada)

    assert "1 to look at today" in browser.open("/desk").text
    page = browser.open(f"/desk/clients/{sam.reference}")
    assert "Is there anything your therapist should know about your safety right now?" in page.text
    assert "Their answers are not sent yet" in page.text

    browser.press("I have seen this")
    assert "Nobody is waiting for you." in browser.open("/desk").text


def test_too_many_kind_words_are_kept_and_said_at_the_field(db, ada, ten, browser):
    asked = make.consultation(db, client=make.client(db, therapist=ada), therapist=ada, starts_at=ten)
    browser.sign_in(ada)
    browser.open(f"/desk/consultations/{asked.reference}")
    browser.fill("A few kind words (optional)", "word " * 500)

    page = browser.press("Decline this time")

    assert page.errors == ["Keep it under 2000 characters"]
    assert page.text.count("word") > 490


def test_a_therapist_cancels_what_was_confirmed(db, ada, ten, browser):
    sam = make.client(db, therapist=ada)
    confirmed = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    browser.sign_in(ada)
    browser.open(f"/desk/consultations/{confirmed.reference}")

    page = browser.press("Cancel this time")

    assert "Cancelled" in page.text
    assert page.buttons == ["Undo"]


def test_the_week_shows_initials_and_what_is_only_asked_for(db, ada, ten, browser):
    make.consultation(
        db, client=make.client(db, name="Sam Reed", therapist=ada), therapist=ada, starts_at=ten
    )
    browser.sign_in(ada)

    page = browser.open("/desk/calendar?week=2027-03-03")

    assert "10:00 S.R. asked" in page.text
    assert "Sam" not in page.text
    assert "Tue 2 10:00–13:00" in page.text


@pytest.mark.parametrize("week", ["tomorrow", "9999-12-31", "0001-01-01", "2027-02-30"])
def test_a_week_that_is_none_is_refused(db, ada, browser, week):
    browser.sign_in(ada)

    browser.open(f"/desk/calendar?week={week}", expect=400)


def test_another_therapists_client_is_not_found(db, ada, ten, browser):
    bea = make.therapist(db, name="Bea")
    sam = make.client(db, therapist=ada)
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    browser.sign_in(bea)

    browser.open(f"/desk/clients/{sam.reference}", expect=404)
    browser.open(f"/desk/consultations/{asked.reference}", expect=404)


def test_a_client_does_not_find_the_desk(db, ada, browser):
    browser.sign_in(make.client(db, therapist=ada))

    browser.open("/desk", expect=404)
    browser.open("/desk/calendar", expect=404)


@pytest.mark.parametrize("address", ["/desk", "/desk/calendar"])
def test_three_people_cost_the_same_queries_as_one(db, ada, ten, browser, queries, address):
    browser.sign_in(ada)

    def cost():
        browser.open(address)
        with queries() as seen:
            browser.open(address)
        return len(seen)

    make.consultation(db, client=make.client(db, therapist=ada), therapist=ada, starts_at=ten)
    one = cost()
    for hours in (1, 2):
        make.consultation(
            db,
            client=make.client(db, therapist=ada),
            therapist=ada,
            starts_at=ten + timedelta(hours=hours),
        )

    assert cost() == one <= 6
