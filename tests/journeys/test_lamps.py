"""A lamp from both sides: what the client reads, and what the desk shows and does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.intake.models import Intake, Lamp
from portal.mail.models import OutgoingEmail
from portal.practice.models import Absence
from tests import make
from tests.browser import Browser
from tests.intake.definitions import item, questionnaire

SAFETY = "Is there anything your therapist should know about your safety right now?"


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)


@pytest.fixture
def shipped(db):
    return make.questionnaire_version(db)


@pytest.fixture
def sam(db, ada, shipped):
    sam = make.client(db, therapist=ada)
    make.intake(db, client=sam, version=shipped, said={"name": "Sam"})
    return sam


@pytest.fixture
def desk(app, ada):
    desk = Browser(app)
    desk.sign_in(ada)
    return desk


def answer(browser, label):
    browser.open("/questions/right-now")
    browser.choose(label)
    return browser.press("Continue")


def go_away(app, db, now, **more):
    db.add(Absence(first_day=now.date(), last_day=now.date() + timedelta(days=6), **more))
    db.flush()
    app.extensions["practice"].forget()


# What the client reads


def test_the_client_reads_that_a_note_is_on_its_way_then_that_it_came_then_who_saw_it(
    db, sam, browser, desk, now, later
):
    browser.sign_in(sam)
    page = answer(browser, "I am not sure")
    assert "A short note is on its way to Ada Marsh." in page.text
    assert "It says that there is something to look at, and nothing of what you chose." in page.text
    assert "Call 999" in page.text

    db.scalars(select(OutgoingEmail)).one().sent_at = now
    db.flush()
    later(now + timedelta(minutes=2))
    page = browser.open("/questions/check")
    assert "Ada Marsh got a short note at 09:00." in page.text
    assert "It may be some hours before anybody reads it." in page.text

    desk.open(f"/desk/clients/{sam.reference}")
    desk.press("I have seen this")
    page = browser.open("/questions/right-now")
    assert "Ada Marsh saw at 09:02 that there is something to look at." in page.text


def test_before_anything_is_chosen_the_page_can_say_who_will_be_told(sam, browser):
    browser.sign_in(sam)

    page = browser.open("/questions/right-now")

    assert "Ada Marsh gets a short note at once." in page.text


@pytest.mark.parametrize(
    ("tells", "hour", "told"),
    [
        ({"tells": "within-minutes", "minutes": 20}, 9, "09:20"),
        ({"tells": "answering-hours"}, 7, "08:00"),
    ],
)
def test_one_that_tells_later_says_when(db, ada, browser, later, now, tells, hour, told):
    kit = make.client(db, therapist=ada)
    rule = {"codes": ["yes"], "heading": "Thank you", "words": "You are not alone."} | tells
    definition = questionnaire(item("a", "yes-no", lamp=rule), item("b"))
    make.intake(db, client=kit, version=make.questionnaire_version(db, definition))
    later(now.replace(hour=hour))
    browser.sign_in(kit)
    browser.open("/questions/a")
    browser.choose("Yes")

    assert f"Ada Marsh gets a short note at {told}." in browser.press("Continue").text


def test_while_the_practice_is_away_the_page_says_until_when_and_who_stands_in(app, db, sam, browser, now):
    bo = make.therapist(db, name="Bo Lind")
    words = "What cannot wait: call Bo at 0161 496 0000."
    go_away(app, db, now, stand_in="Bo Lind", stand_in_email=bo.email, words=words)
    browser.sign_in(sam)

    page = answer(browser, "I am afraid of someone")

    assert "on its way to Ada Marsh and Bo Lind." in page.text
    assert (
        "Willow Street Practice is away until Sunday 7 March, and reads messages again on Monday 8 March."
        " Bo Lind stands in until then." in page.text
    )
    assert words in page.text
    assert "reads messages from Monday 8 March on" in browser.open("/next").source


def test_where_nobody_is_there_yet_the_page_says_that_nobody_is_told(db, shipped, browser):
    kit = make.client(db)
    make.intake(db, client=kit, version=shipped, said={"name": "Kit"})
    browser.sign_in(kit)

    page = answer(browser, "I am not sure")

    assert "so nobody can be told yet. These people are there for you now." in page.text


def test_without_a_therapist_of_their_own_everyone_here_is_told_and_the_page_names_them(
    db, ada, shipped, browser, desk
):
    kit = make.client(db, name="Kit Lowe")
    make.intake(db, client=kit, version=shipped, said={"name": "Kit"})
    browser.sign_in(kit)

    page = answer(browser, "I am not sure")

    assert "on its way to Ada Marsh." in page.text
    page = desk.open("/desk")
    assert "Kit Lowe Not seen yet Saved at 09:00; no therapist yet" in page.text
    page = desk.follow("Kit Lowe Not seen yet Saved at 09:00; no therapist yet")
    assert "It is not settled yet who their therapist is." in page.text
    desk.press("I have seen this")
    assert desk.page.heading == "Kit Lowe"
    assert "Seen, still open" in desk.page.text


def test_the_script_is_told_the_line_that_the_page_shows(db, sam, browser):
    browser.sign_in(sam)
    browser.open("/questions/right-now")
    form, _ = browser.page.form_with("Continue")
    token = next(field.get("value") for field in form.all("input") if field.get("name") == "csrf_token")

    told = browser.http.post(
        "/questions/right-now/draft",
        data={"answer": "unsure", "page": "p", "turn": "1", "csrf_token": token},
        headers={"Referer": "https://portal.test/questions/right-now"},
        base_url="https://portal.test",
    ).json

    assert told["lit"] is True
    assert told["told"] == (
        "A short note is on its way to Ada Marsh."
        " It says that there is something to look at, and nothing of what you chose."
    )


# On the desk


def test_it_stands_first_on_today_and_leads_to_the_person(db, sam, desk, now):
    make.lamp(db, _intake(db, sam), lit_at=now)

    page = desk.open("/desk")

    assert page.text.startswith("Monday 1 March 1 to look at today To look at today")
    page = desk.follow("Sam Reed Not seen yet Saved at 09:00")
    assert page.heading == "Sam Reed"
    assert SAFETY in page.text
    assert "Their answers are not sent yet, so what they chose is not shown." in page.text


def test_it_is_seen_noted_on_and_closed_by_buttons_alone(db, sam, desk, now):
    make.lamp(db, _intake(db, sam), lit_at=now)
    desk.open(f"/desk/clients/{sam.reference}")
    assert "Close" not in desk.page.buttons

    page = desk.press("I have seen this")
    assert "Seen, still open" in page.text
    assert "Ada Marsh has seen it." in page.text
    assert "Nobody is waiting for you." in desk.open("/desk").text
    assert "Seen, still open Sam Reed" in desk.page.text

    desk.open(f"/desk/clients/{sam.reference}")
    desk.follow("Note what I did")
    desk.fill("What you did", "Called at ten; they are with their sister.")
    page = desk.press("Keep this note")
    assert page.heading == "Sam Reed"
    assert "Ada Marsh noted: Called at ten; they are with their sister." in page.text
    assert "Something was done, still open" in page.text

    page = desk.press("Close")
    assert "Looked at and closed: 1" in page.text
    assert "still open" not in desk.open("/desk").text
    desk.open(f"/desk/clients/{sam.reference}")
    assert "Seen, still open" in desk.press("Open it again").text


def test_a_note_that_is_empty_or_too_long_is_said_at_its_field_and_not_lost(db, sam, desk, now):
    lamp = make.lamp(db, _intake(db, sam), lit_at=now)
    desk.open(f"/desk/lamps/{lamp.reference}")
    assert desk.press("Keep this note").errors == ["Write what you did, in a few words"]
    desk.fill("What you did", "word " * 500)

    page = desk.press("Keep this note")

    assert page.errors == ["Keep it under 2000 characters"]
    assert page.text.count("word") > 490


def test_pressing_twice_or_at_two_desks_is_pressing_once(app, db, sam, ada, desk, now):
    make.lamp(db, _intake(db, sam), lit_at=now)
    other = Browser(app)
    other.sign_in(ada)
    for each in (desk, other):
        each.open(f"/desk/clients/{sam.reference}")

    desk.press("I have seen this")
    page = other.press("I have seen this")

    assert page.text.count("has seen it") == 1


def test_the_desk_sees_that_an_answer_was_changed_back(db, sam, browser, desk, later, now):
    browser.sign_in(sam)
    answer(browser, "I am not sure")
    later(now + timedelta(minutes=10))
    answer(browser, "No, I am safe enough for now")

    page = desk.open(f"/desk/clients/{sam.reference}")

    assert "They changed this answer at 09:10." in page.text
    assert "I have seen this" in page.buttons
    assert "changed at 09:10" in desk.open("/desk").text


def test_who_stands_in_sees_the_lamp_and_nothing_else_of_the_person(app, db, sam, browser, now):
    bo = make.therapist(db, name="Bo Lind")
    go_away(app, db, now, stand_in="Bo Lind", stand_in_email=bo.email)
    lamp = make.lamp(db, _intake(db, sam), lit_at=now)
    browser.sign_in(bo)

    assert "you stand in" in browser.open("/desk").text
    page = browser.open(f"/desk/lamps/{lamp.reference}")
    assert "You stand in. Of this person you see this alone." in page.text
    assert sam.email in page.text
    browser.open(f"/desk/clients/{sam.reference}", expect=404)

    browser.open(f"/desk/lamps/{lamp.reference}")
    browser.press("I have seen this")
    browser.press("Close")
    assert browser.page.heading == "Monday 1 March"
    browser.open(f"/desk/lamps/{lamp.reference}", expect=404)


def test_the_desk_says_where_an_answer_is_that_was_sent(app, db, ada, shipped, desk, browser, now):
    kit = make.client(db, name="Kit", therapist=ada)
    lamp = make.lamp(db, make.intake(db, client=kit, version=shipped, said={"name": "Kit"}, sent_at=now))

    assert "The answer stands below, with the others." in desk.open(f"/desk/clients/{kit.reference}").text
    page = desk.open(f"/desk/lamps/{lamp.reference}")
    assert "The answer stands on their page, with the others." in page.text
    bo = make.therapist(db, name="Bo Lind")
    go_away(app, db, now, stand_in="Bo Lind", stand_in_email=bo.email)
    browser.sign_in(bo)
    page = browser.open(f"/desk/lamps/{lamp.reference}")
    assert "What they chose is read by their therapist." in page.text


def test_a_stranger_finds_no_lamp(db, sam, ada, browser, now):
    lamp = make.lamp(db, _intake(db, sam), lit_at=now)
    for person in (make.therapist(db, name="Bo Lind"), sam):
        browser.sign_in(person)
        browser.open(f"/desk/lamps/{lamp.reference}", expect=404)


def test_today_costs_six_queries_and_a_person_ten_however_many_lamps_there_are(
    db, sam, ada, desk, now, queries
):
    def cost(path):
        desk.open(path)
        with queries() as seen:
            desk.open(path)
        return len(seen)

    intake = _intake(db, sam)
    make.lamp(db, intake, lit_at=now)
    one = cost("/desk"), cost(f"/desk/clients/{sam.reference}")
    for number in range(2):
        kit = make.client(db, name="Kit", therapist=ada)
        make.lamp(db, make.intake(db, client=kit), lit_at=now)
        make.lamp(db, intake, lit_at=now, link_id=f"q-{number}")

    assert (cost("/desk"), cost(f"/desk/clients/{sam.reference}")) == one
    assert one[0] <= 6
    assert one[1] <= 10


def test_a_question_with_a_lamp_that_is_lit_costs_one_query_more(db, sam, browser, queries):
    browser.sign_in(sam)
    answer(browser, "I am not sure")
    browser.open("/questions/right-now")

    with queries() as seen:
        browser.open("/questions/right-now")

    assert len(seen) == 4


def test_the_desk_s_lamps_are_read_back_as_they_were_lit(db, sam, browser):
    browser.sign_in(sam)
    answer(browser, "I am afraid of someone")

    lamp = db.scalars(select(Lamp)).one()

    assert (lamp.question, lamp.times_told) == (SAFETY, 1)


def _intake(db, client):
    return db.scalars(select(Intake).where(Intake.client_id == client.id)).first()
