"""The therapist names calendars elsewhere, sees how each of them is, and takes one out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.calendars.failures import Why
from portal.calendars.models import CalendarSource
from portal.calendars.services import MOST_SOURCES
from portal.jobs.worker import Worker
from tests import make
from tests.calendars.elsewhere import calendar, event, says

DESK = "/desk/calendars"


@pytest.fixture
def at_the_desk(browser, ada):
    browser.sign_in(ada)
    return browser


def add(browser, url, *, label="Private diary"):
    browser.open(DESK)
    browser.fill("What do you call it?", label)
    browser.fill("What is its address?", url)
    return browser.press("Add this calendar")


def the_source(db):
    db.expire_all()
    return db.scalars(select(CalendarSource)).one()


def test_a_calendar_is_added_looked_at_and_removed(app, db, at_the_desk, elsewhere, now, later):
    page = add(at_the_desk, elsewhere.url("/k3y.ics"))
    assert "It is looked at now" in page.text
    assert "It has not been looked at yet" in page.text
    assert "k3y" not in page.source

    Worker(app).do_next()
    later(now + timedelta(minutes=12))
    page = at_the_desk.open(DESK)
    assert "Looked at 12 minutes ago." in page.text

    page = at_the_desk.press("Remove Private diary")
    assert "None so far." in page.text
    assert db.scalars(select(CalendarSource)).all() == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.5, "just now"),
        (1, "1 minute ago"),
        (119, "119 minutes ago"),
        (120, "2 hours ago"),
        (2880, "2 days ago"),
    ],
)
def test_its_age_is_told_in_words(app, at_the_desk, elsewhere, now, later, minutes, words, db, ada):
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()
    source = the_source(db)
    source.fetched_at = now - timedelta(minutes=minutes)
    db.flush()

    assert f"Looked at {words}." in at_the_desk.open(DESK).text


def test_one_that_fails_says_since_when_why_and_what_is_used(app, at_the_desk, elsewhere, now, later):
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()
    elsewhere.answer = says(status="404 Not Found")
    later(now + timedelta(minutes=10))
    Worker(app).do_next()

    text = at_the_desk.open(DESK).text
    assert "It could not be read since Monday 1 March, 09:10." in text
    assert "There is no calendar at this address any more." in text
    assert "The copy from Monday 1 March, 09:00 is used" in text


def test_one_that_never_worked_says_that_there_is_no_copy(app, at_the_desk, elsewhere):
    elsewhere.answer = says("<title>Sign in</title>")
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()

    text = at_the_desk.open(DESK).text
    assert "What came from this address is not a calendar." in text
    assert "There is no copy of it yet" in text


@pytest.mark.parametrize("why", Why)
def test_every_failure_has_words_of_its_own(db, at_the_desk, elsewhere, now, why):
    add(at_the_desk, elsewhere.url())
    source = the_source(db)
    source.failed_at, source.failed_why = now, why
    db.flush()

    text = at_the_desk.open(DESK).text
    assert ("Something went wrong on our side." in text) is (why is Why.UNKNOWN)
    assert why not in text or " " not in why


def test_what_could_not_be_read_is_told(app, at_the_desk, elsewhere):
    elsewhere.answer = says(
        calendar(event(":rubbish"), event(";TZID=Mars:20270302T100000", None, "DURATION:PT1H", uid="b"))
    )
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()

    text = at_the_desk.open(DESK).text
    assert "1 entry could not be read" in text
    assert "1 entry names a time zone that is not known here" in text
    assert "Europe/London" in text


def test_it_is_looked_at_again_when_asked_for(app, at_the_desk, elsewhere, now, later):
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()
    later(now + timedelta(minutes=1))
    at_the_desk.open(DESK)

    page = at_the_desk.press("Look again now: Private diary")
    assert "It is looked at now." in page.text
    assert "Look again now: Private diary" not in page.buttons

    Worker(app).do_next()
    assert len(elsewhere.asked) == 2
    assert "Look again now: Private diary" in at_the_desk.open(DESK).buttons


def test_an_old_page_asks_for_a_look_that_is_under_way(app, at_the_desk, elsewhere, now, later):
    add(at_the_desk, elsewhere.url())
    Worker(app).do_next()
    at_the_desk.open(DESK)
    later(now + timedelta(minutes=10))

    assert "It is being looked at already." in at_the_desk.press("Look again now: Private diary").text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"What is its address?": ""}, "Enter the address of the calendar"),
        ({"What do you call it?": " "}, "Enter a name for it, so that you can tell it from others"),
        (
            {"What is its address?": "calendar.example/a.ics"},
            "Enter an address that begins with https:// or webcal://, without a user name in it",
        ),
        (
            {"What is its address?": "https://ada:secret@calendar.example/"},
            "Enter an address that begins with https:// or webcal://, without a user name in it",
        ),
        (
            {"What is its address?": "https://calendar.example/" + "a" * 2000},
            "Keep the address under 2000 characters",
        ),
        (
            {"Which password does it want? (optional)": "secret"},
            "Enter the user name that belongs to the password",
        ),
        ({"Which user name does it want? (optional)": "a:b"}, "Enter a user name without a colon"),
    ],
)
def test_what_can_be_mended_is_said_at_its_field(db, at_the_desk, fields, error):
    at_the_desk.open(DESK)
    at_the_desk.fill("What do you call it?", "Private diary")
    at_the_desk.fill("What is its address?", "https://calendar.example/a.ics")
    for label, text in fields.items():
        at_the_desk.fill(label, text)

    page = at_the_desk.press("Add this calendar")

    assert page.errors == [error]
    assert page.title.startswith("Error: ")
    assert page.field_labelled("Which password does it want? (optional)").get("value") == ""
    assert db.scalars(select(CalendarSource)).all() == []


def test_there_is_room_for_so_many(db, at_the_desk, elsewhere):
    for number in range(MOST_SOURCES):
        add(at_the_desk, elsewhere.url(), label=f"Diary {number}")

    assert add(at_the_desk, elsewhere.url()).errors == ["Remove one first: there is room for 20"]


def test_another_s_calendar_is_not_found(db, browser, at_the_desk, elsewhere):
    add(at_the_desk, elsewhere.url())
    reference = the_source(db).reference
    browser.sign_in(make.therapist(db, name="Bo Lind"))
    page = browser.open(DESK)
    assert "Private diary" not in page.text

    token = next(page.root.all("input", name="csrf_token")).get("value")
    for what in ("look", "removal"):
        answer = browser.http.post(
            f"{DESK}/{reference}/{what}",
            data={"csrf_token": token},
            base_url="https://portal.test",
            headers={"Referer": "https://portal.test/desk/calendars"},
        )
        assert answer.status_code == 404
    assert the_source(db).reference == reference


def test_a_client_does_not_find_the_page(db, browser):
    browser.sign_in(make.client(db))

    browser.open(DESK, expect=404)


def test_looking_at_the_page_changes_nothing(at_the_desk, elsewhere, queries):
    add(at_the_desk, elsewhere.url())

    with queries() as seen:
        at_the_desk.open(DESK)
    assert seen
    assert all(statement.lstrip().startswith("SELECT") for statement in seen)


def test_one_calendar_or_three_take_the_same_number_of_queries(at_the_desk, elsewhere, queries):
    def needed():
        with queries() as seen:
            at_the_desk.open(DESK)
        return len(seen)

    add(at_the_desk, elsewhere.url(), label="One")
    one = needed()
    for label in ("Two", "Three"):
        add(at_the_desk, elsewhere.url(), label=label)

    assert needed() == one


def test_a_calendar_with_a_quoted_name_is_shown_as_it_was_typed(at_the_desk, elsewhere):
    page = add(at_the_desk, elsewhere.url(), label="<b>\"Home\" & 'work'</b>")

    assert "<b>\"Home\" & 'work'</b>" in page.text
