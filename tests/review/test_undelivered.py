"""What was not delivered stands on the desk until it is, or is taken off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Status
from tests import make


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def desk(browser, ada):
    browser.sign_in(ada)
    return browser


def failed(db, to, now, *, subject="Your appointment", **job):
    email = OutgoingEmail(recipient=to, subject=subject, body="Hello", written_at=now)
    db.add(email)
    db.flush()
    so = {"attempts": 1, "gave_up_at": now} | job
    db.add(Job(kind="deliver-email", subject=email.reference, due_at=now, **so))
    db.flush()
    return email


def test_what_was_given_up_is_named_with_whom_it_was_for(db, sam, desk, now):
    failed(db, sam.email, now)

    page = desk.open("/desk")

    assert "Not delivered" in page.text
    assert f"Sam Reed, {sam.email}" in page.text
    assert page.link_called("Sam Reed").get("href") == f"/desk/clients/{sam.reference}"


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        ({"gave_up_at": None, "attempts": 4}, False),
        ({"gave_up_at": None, "attempts": 5}, True),
        ({"gave_up_at": None, "attempts": 7, "done_at": True}, False),
    ],
)
def test_what_has_been_tried_for_some_minutes_stands_there_too(db, sam, desk, now, job, shown):
    failed(db, sam.email, now, **job | ({"done_at": now} if "done_at" in job else {}))

    assert ("Not delivered" in desk.open("/desk").text) is shown


def test_it_is_sent_again(db, sam, desk, now):
    failed(db, sam.email, now)
    desk.open("/desk")
    page = desk.press("Send it again")

    assert "Not delivered" not in page.text
    job = db.scalars(select(Job).execution_options(populate_existing=True)).one()
    assert (job.gave_up_at, job.attempts, job.due_at) == (None, 0, now)


def test_it_is_taken_off_and_goes_to_nobody(db, sam, desk, now):
    failed(db, sam.email, now)
    desk.open("/desk")
    page = desk.press("Take it off")

    assert "Not delivered" not in page.text
    assert db.scalars(select(OutgoingEmail.id)).all() == db.scalars(select(Job.id)).all() == []


def test_what_is_for_anothers_client_is_not_there_and_not_found(db, desk, now):
    other = make.therapist(db, name="Bea")
    theirs = failed(db, make.client(db, therapist=other).email, now)

    assert "Not delivered" not in desk.open("/desk").text
    for what in ("sending", "removal"):
        token = desk.http.get("/desk/hours/limits", base_url="https://portal.test").text
        token = token.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = desk.http.post(
            f"/desk/mails/{theirs.reference}/{what}",
            data={"csrf_token": token},
            base_url="https://portal.test",
            headers={"Referer": "https://portal.test/desk"},
        )
        assert answer.status_code == 404
    assert db.scalars(select(OutgoingEmail.id)).all() == [theirs.id]


def test_three_cost_as_much_as_one(db, ada, sam, desk, now, queries):
    failed(db, sam.email, now)
    desk.open("/desk")
    with queries() as for_one:
        desk.open("/desk")
    for number in range(2):
        failed(db, make.client(db, name=f"Kit {number}", therapist=ada).email, now)

    with queries() as for_three:
        assert desk.open("/desk").text.count("Given up") == 3

    assert len(for_three) == len(for_one)


def test_an_empty_desk_says_who_comes_next(db, ada, sam, desk, now):
    starts_at = now + timedelta(days=3)
    make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=Status.CONFIRMED)

    text = desk.open("/desk").text

    assert "Nobody is waiting for you." in text
    assert "The next to come is Sam Reed, on Thursday 4 March" in text
