"""The page that says where a client stands."""

from __future__ import annotations

from datetime import timedelta

from portal.scheduling.lifecycle import Status
from tests import make


def test_it_greets_by_the_name_that_was_given_in_the_readers_own_time(db, now, later, browser):
    sam = make.client(db, name="Sam", therapist=make.therapist(db), time_zone="America/New_York")
    later(now.replace(hour=23))
    browser.sign_in(sam)

    assert browser.open("/next").text.startswith("Good evening, Sam Your next step")


def test_it_greets_nobody_by_their_address(db, browser):
    sam = make.client(db, name=None, therapist=make.therapist(db))
    browser.sign_in(sam)

    page = browser.open("/next")

    assert sam.email not in page.text
    assert page.text.startswith("Good morning Your next step")


def test_a_held_time_stands_first_with_its_answer_by_time(db, now, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1, hours=1))
    browser.sign_in(sam)

    page = browser.open("/next")

    assert "Held for you Tuesday 2 March, 10:00" in page.text
    assert "You will have an answer by Tuesday 2 March, 09:00" in page.text


def test_a_confirmed_time_says_so_and_a_past_one_is_gone(db, now, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    ahead, past = now + timedelta(days=1, hours=1), now - timedelta(days=7)
    make.consultation(db, client=sam, therapist=ada, starts_at=ahead, status=Status.CONFIRMED)
    make.consultation(db, client=sam, therapist=ada, starts_at=past, status=Status.CONFIRMED)
    browser.sign_in(sam)

    page = browser.open("/next")

    assert "Confirmed Tuesday 2 March, 10:00" in page.text
    assert "22 February" not in page.text


def test_it_costs_four_queries_at_most(db, now, browser, queries):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1, hours=1))
    browser.sign_in(sam)
    browser.open("/next")

    with queries() as seen:
        browser.open("/next")

    assert len(seen) <= 4
