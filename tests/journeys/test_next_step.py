"""The page that says where a client stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.scheduling.lifecycle import Move, Party, Status
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
    assert "You will have an answer by Tuesday 2 March 2027, 09:00 (UTC, UTC+0)" in page.text


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


def test_how_one_meets_is_told_once_the_time_is_confirmed(db, now, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    kind = make.kind(db, ada, place="https://meet.example/willow")
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1, hours=1))
    asked.kind_id = kind.id
    db.flush()
    browser.sign_in(sam)
    assert "meet.example" not in browser.open("/next").text

    asked.status = Status.CONFIRMED
    db.flush()

    page = browser.open("/next")
    assert "By video: https://meet.example/willow" in page.text
    assert page.link_called("Cancel").get("href") == f"/consultations/{asked.reference}/cancellation"


def test_it_costs_four_queries_at_most(db, now, browser, queries):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1, hours=1))
    browser.sign_in(sam)
    browser.open("/next")

    with queries() as seen:
        browser.open("/next")

    assert len(seen) <= 4


@pytest.mark.parametrize("newest", [None, Status.DECLINED])
def test_so_it_does_where_nothing_is_held(db, now, browser, queries, newest):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.reading(db)
    if newest:
        make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1), status=newest)
    browser.sign_in(sam)
    browser.open("/next")

    with queries() as seen:
        browser.open("/next")

    assert len(seen) <= 4


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.DECLINED, "The time that you asked for could not be confirmed. It says nothing about you."),
        (Status.EXPIRED, "The answer that we promised you did not come in time. We are sorry."),
    ],
)
def test_a_request_that_came_to_nothing_is_spoken_of_until_there_is_another(db, now, browser, status, words):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1), status=status)
    browser.sign_in(sam)

    page = browser.open("/next")

    assert f"Tuesday 2 March, 09:00 is no longer held {words}" in page.text
    assert page.link_called("Choose another time").get("href") == "/times"
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=2))
    assert "no longer held" not in browser.open("/next").text


def test_what_came_to_nothing_is_not_spoken_of_for_ever(db, now, later, browser):
    ada = make.therapist(db)
    sam, kit = make.client(db, therapist=ada), make.client(db, therapist=ada)
    make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(days=1), status=Status.DECLINED
    )
    browser.sign_in(kit)
    assert "no longer held" not in browser.open("/next").text

    later(now + timedelta(days=8))
    browser.sign_in(sam)
    assert "no longer held" not in browser.open("/next").text


def test_what_was_cancelled_or_kept_and_let_go_is_nobody_s_failure(db, now, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    kept = make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(days=1), status=Status.KEPT
    )
    kept.make(Move.EXPIRE, by=Party.PORTAL, at=now)
    db.flush()
    browser.sign_in(sam)

    page = browser.open("/next")
    assert "It is free for others again." in page.text
    assert "We are sorry" not in page.text

    make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(days=2), status=Status.CANCELLED
    )
    assert "no longer held" not in browser.open("/next").text


def test_an_answer_that_is_late_is_not_promised_any_more(db, now, later, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=1, hours=1))
    later(now + timedelta(days=1, minutes=30))
    browser.sign_in(sam)

    page = browser.open("/next")

    assert "We promised you an answer by Tuesday 2 March 2027, 09:00 (UTC, UTC+0)" in page.text
    assert "it has not come. We are sorry." in page.text
    assert "You will have an answer" not in page.text


def test_a_confirmed_time_that_is_being_moved_says_both(db, now, browser):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)
    settled = make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(days=3), status=Status.CONFIRMED
    )
    wanted = make.consultation(db, client=sam, therapist=ada, starts_at=now + timedelta(days=2))
    wanted.replaces_id = settled.id
    db.flush()
    browser.sign_in(sam)

    page = browser.open("/next")

    assert "Confirmed, and a change is open" in page.text
    assert "You have asked for Wednesday 3 March, 09:00 instead." in page.text
    # The step speaks of the time that is certain, though the other one would be sooner.
    assert page.link_called("Choose a time").get("href") == f"/consultations/{settled.reference}"


def test_what_was_saved_on_another_day_is_said_with_the_day(db, now, later, browser):
    sam = make.client(db, therapist=make.therapist(db))
    make.intake(db, client=sam, said={"name": "Sam"}).saved_at = now
    db.flush()
    browser.sign_in(sam)
    assert "1 of 8 answered. Saved at 09:00." in browser.open("/next").text

    later(now + timedelta(days=1))
    browser.sign_in(sam)

    assert "Saved on Monday 1 March, 09:00." in browser.open("/next").text


def test_where_there_is_nothing_to_read_the_page_points_at_the_questions(db, browser):
    make.questionnaire_version(db)
    browser.sign_in(make.client(db, therapist=make.therapist(db)))

    page = browser.open("/next")

    assert "Nothing to read yet." in page.text
    assert [each.text for each in page.root.all("span", class_="steps__mark--now")] == ["2"]
    assert [each.text for each in page.root.all("span", class_="tag")] == ["Open", "Open"]
