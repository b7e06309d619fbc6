"""Erasing is asked for, thought over, and done; what is kept too long erases itself."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, timedelta

import pytest
from sqlalchemy import event, select

from portal.accounts.models import Client
from portal.accounts.queries import person_with_address
from portal.accounts.services import add_client
from portal.database import Base, transaction
from portal.intake.models import Answer, Intake
from portal.intake.sent import sent_intake_of
from portal.jobs.models import Job
from portal.journal.models import JournalLine
from portal.mail.models import OutgoingEmail
from portal.privacy.models import Erasure
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from portal.vault.models import DataKey
from portal.web.formatting import day
from tests import make
from tests.browser import Browser
from tests.privacy.scene import ask_and_wait, everything_stored
from tests.safekeeping.filled import ADAS_OWN, CANARIES

# What is Ada's own is not among them.
WORDS = [each for each in CANARIES if each not in ADAS_OWN]
# Every table that names a client, and what an erasure leaves in it.
LEFT = {
    "consultation": "that somebody had asked for a time, and what became of it; without a word",
}


def rows_of(db, table):
    db.expire_all()
    return db.execute(select(table)).all()


def test_the_page_says_what_goes_what_stays_and_when(sams, now):
    page = sams.open("/account/erasure")

    assert "after Wednesday 31 March 2027, 10:00 (Europe/London, UTC+1)" in page.text
    assert "Times that are still to come by then are cancelled first" in page.text
    assert "without a name, an address or a word" in page.text


def test_asking_is_noted_told_to_both_and_can_be_taken_back(app, db, sams, adas, sam, people, now, later):
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")

    letters = db.execute(select(OutgoingEmail.recipient, OutgoingEmail.subject)).all()
    assert sorted(letters) == sorted(
        [
            (sam.email, "Your account will be closed on Wednesday 31 March"),
            (people[0].email, "An account will be closed on Wednesday 31 March"),
        ]
    )
    assert "They asked for it on Monday 1 March" in adas.open("/desk/retention").text
    later(now + timedelta(days=29))
    sams.sign_in(sam)
    assert "It will be erased after Wednesday 31 March, 10:00" in sams.open("/account/erasure").text
    sams.press("Take it back: keep everything")

    assert rows_of(db, Erasure) == []
    lines = select(JournalLine.what).where(JournalLine.what.like("erasure%"))
    assert db.scalars(lines.order_by(JournalLine.number)).all() == [
        "erasure-asked",
        "erasure-taken-back",
    ]


def test_who_asks_twice_has_asked_once(db, sams):
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")
    form, _ = sams.open("/account/erasure").form_with("Take it back: keep everything")
    token = next(field.get("value") for field in form.all("input") if field.get("name") == "csrf_token")

    answer = sams.http.post(
        "/account/erasure",
        data={"csrf_token": token},
        headers={"Referer": "https://portal.test/account/erasure"},
        base_url="https://portal.test",
    )

    assert answer.status_code == 303
    assert len(rows_of(db, Erasure)) == 1
    assert len(rows_of(db, OutgoingEmail)) == 2


def test_nothing_happens_before_the_thirty_days_are_over(db, sams, sam, later, now, work):
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")
    later(now + timedelta(days=29, hours=23))
    work()

    assert db.get(Client, sam.id, populate_existing=True).erased_at is None
    assert sent_intake_of(db, sam).rows


def test_afterwards_nothing_of_theirs_is_left_in_the_database(app, db, erased):
    """Not their address, not a word, not even sealed; neither in a row nor in what rows leave behind."""
    stored = everything_stored(app, db)

    # There is something to find: the same search finds what may stand there.
    assert erased.reference in stored
    assert [each for each in (erased.email, "Europe/London\x00x", *WORDS) if each in stored] == []
    client = db.get(Client, erased.id, populate_existing=True)
    assert (client.sealed_name, client.password_hash, client.time_zone) == (None, "", None)
    assert client.erased_at is not None
    key = db.get(DataKey, client.data_key_id, populate_existing=True)
    assert (key.sealed_key, key.destroyed_at is not None) == (b"", True)


@pytest.fixture
def reader(app, sam):
    """Somebody who reads the database as it was, for as long as this is open; nobody waits for them long."""
    engine = app.extensions["engine"]
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA busy_timeout = 100"))
    engine.dispose()
    reader = sqlite3.connect(engine.url.database, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM client").fetchone() == (1,)
    yield reader
    reader.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_while_somebody_reads_the_log_that_it_stands_in_it_is_tried_again(
    app, db, reader, sams, sam, later, now, work
):
    """A copy of everything that is fetched slowly reads for as long as that takes."""
    email = sam.email
    ask_and_wait(sams, later, now, work)
    assert db.get(Client, sam.id, populate_existing=True).erased_at is not None
    assert email in everything_stored(app, db)

    reader.close()
    later(now + timedelta(days=30, minutes=20))
    work()

    assert email not in everything_stored(app, db)
    assert db.scalars(select(Job).where(Job.kind == "erase-client", Job.done_at.is_(None))).all() == []


def test_no_table_that_names_a_client_is_forgotten(db, erased):
    """A new table that refers to a client fails here, until an erasure thinks of it."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == "client" for key in column.foreign_keys):
                left = db.execute(select(table).where(column == erased.id)).all()
                assert not left or table.name in LEFT, f"{table.name} still holds something of theirs"


def test_what_stays_is_that_somebody_had_asked_without_a_word(db, erased):
    (consultation,) = db.scalars(select(Consultation)).all()

    assert consultation.status is Status.CANCELLED
    assert (consultation.sealed_words, consultation.sealed_reply) == (None, None)
    assert (consultation.sealed_offer, consultation.sealed_note) == (None, None)
    assert "erased" in db.scalars(select(JournalLine.what)).all()


def test_times_to_come_are_cancelled_as_if_by_them_and_the_last_letters_go_out(app, db, erased, people):
    files = [path.read_text() for path in (app.config["INSTANCE"] / "mail").glob("*.eml")]

    to_sam = [each for each in files if f"To: {erased.email}" in each]
    subjects = [re.search(r"^Subject: (.*)$", each, re.MULTILINE).group(1) for each in to_sam]
    assert "Your account is closed" in subjects
    cancelled = [each for each in to_sam if "METHOD:CANCEL" in each or "method=CANCEL" in each]
    assert len(cancelled) == 1
    assert any(f"To: {people[0].email}" in each and "wish" not in each for each in files)


def test_letters_are_waited_for_and_not_for_ever(app, db, sams, sam, later, now, work, monkeypatch):
    def nobody_delivers(_reference):
        raise OSError

    monkeypatch.setitem(app.extensions["job_handlers"], "deliver-email", nobody_delivers)
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")
    later(now + timedelta(days=30))
    work()
    later(now + timedelta(days=32))
    work()
    assert db.get(Client, sam.id, populate_existing=True).erased_at is None

    later(now + timedelta(days=33, minutes=10))
    work()
    assert db.get(Client, sam.id, populate_existing=True).erased_at is not None


def test_whoever_was_erased_cannot_sign_in_and_can_come_back_as_somebody_new(app, db, erased, now):
    email = erased.email
    with app.app_context(), transaction() as writing:
        assert person_with_address(writing, email) is None
        again = add_client(writing, email=email, password_hash="", now=now, proved=True)
        assert again.reference != erased.reference


def test_an_erased_client_is_on_no_list_and_has_no_page(adas, people, erased, later, now):
    adas.sign_in(people[0])
    adas.open(f"/desk/clients/{erased.reference}", expect=404)
    assert "Erased" not in adas.open("/desk/calendar/consultations/new").text
    # The journal still says what happened, about nobody who has a name.
    page = adas.open("/desk/journal?group=keeping")
    assert "The portal erased everything of theirs: Erased." in page.text


# Drafts, and what erases itself.


def test_what_was_never_sent_is_deleted_at_once_and_nothing_else(app, db, people, now):
    with app.app_context(), transaction() as writing:
        kit = make.client(writing, name="Kit", therapist=writing.merge(people[0]))
        make.intake(writing, client=kit, said={"what-brings-you": "The heron"})
    kits = Browser(app)
    kits.sign_in(kit)
    assert "Only what you have not sent" in kits.open("/account/erasure").text

    kits.press("Delete what I have not sent")

    assert db.scalars(select(Intake).where(Intake.client_id == kit.id)).all() == []
    assert db.get(Client, kit.id, populate_existing=True).sealed_name
    # Sam's are as they were, and Kit can begin anew.
    assert len(db.scalars(select(Answer)).all()) == 2
    assert kits.open("/questions").buttons
    assert "Only what you have not sent" not in kits.open("/account/erasure").text


def retain(adas, **said):
    adas.open("/desk/retention")
    for label, value in said.items():
        adas._filled[label] = [value]
    return adas.press("Keep this")


def test_who_has_not_been_here_for_long_is_listed_told_and_erased(
    app, db, adas, people, sam, later, now, work
):
    ada, _ = people
    retain(adas, months_kept="12")
    # The time that Sam has is forty days ahead; a year after it they stand on the list.
    over = now + timedelta(days=40 + 365)
    later(over - timedelta(days=31))
    work()
    assert rows_of(db, Erasure) == []
    later(over)
    work()

    (erasure,) = db.scalars(select(Erasure)).all()
    assert erasure.due_at == over + timedelta(days=30)
    told = db.execute(select(OutgoingEmail.subject).where(OutgoingEmail.recipient == sam.email)).all()
    assert [subject for (subject,) in told] == [f"Your account will be closed on {day(erasure.due_at, UTC)}"]
    adas.sign_in(ada)
    assert "They have not been here for as long as you keep things" in adas.open("/desk/retention").text
    later(over + timedelta(days=30))
    work()
    later(over + timedelta(days=30, minutes=10))
    work()
    assert db.get(Client, sam.id, populate_existing=True).erased_at is not None


def test_who_signs_in_after_all_is_taken_off_the_list(app, db, adas, sam, later, now, work):
    retain(adas, months_kept="12")
    over = now + timedelta(days=40 + 365)
    later(over)
    work()
    assert len(rows_of(db, Erasure)) == 1
    later(over + timedelta(days=3))
    browser = Browser(app)
    browser.open("/sign-in")
    browser.fill("Email address", sam.email)
    browser.fill("Password", make.PASSWORD)
    browser.press("Sign in")
    work()

    assert rows_of(db, Erasure) == []


def test_an_erasure_by_itself_can_be_put_off_with_a_reason(app, db, adas, people, sam, later, now, work):
    ada, _ = people
    retain(adas, months_kept="12")
    over = now + timedelta(days=40 + 365)
    later(over)
    work()
    adas.sign_in(ada)
    adas.open("/desk/retention")
    adas.follow("Keep it longer")
    adas.fill("How many months longer?", "6")
    adas.fill("Why?", "They may come back after the birth of the pangolin")
    page = adas.press("Keep it longer")

    assert "Put off: They may come back after the birth of the pangolin" in page.text
    assert "pangolin" not in everything_stored(app, db)
    later(over + timedelta(days=90))
    work()
    assert db.get(Client, sam.id, populate_existing=True).erased_at is None
    for minutes in (0, 10):
        later(over + timedelta(days=230, minutes=minutes))
        work()
    assert db.get(Client, sam.id, populate_existing=True).erased_at is not None


def test_what_a_client_asked_for_is_not_the_therapists_to_put_off(db, adas, sams, sam):
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")

    page = adas.open(f"/desk/retention/{sam.reference}")

    assert "it cannot be put off" in page.text
    form, _ = page.form_with("Sign out")
    token = next(field.get("value") for field in form.all("input") if field.get("name") == "csrf_token")
    due = db.scalar(select(Erasure.due_at))
    adas.http.post(
        f"/desk/retention/{sam.reference}",
        data={"csrf_token": token, "months": "6", "words": "no"},
        headers={"Referer": "https://portal.test/"},
        base_url="https://portal.test",
    )
    db.expire_all()
    assert db.scalar(select(Erasure.due_at)) == due


def test_what_the_practice_has_to_keep_is_kept_so_long_and_the_reason_is_told(
    app, db, adas, people, sam, later, now
):
    retain(adas, months_owed="120", why_owed="My profession asks for ten years.")
    with app.app_context(), transaction() as writing:
        make.consultation(
            writing,
            client=writing.merge(sam),
            therapist=writing.merge(people[0]),
            starts_at=now - timedelta(days=1),
            status=Status.MET,
        )
    sams = Browser(app)
    sams.sign_in(sam)

    page = sams.open("/account/erasure")

    assert "My profession asks for ten years." in page.text
    assert "so it is erased after Saturday 28 February 2037" in page.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"months_kept": "0"}, "Enter a number of months, 1 to 600"),
        ({"months_kept": "soon"}, "Not a valid integer value."),
        ({"months_owed": "601"}, "Enter a number of months, 0 to 600"),
        ({"months_owed": "12", "why_owed": ""}, "Say why: a law, or a rule of your profession"),
    ],
)
def test_what_nobody_can_mean_is_said_at_its_field(adas, said, told):
    page = retain(adas, **said)

    assert told in page.errors


def test_the_operator_erases_without_waiting(app, db, sam, people):
    run = app.test_cli_runner().invoke

    outcome = run(args=["client", "erase", sam.reference, "--at-once", "--yes"])

    assert outcome.output == "Everything of theirs is erased.\n", outcome.output
    assert db.get(Client, sam.id, populate_existing=True).erased_at is not None
    assert sam.email not in everything_stored(app, db)
    again = run(args=["client", "erase", sam.reference, "--yes"])
    assert (again.exit_code, "was erased already" in again.output) == (1, True)
    assert run(args=["client", "erase", "nobody", "--yes"]).exit_code == 1
