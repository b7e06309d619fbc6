"""A message is stored with the change that it tells of."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader
from sqlalchemy import select

from portal.database import current_db, transaction
from portal.errors import Refused
from portal.jobs.models import Job
from portal.mail.message import UnfitForAHeader
from portal.mail.models import OutgoingEmail
from portal.mail.outbox import post

CALENDAR = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture(autouse=True)
def templates(app, inside_app):
    app.jinja_env.loader = DictLoader(
        {"email/greeting/subject.txt": "{{ subject }}\n", "email/greeting/body.txt": "Hello <{{ name }}>\n"}
    )


def test_a_message_and_its_delivery_are_stored_together(db, now):
    with transaction() as change:
        posted = post(
            change,
            "greeting",
            to="sam@foyer.example",
            now=now,
            calendar=(CALENDAR, "REQUEST"),
            subject="Hello",
            name="Sam & co",
        )

    email, job = db.scalars(select(OutgoingEmail)).one(), db.scalars(select(Job)).one()
    assert (email.subject, email.body) == ("Hello", "Hello <Sam & co>")
    assert (email.calendar, email.calendar_method, email.sent_at) == (CALENDAR, "REQUEST", None)
    assert (job.kind, job.subject, job.due_at) == ("deliver-email", posted, now)


def test_what_did_not_happen_is_told_to_nobody(db, now):
    def change_that_fails():
        with transaction() as change:
            post(change, "greeting", to="sam@foyer.example", now=now, subject="Hello", name="Sam")
            raise Refused

    with pytest.raises(Refused):
        change_that_fails()
    assert db.scalars(select(OutgoingEmail)).all() == db.scalars(select(Job)).all() == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("sam@foyer.example\r\nBcc: kit@foyer.example", "Hello"),
        ("sam@foyer.example, kit@foyer.example", "Hello"),
        ("sam@foyer.example", "Hello\r\nBcc: kit@foyer.example"),
        ("sam@foyer.example", "Hello\nyou"),
    ],
)
def test_nobody_adds_a_header(now, to, subject):
    with pytest.raises(UnfitForAHeader):
        post(current_db(), "greeting", to=to, now=now, subject=subject, name="Sam")
