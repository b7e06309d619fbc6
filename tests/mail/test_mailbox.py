"""On a developer's machine mail lands in a folder and on a page, and nowhere else."""

from __future__ import annotations

import dataclasses
import stat
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from config import Environment
from portal.app import create_app
from portal.jobs.queue import enqueue
from portal.jobs.worker import Worker
from portal.mail.models import OutgoingEmail
from portal.mail.outbox import DELIVERY

LINK = "https://portal.test/prove-address/abc"
BODY = f"Prove that it is you:\n\n{LINK}\n\n<b>Not bold</b>\n"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def mail(app, db, now):
    """Call it with what a message says; it is delivered."""

    def deliver(**says):
        fields = {"recipient": "sam@foyer.example", "subject": "Your appointment", "body": BODY}
        email = OutgoingEmail(**fields | {"written_at": now} | says)
        db.add(email)
        db.flush()
        enqueue(db, DELIVERY, subject=email.reference, due_at=now)
        db.flush()
        Worker(app).do_next()
        return email

    return deliver


def the_files(settings):
    return sorted((settings.instance / "mail").iterdir())


def test_a_message_is_a_file_that_any_mail_program_opens(settings, mail):
    email = mail()

    (file,) = the_files(settings)
    assert file.name == f"20270301-090000-000000-{email.reference}.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == ("sam@foyer.example", "Your appointment")
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


def test_a_second_attempt_replaces_the_first(app, db, now, settings, mail):
    email = mail()
    email.sent_at, email.body = None, "Once more.\n"
    enqueue(db, DELIVERY, subject=email.reference, due_at=now)
    db.flush()
    Worker(app).do_next()

    (file,) = the_files(settings)
    assert b"Once more." in file.read_bytes()


def test_the_mailbox_shows_the_newest_first(browser, mail, now):
    mail(subject="The older one", written_at=now - timedelta(hours=1))
    mail(subject="The newer one", recipient="kit@foyer.example")
    page = browser.open("/dev/mail")

    links = [link.text for link in page.root.all("a") if link.get("href").startswith("/dev/mail/")]
    assert links == [
        "The newer one To kit@foyer.example, Monday 1 March 2027, 09:00 (UTC, UTC+0)",
        "The older one To sam@foyer.example, Monday 1 March 2027, 08:00 (UTC, UTC+0)",
    ]


def test_an_empty_mailbox_says_so(browser):
    assert "There is no mail yet" in browser.open("/dev/mail").text


def test_a_message_is_shown_with_its_links_and_without_anybody_s_markup(browser, mail):
    mail(subject="Bring <i>nothing</i>")
    browser.open("/dev/mail")
    page = browser.follow(next(link.text for link in browser.page.root.all("a") if "Bring" in link.text))

    assert page.heading == "Bring <i>nothing</i>"
    assert page.link_called(LINK).get("href") == LINK
    assert "<b>Not bold</b>" in page.text


def test_the_calendar_file_is_shown_too(browser, mail, settings):
    mail(calendar=CALENDAR, calendar_method="REQUEST")
    page = browser.open(f"/dev/mail/{the_files(settings)[0].stem}")

    assert "BEGIN:VCALENDAR METHOD:REQUEST END:VCALENDAR" in page.text


@pytest.mark.parametrize(
    "name",
    [
        "20270301-090000-000000-abc",
        "..%2Fsecret.key",
        "%2E%2E",
        "..",
        "%2Fetc%2Fpasswd",
        ".",
        "20270301-090000-000000-abc.eml",
        "20270301-090000-000000-abc%0A",
        "secret",
    ],
)
def test_nothing_but_a_message_can_be_opened(browser, mail, settings, name):
    mail()
    (settings.instance / "mail" / "secret.eml").write_text("Subject: secret\n\nsecret")

    assert "secret" not in browser.open("/dev/mail").text
    answer = browser.http.get(f"/dev/mail/{name}", base_url="https://portal.test")
    assert answer.status_code in {404, 308}
    assert "secret" not in answer.text


def test_there_is_no_such_page_in_production(settings, now):
    production = dataclasses.replace(
        settings, env=Environment.PRODUCTION, mail_url="smtp://127.0.0.1", argon2_memory_kib=8
    )
    app = create_app(production)

    answer = app.test_client().get("/dev/mail", base_url="https://portal.test")
    assert answer.status_code == 404
    assert "mail" not in app.blueprints
    app.extensions["engine"].dispose()
