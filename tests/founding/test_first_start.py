"""The first start: eight short pages that a therapist goes through, leaves, and comes back to."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from portal.practice.facts import practice_facts
from tests import make


def last_code(db):
    body = db.scalars(select(OutgoingEmail.body).order_by(OutgoingEmail.id.desc())).first()
    return re.search(r"^  ([A-Z0-9]{6})$", body, re.MULTILINE).group(1)


def facts(db):
    db.expire_all()
    return practice_facts(db)


def test_the_desk_of_a_new_practice_begins_with_setting_it_up(db, ada, desk):
    desk.open("/desk")

    assert desk.follow("Set the practice up").heading == "Before anybody comes"


def test_the_desk_of_one_that_has_a_name_does_not(db, ada, willow, desk):
    page = desk.open("/desk")

    assert "Set the practice up" not in page.text
    assert "A clear desk" in page.text


def says_who_they_are(desk):
    desk.open("/desk/practice/first-start")
    desk.follow("Begin")
    desk.fill("What is your practice called?", "Willow Street")
    assert desk.press("Save and go on").heading == "You"
    assert "Your practice is being set up: 1 of 8 pages are done." in desk.page.root.text
    desk.fill("What are you called?", "Ada Marsh")
    assert desk.press("Save and go on").heading == "Country and clock"


def says_where_they_are(desk):
    desk.fill("In which country do you work?", "NO")
    desk.fill("Which clock do you go by?", "Europe/Oslo")
    assert desk.press("Save and go on").heading == "Help lines"
    assert "113 for an ambulance, 112 for the police" in desk.page.text
    assert desk.press("I have checked them: they are right").heading == "Hours"


def says_when_they_answer(db, ada, desk):
    make.working_hours(db, ada)
    desk.open(desk.path)
    assert desk.press("That is right and go on").heading == "How soon you answer"
    desk.choose("Monday", "Thursday")
    desk.fill("Within how many of these days?", "1")
    assert desk.press("Save and go on").heading == "Mail"


def sees_a_mail_arrive(db, desk):
    desk.press("Send a test mail")
    desk.fill("The code in the mail", last_code(db).lower())
    assert desk.press("It has arrived and go on").heading == "What the portal says about itself"


def test_a_therapist_walks_through_all_eight_pages(db, ada, desk, now):
    says_who_they_are(desk)
    says_where_they_are(desk)
    says_when_they_answer(db, ada, desk)
    sees_a_mail_arrive(db, desk)
    desk.fill("What would you like to say first? (optional)", "Come as you are.")
    desk.fill("How are you reached otherwise? (optional)", "020 7946 0000")
    desk.choose("Only whom you invite")
    page = desk.press("Save and go on")

    assert page.heading == "Practice"
    assert "being set up" not in page.root.text
    # Ada has not set up a second step, as she may in development; nothing else is left.
    assert page.text.count("Before clients come") == 1
    said = facts(db)
    assert (said.name, said.country, said.time_zone) == ("Willow Street", "NO", "Europe/Oslo")
    assert (said.answering_days, said.answers_within_days) == ((1, 4), 1)
    assert (said.about, said.reached_by, said.self_sign_up) == ("Come as you are.", "020 7946 0000", False)
    assert (said.help_lines_confirmed_on, len(said.settled)) == (now.date(), 8)
    # Whose clock was the practice's own goes along with it.
    db.refresh(ada)
    assert ada.time_zone == "Europe/Oslo"
    assert "Come as you are." in desk.open("/").text
    assert "020 7946 0000" in desk.open("/privacy").text


def test_a_page_can_be_passed_by_and_waits(db, desk):
    desk.open("/desk/practice/name?first=1")
    desk.fill("What is your practice called?", "Willow Street")
    desk.press("Save and go on")

    desk.follow("Later")
    page = desk.open("/desk/practice/first-start")

    assert page.link_called("Go on").get("href") == "/desk/practice/therapist?first=1"
    assert [tag.text for tag in page.root.all("span", class_="tag")] == ["Done", "Next"]


def test_that_is_enough_for_now_ends_what_every_page_speaks_of(db, desk):
    desk.open("/desk/practice/name?first=1")
    desk.fill("What is your practice called?", "Willow Street")
    desk.press("Save and go on")

    desk.open("/desk/practice")
    page = desk.press("That is enough for now")

    assert "being set up" not in page.root.text
    assert "Say how soon you answer requests." in page.text


def test_a_setting_changed_later_leads_back_to_the_practice(db, willow, desk):
    desk.open("/desk/practice/name")
    desk.fill("What is your practice called?", "Elm Street")

    assert desk.press("Save").heading == "Practice"
    assert (facts(db).name, facts(db).settled) == ("Elm Street", frozenset())


@pytest.mark.parametrize(
    ("path", "field", "typed", "error"),
    [
        ("name", "What is your practice called?", "", "Enter a name"),
        ("name", "What is your practice called?", "a" * 81, "Keep it under 80 characters"),
        ("place", "In which country do you work?", "", "Choose the country whose help lines people need"),
        ("place", "Which clock do you go by?", "Mars/Olympus", "Not a valid choice."),
        ("answers", "Within how many of these days?", "0", "Enter a number from 1 to 30"),
        ("answers", "Within how many of these days?", "", "Enter how many days"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(db, willow, desk, path, field, typed, error):
    desk.open(f"/desk/practice/{path}")
    desk.fill(field, typed)

    assert desk.press("Save").errors == [error]


def test_a_name_that_tells_is_taken_with_a_warning(db, desk):
    desk.open("/desk/practice/name")
    desk.fill("What is your practice called?", "Marsh Psychotherapy")
    page = desk.press("Save")

    assert facts(db).name == "Marsh Psychotherapy"
    assert "The name tells what people come for." in page.text
    assert "This name tells. Whoever sees “psychotherapy”" in desk.open("/desk/practice/name").text


def test_a_therapists_own_clock_stays_where_it_was_another(db, ada, willow, desk):
    ada.time_zone = "America/New_York"
    db.flush()
    desk.open("/desk/practice/place")
    desk.fill("Which clock do you go by?", "Europe/Oslo")
    desk.press("Save")

    db.refresh(ada)
    assert ada.time_zone == "America/New_York"


def test_today_says_in_one_line_what_is_left_while_it_is_serious(db, ada, desk):
    make.practice(db, name="Willow Street", country="GB")

    assert "Before clients come, 3 things are left to do: Check the help lines" in desk.open("/desk").text


def test_a_practice_is_not_a_clients_to_set_up(db, ada, willow, browser):
    browser.sign_in(make.client(db, therapist=ada))

    for path in ("", "/name", "/help-lines", "/mails", "/mails/invited", "/mail"):
        browser.open(f"/desk/practice{path}", expect=404)
