"""A client corrects what they sent and adds something; both sides read what changed, and what was before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.intake.models import Intake
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Status
from tests import make
from tests.browser import Browser

SLEEP = "How have you slept in the past two weeks?"


@pytest.fixture
def sam(db, now):
    """Has sent answers, and has a time."""
    sam = make.client(db, name="Sam Reed", therapist=make.therapist(db, name="Ada Marsh"))
    said = {"name": "Sam", "sleep": "mixed", "what-brings-you": "The heron"}
    make.intake(db, client=sam, said=said, sent_at=now - timedelta(days=1))
    make.consultation(
        db,
        client=sam,
        therapist=sam.therapist,
        starts_at=now + timedelta(days=3),
        status=Status.CONFIRMED,
    )
    return sam


def test_a_client_corrects_and_adds_and_the_therapist_reads_what_changed(app, db, sam, browser, later, now):
    desk = Browser(app)
    desk.sign_in(sam.therapist)
    assert "Nobody is waiting for you." in desk.open("/desk").text
    browser.sign_in(sam)
    browser.open("/questions/sent")
    browser.press("Correct an answer")
    assert browser.page.heading == "Check your answers"
    assert "Nothing is different yet" in browser.page.text
    assert "Send the correction" not in browser.page.buttons

    browser.open("/questions/sleep?from=check")
    browser.choose("Hardly at all")
    browser.press("Continue")
    assert _row(browser.page, SLEEP) == "Hardly at all Changed Before: Well on some nights, badly on others"
    browser.follow("Add something in your own words")
    assert browser.page.heading == "What would you like to add?"
    assert "Skip for now" not in browser.page.buttons
    browser.fill("What would you like to add?", "It has been a hard week")
    browser.press("Continue")
    assert _row(browser.page, "What would you like to add?") == "It has been a hard week New"

    # Until it is sent, nobody sees it, and the next step says so.
    assert "You have begun to correct it." in browser.open("/next").text
    assert "You have begun to correct this" in browser.open("/questions/sent").text
    assert _row(browser.page, SLEEP) == "Well on some nights, badly on others"
    assert "hard week" not in desk.open(f"/desk/clients/{sam.reference}").text

    later(now + timedelta(minutes=10))
    browser.open("/questions/check")
    page = browser.press("Send the correction")
    assert page.heading == "What you sent"
    assert "It corrects what you sent on Sunday 28 February, 09:00." in page.text
    assert _row(page, SLEEP) == "Hardly at all Changed Before: Well on some nights, badly on others"
    db.expire_all()
    assert [mail.subject for mail in db.scalars(select(OutgoingEmail))] == ["Something new on your desk"]

    page = desk.open("/desk")
    assert "Sam Reed Corrected their answers, Mon 1 March, 09:10" in page.text
    page = desk.open(f"/desk/clients/{sam.reference}")
    assert f"Changed: {SLEEP}; What would you like to add?" in page.text
    assert _row(page, SLEEP) == "Hardly at all Changed Before: Well on some nights, badly on others"
    assert "Monday 1 March, 09:10 Corrected, shown here Not read yet" in page.text
    page = desk.follow("Sunday 28 February, 09:00")
    assert "As they sent it on Sunday 28 February 2027, 09:00" in page.text
    assert _row(page, SLEEP) == "Well on some nights, badly on others"
    assert "hard week" not in page.text
    desk.open(f"/desk/clients/{sam.reference}")
    page = desk.press("I have read the correction")
    assert "Not read yet" not in page.text
    assert "Nobody is waiting for you." in desk.open("/desk").text

    browser.open("/questions/sent")
    page = browser.follow("Sunday 28 February, 09:00")
    assert "As you sent it on Sunday 28 February 2027" in page.text
    assert "You have corrected it since." in page.text
    assert _row(page, SLEEP) == "Well on some nights, badly on others"


def test_who_opened_it_is_who_opened_this_and_not_what_was_there_before(app, db, browser, later, now):
    sam = make.client(db, name="Sam Reed", therapist=make.therapist(db, name="Ada Marsh"))
    desk = Browser(app)
    desk.sign_in(sam.therapist)
    desk.open(f"/desk/clients/{sam.reference}")
    later(now + timedelta(minutes=20))
    make.intake(db, client=sam, said={"name": "Sam"}, sent_at=now + timedelta(minutes=20))
    browser.sign_in(sam)
    assert "Who opened it Nobody yet." in browser.open("/questions/sent").text

    later(now + timedelta(minutes=21))
    # The desk's session has ended meanwhile.
    desk.sign_in(sam.therapist)
    desk.open(f"/desk/clients/{sam.reference}")

    assert "Who opened it Ada Marsh, on Monday 1 March, 09:21." in browser.open("/questions/sent").text


def test_something_is_added_in_three_presses_without_walking_through_the_questions(sam, browser):
    browser.sign_in(sam)
    browser.open("/questions/sent")

    browser.press("Add something")
    browser.fill("What would you like to add?", "It has been a better week")
    browser.press("Continue")
    page = browser.press("Send the correction")

    assert _row(page, "What would you like to add?") == "It has been a better week New"


def test_sending_a_correction_again_from_another_tab_sends_nothing_more(app, db, sam, browser):
    browser.sign_in(sam)
    browser.open("/questions/sent")
    browser.press("Add something")
    browser.fill("What would you like to add?", "It has been a better week")
    browser.press("Continue")
    other = Browser(app)
    other.sign_in(sam)
    other.open("/questions/check")

    browser.press("Send the correction")
    other.press("Send the correction")

    assert other.page.heading == "What you sent"
    assert len(db.scalars(select(OutgoingEmail)).all()) == 1
    assert len(db.scalars(select(Intake)).all()) == 2


def test_a_correction_is_dropped_and_what_was_sent_is_as_it_was(db, sam, browser):
    browser.sign_in(sam)
    before = browser.open("/questions/sent").text
    browser.press("Correct an answer")
    browser.open("/questions/sleep?from=check")
    browser.choose("Hardly at all")
    browser.press("Continue")

    page = browser.press("Drop it")

    assert page.text == f"Dropped. What you sent before is as it was. {before}"
    assert browser.open("/questions/check").heading == "What you sent"


def test_what_is_written_in_a_tab_whose_correction_was_dropped_elsewhere_is_not_lost(app, sam, browser):
    other = Browser(app)
    for visitor in (browser, other):
        visitor.sign_in(sam)
        visitor.open("/questions/sent")
    other.press("Add something")
    other.fill("What would you like to add?", "It has been a better week")
    browser.press("Correct an answer")
    browser.press("Drop it")

    page = other.press("Continue", expect=409)

    assert page.heading == "Your answers were sent meanwhile"
    assert "better week" in page.text


def test_pressing_again_in_a_page_that_is_out_of_date_breaks_nothing(app, db, sam, browser):
    other = Browser(app)
    for visitor in (browser, other):
        visitor.sign_in(sam)
        visitor.open("/questions/sent")
    browser.press("Correct an answer")
    other.press("Add something")
    assert len(db.scalars(select(Intake)).all()) == 2
    other.open("/questions/check")
    browser.press("Drop it")

    assert other.press("Drop it").heading == "What you sent"


def test_another_s_sent_answers_are_not_found(db, sam, browser, now):
    kit = make.client(db, name="Kit", therapist=make.therapist(db, name="Bo Lind"))
    theirs = make.intake(db, client=kit, said={"name": "Kit"}, sent_at=now).reference
    draft = make.intake(db, client=make.client(db), said={"name": "Rae"}).reference
    browser.sign_in(sam)
    for reference in (theirs, draft, "no-such"):
        browser.open(f"/questions/sent/{reference}", expect=404)
    browser.sign_in(sam.therapist)

    for path in (
        f"/desk/clients/{sam.reference}/answers/{theirs}",
        f"/desk/clients/{kit.reference}/answers/{theirs}",
    ):
        browser.open(path, expect=404)
    browser.sign_in(kit.therapist)
    assert browser.open(f"/desk/clients/{kit.reference}/answers/{theirs}").heading == "Kit"


def test_who_sent_nothing_has_nothing_to_correct(db, browser):
    kit = make.client(db, name="Kit")
    make.intake(db, client=kit, said={"name": "Kit"})
    browser.sign_in(kit)
    browser.open("/questions/check")
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")

    for noun in ("amendment", "amendment/dropping"):
        answer = browser.http.post(
            f"/questions/sent/{noun}",
            data={"csrf_token": token},
            base_url="https://portal.test",
            headers={"Referer": "https://portal.test/"},
        )
        assert answer.location.endswith("/questions/check")
    assert len(db.scalars(select(Intake)).all()) == 1


def test_three_who_corrected_cost_the_desk_as_many_queries_as_one(db, browser, queries, now):
    def amended(ada):
        client = make.client(db, therapist=ada)
        first = make.intake(db, client=client, said={"name": "Sam"}, sent_at=now)
        for sent_at in (now, now + timedelta(hours=1)):
            second = make.intake(db, client=client, said={"name": "Sam"}, sent_at=sent_at)
            second.amends_id = first.id
            db.flush()
            first = second

    def cost(number: int) -> int:
        ada = make.therapist(db)
        for _ in range(number):
            amended(ada)
        browser.sign_in(ada)
        browser.open("/desk")
        with queries() as seen:
            page = browser.open("/desk")
        assert page.text.count("Corrected their answers") == number
        return len(seen)

    assert cost(1) == cost(3)


def _row(page, question: str) -> str:
    """What stands beside a question, but for the link that changes it."""
    rows = (row for facts in page.root.all("dl", class_="facts") for row in facts.all("div"))
    [answer] = [
        next(row.all("dd")).text for row in rows if any(term.text == question for term in row.all("dt"))
    ]
    return answer.removesuffix(" Change")
