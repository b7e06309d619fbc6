"""A test mail goes out, and is seen to arrive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.practice.facts import practice_facts
from portal.practice.models import Practice
from tests.founding.test_first_start import last_code

MAIL = "/desk/practice/mail"


@pytest.fixture
def asked(db, willow, desk):
    """Ada has had a test mail sent."""
    desk.open(MAIL)
    desk.press("Send a test mail")
    return desk


def is_proved(db):
    db.expire_all()
    return bool(practice_facts(db).mail_proved_as)


def test_its_code_proves_that_it_arrived(db, asked):
    asked.fill("The code in the mail", last_code(db))

    assert asked.press("It has arrived").heading == "Practice"
    assert is_proved(db)
    assert "See a test mail arrive" not in asked.page.text


def test_opening_its_link_fills_the_code_in_and_proves_nothing(db, asked):
    code = last_code(db)
    page = asked.open(f"{MAIL}?code={code}")

    assert page.field_labelled("The code in the mail").get("value") == code
    assert not is_proved(db)
    asked.press("It has arrived")
    assert is_proved(db)


def test_five_wrong_codes_are_enough(db, asked):
    code = last_code(db)
    for _ in range(5):
        asked.fill("The code in the mail", "AAAAAA")
        errors = asked.press("It has arrived").errors
        assert errors == ["That is not what the last test mail says. Look at the newest one"]

    asked.fill("The code in the mail", code)

    assert asked.press("It has arrived").errors == [
        "No mail with a code is under way any more. Have another one sent"
    ]
    assert not is_proved(db)


def test_a_code_is_good_for_two_days_and_once(db, asked, later, now):
    code = last_code(db)
    asked.fill("The code in the mail", code)
    asked.press("It has arrived")
    asked.open(f"{MAIL}?code={code}")
    assert "It has arrived" not in asked.page.buttons

    later(now + timedelta(minutes=2))
    asked.press("Send another one")
    later(now + timedelta(minutes=15))
    code = last_code(db)
    db.scalars(select(Practice)).one().mail_code_at = now - timedelta(days=3)
    db.flush()
    asked.open(MAIL)
    asked.fill("The code in the mail", code)
    assert asked.press("It has arrived").errors == [
        "No mail with a code is under way any more. Have another one sent"
    ]


def test_a_second_one_is_not_sent_within_a_minute(db, asked):
    page = asked.press("Send another one")

    assert "One was sent a moment ago. Give it a minute." in page.text


def test_what_was_proved_of_another_server_is_to_be_proved_anew(db, app, asked):
    asked.fill("The code in the mail", last_code(db))
    asked.press("It has arrived")

    app.config["MAIL_URL"] = "smtp://ada:secret@mail.example:587"
    page = asked.open("/desk/practice")

    assert "See a test mail arrive" in page.text
    assert "by mail.example." in page.text
    assert "secret" not in page.source


def test_why_it_does_not_leave_is_said(db, asked):
    job = db.scalars(select(Job)).one()
    job.attempts, job.last_error = 3, "ConnectionRefusedError"
    db.flush()

    page = asked.open(MAIL)

    assert "The last one could not be handed over (ConnectionRefusedError)." in page.text
    assert "It is tried again by itself." in page.text
