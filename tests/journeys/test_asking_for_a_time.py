"""From choosing a time to the therapist's answer, to another time, and to giving it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.diary.models import Diary
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from tests import make
from tests.intake.definitions import item, questionnaire
from tests.scheduling.scene import Scene

WORDS = "Anything you would like to say with it (optional)"


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def sam(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return make.client(db, name="Sam Reed", therapist=ada, time_zone="Europe/London")


def reference_in(browser) -> str:
    return browser.path.removeprefix("/consultations/")


def test_a_time_is_asked_for_held_and_confirmed(browser, scene, sam):
    browser.sign_in(sam)
    page = browser.open("/times")
    assert (page.heading, page.title.split(" –")[0]) == ("Choose a time", "Choose a time")
    assert "50 minutes with Ada Marsh. Times are shown in Europe/London (UTC+0)." in page.text

    browser.choose("Tuesday 2 March, 10:00")
    browser.fill(WORDS, "I would rather sit near the door.\nThank you.")
    page = browser.press("Ask for this time")
    assert page.heading == "Tuesday 2 March, 10:00"
    assert "Held for you" in page.text
    assert "an answer by Tuesday 2 March 2027, 08:00 (Europe/London, UTC+0)" in page.text
    assert "I would rather sit near the door. Thank you." in page.text

    scene.confirm(reference_in(browser))
    page = browser.open(browser.path)
    assert "Confirmed" in page.text
    assert page.link_called("Put it into your calendar").get("href").endswith(".ics")


def test_another_time_is_asked_for_and_the_first_stays_until_it_is_confirmed(browser, scene, sam, now):
    old = scene.ask(sam, now + timedelta(days=1, hours=1))
    scene.confirm(old)
    browser.sign_in(sam)
    browser.open(f"/consultations/{old}")

    page = browser.follow("Choose another time")
    assert page.heading == "Choose another time"
    assert "Tuesday 2 March, 10:00 stays yours until another time is confirmed." in page.text
    browser.choose("Tuesday 2 March, 12:00")
    page = browser.press("Ask for this time")
    assert "You keep Tuesday 2 March, 10:00 until this one is confirmed." in page.text

    page = browser.follow("Tuesday 2 March, 10:00")
    assert "This time is yours." in page.text
    assert "You have asked for Tuesday 2 March, 12:00 instead." in page.text
    page = browser.follow("Tuesday 2 March, 12:00")

    scene.confirm(reference_in(browser))
    page = browser.open(f"/consultations/{old}")
    assert "You have moved to another time." in page.text
    assert "Your time is now Tuesday 2 March, 12:00." in page.text


def test_choosing_again_while_asking_withdraws_the_earlier_request(browser, scene, sam, now):
    kept = scene.ask(sam, now + timedelta(days=1, hours=1))
    scene.confirm(kept)
    scene.ask(sam, now + timedelta(days=1, hours=2), instead_of=kept)
    browser.sign_in(sam)

    page = browser.open("/times")
    assert "Tuesday 2 March, 10:00 stays yours until another time is confirmed." in page.text
    assert "Your request for Tuesday 2 March, 11:00 is withdrawn when you ask for another." in page.text

    browser.choose("Tuesday 2 March, 12:00")
    page = browser.press("Ask for this time")
    assert "You keep Tuesday 2 March, 10:00 until this one is confirmed." in page.text


@pytest.mark.parametrize(
    ("confirmed", "heading", "button"),
    [(False, "Withdraw your request?", "Withdraw"), (True, "Cancel this time?", "Cancel this time")],
)
def test_a_time_is_given_back_without_a_reason(browser, scene, sam, now, confirmed, heading, button):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    if confirmed:
        scene.confirm(asked)
    browser.sign_in(sam)
    browser.open(f"/consultations/{asked}")

    assert browser.follow(button).heading == heading
    page = browser.press(button)

    assert browser.path == f"/consultations/{asked}"
    assert "This time was cancelled, and is free again." in page.text
    assert browser.follow("Choose another time").field_labelled("Tuesday 2 March, 10:00")


def test_giving_it_back_twice_is_giving_it_back_once(browser, scene, sam, now):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    browser.sign_in(sam)
    browser.open(f"/consultations/{asked}/cancellation")
    scene.cancel(asked)

    page = browser.press("Withdraw")

    assert "This time was cancelled" in page.text


def test_kind_words_are_read_on_the_portal(browser, scene, sam, now):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    scene.decline(asked, reply="I am away that morning. Any other will do.")
    browser.sign_in(sam)

    page = browser.open(f"/consultations/{asked}")

    assert "Ada Marsh cannot offer you this time. It says nothing about you." in page.text
    assert "I am away that morning. Any other will do." in page.text


def test_a_request_that_nobody_answered_ends_with_an_apology(browser, scene, sam, now):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    scene.now += timedelta(hours=23)
    scene.expire(asked)
    browser.sign_in(sam)

    page = browser.open(f"/consultations/{asked}")

    assert "We are sorry. This is not your doing." in page.text


def test_times_are_read_in_the_readers_zone_which_is_then_kept(browser, scene, sam, db):
    browser.sign_in(sam)
    browser.open("/times")

    browser.follow("Change")
    browser.fill("Time zone", "America/New_York")
    page = browser.press("Show times in this zone")
    assert "Times are shown in America/New York (UTC\N{MINUS SIGN}5)." in page.text

    browser.choose("Tuesday 2 March, 05:00")
    page = browser.press("Ask for this time")
    assert page.heading == "Tuesday 2 March, 05:00"
    db.expire_all()
    assert db.get(type(sam), sam.id).time_zone == "America/New_York"


def test_a_page_leads_to_the_next_and_back(browser, sam):
    browser.sign_in(sam)
    first = browser.open("/times")
    assert "Soonest" in first.text

    later = browser.press("Later times, the week of 29 March 2027")
    assert later.field_labelled("Tuesday 6 April, 10:00")
    assert "Soonest" not in later.text
    assert "These are the times after the change (UTC+1)." in later.text

    page = browser.press("Earlier times, the week of 1 March 2027")
    assert page.field_labelled("Tuesday 2 March, 10:00")


def test_asking_instead_keeps_its_way_through_zones_and_pages(browser, scene, sam, now):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    browser.sign_in(sam)
    browser.open("/times")

    browser.follow("Change")
    browser.fill("Time zone", "Asia/Kolkata")
    browser.press("Show times in this zone")
    page = browser.press("Later times, the week of 5 April 2027")

    assert "Tuesday 2 March, 15:30 stays yours" in page.text
    assert "Times are shown in Asia/Kolkata" in page.text
    assert f"instead-of={asked}" in browser.path


def test_a_past_time_is_shown_and_left_alone(browser, scene, sam, now, later):
    asked = scene.ask(sam, now + timedelta(days=1, hours=1))
    scene.confirm(asked)
    later(now + timedelta(days=3))
    browser.sign_in(sam)

    page = browser.open(f"/consultations/{asked}")

    assert "This time has passed." in page.text
    assert [link.text for link in page.root.all("a") if "another" in link.text or "Cancel" in link.text] == []
    assert browser.open("/times").heading == "Choose a time"


def test_a_time_chosen_first_is_kept_until_the_answers_are_sent(browser, app, db, sam):
    db.add(Diary(therapist_id=sam.therapist_id, answers_first=True))
    version = make.questionnaire_version(db, questionnaire(item("sleep")))
    make.intake(db, client=sam, version=version, said={"sleep": "well"})
    browser.sign_in(sam)
    browser.open("/times")
    browser.choose("Tuesday 2 March, 10:00")
    page = browser.press("Ask for this time")
    kept = reference_in(browser)
    assert "Kept for you" in page.text
    assert "Ada Marsh is asked for it when you send your answers." in page.text

    browser.open("/questions/check")
    browser.press("Send my answers")
    work(app, db, "intake-sent", "tell-of-request")

    page = browser.open(f"/consultations/{kept}")
    assert "Held for you" in page.text
    assert "You will have an answer by Tuesday 2 March 2027, 08:00" in page.text
    subjects = list(db.scalars(select(OutgoingEmail.subject).order_by(OutgoingEmail.id)))
    assert subjects[-2:] == ["Your request for an appointment", "A request for an appointment"]


def test_other_times_are_offered_and_one_is_taken_with_one_press(browser, scene, sam, now):
    ten = now + timedelta(days=1, hours=1)
    week = timedelta(weeks=1)
    asked = scene.ask(sam, ten, ten + timedelta(hours=1))
    scene.propose(asked, ten + week, ten + timedelta(hours=2) + week, words="I am away this Tuesday.")
    browser.sign_in(sam)

    page = browser.open("/times")
    assert (page.heading, browser.path) == ("Other times for you", f"/consultations/{asked}")
    assert "I am away this Tuesday." in page.text
    page = browser.press("Take Tuesday 9 March, 12:00")

    assert "This time is yours." in page.text
    assert "Tuesday 9 March 2027, 12:00 (Europe/London, UTC+0), 50 minutes with Ada Marsh" in page.text


def test_something_earlier_opens_and_is_taken(browser, scene, app, db, sam, now, later):
    ten, week = now + timedelta(days=1, hours=1), timedelta(weeks=1)
    mine = scene.ask(sam, ten + 2 * week)
    scene.confirm(mine)
    kit = make.client(db, therapist=sam.therapist)
    kits = scene.ask(kit, ten + week)
    scene.confirm(kits)
    browser.sign_in(sam)
    browser.open(f"/consultations/{mine}")
    browser.press("Tell me if something earlier opens")

    scene.cancel(kits)
    later(now + timedelta(minutes=10))
    work(app, db, "offer-freed-time")

    page = browser.open(f"/consultations/{mine}")
    assert "You are offered Tuesday 9 March, 10:00 instead." in page.text
    page = browser.follow("Tuesday 9 March, 10:00")
    assert "A time sooner than yours has become free." in page.text
    assert "You keep Tuesday 16 March, 10:00 until you take another." in page.text
    page = browser.press("Take Tuesday 9 March, 10:00")
    assert "This time is yours." in page.text
    assert "You have moved to another time." in browser.open(f"/consultations/{mine}").text


def work(app, db, *kinds: str) -> None:
    """What a worker does about what is due of these kinds, in this order."""
    for kind in kinds:
        for job in db.scalars(select(Job).where(Job.kind == kind, Job.due_at <= clock.now())):
            with app.test_request_context(base_url=app.config["BASE_URL"]):
                app.extensions["job_handlers"][kind](job.subject)
