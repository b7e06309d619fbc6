"""The page of times: choosing one, or up to three, and keeping what was chosen and typed whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.diary.models import Diary
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation, HeldWindow
from tests import make
from tests.scheduling.scene import called

WORDS = "Anything you would like to say with it (optional)"
TEN, ELEVEN, NOON = (f"Tuesday 2 March, {clock}:00" for clock in (10, 11, 12))
ONE, SEVERAL = "Ask for this time", "Ask for one of these times"
WEEK = timedelta(weeks=1)


@pytest.fixture
def sams(browser, sam):
    browser.sign_in(sam)
    browser.open("/times")
    return browser


def windows(db) -> list:
    return list(db.scalars(select(HeldWindow.starts_at).order_by(HeldWindow.place)))


def test_up_to_three_times_are_chosen_without_script(db, sams, ten, eleven, noon):
    sams.choose(NOON)
    page = sams.press("Add a second choice")
    assert "You would like Tuesday 2 March, 12:00" in page.text
    sams.choose(TEN)
    page = sams.press("Add a third choice")
    assert f"You would like one of these {NOON} Remove {NOON} {TEN} Remove {TEN}" in page.text
    sams.choose(ELEVEN)
    page = sams.press(SEVERAL)

    assert page.heading == NOON
    assert "The times you asked for" in page.text
    assert windows(db) == [noon, ten, eleven]


def test_a_choice_can_be_removed(db, sams, ten, noon):
    sams.choose(NOON)
    sams.press("Add a second choice")
    sams.choose(TEN)
    sams.press("Add a third choice")

    sams.press(f"Remove {NOON}")
    sams.press(SEVERAL)

    assert windows(db) == [ten]


def test_what_was_chosen_before_is_not_offered_once_more(sams):
    sams.choose(TEN)

    page = sams.press("Add a second choice")

    labels = [label.text for label in page.root.all("label")]
    assert (TEN in labels, ELEVEN in labels) == (False, True)


def test_a_second_choice_wants_a_first_one(sams):
    page = sams.press("Add a second choice")

    assert page.errors == ["Choose a time"]


def test_words_and_choices_stay_through_every_button(db, sams, ten):
    sams.choose(NOON)
    sams.fill(WORDS, "I would rather sit near the door.")
    sams.press("Add a second choice")
    sams.choose(ELEVEN)

    page = sams.press("Later times, the week of 29 March 2027")
    assert f"Your choice so far: Tuesday 2 March {ELEVEN}" in page.text
    assert page.field_labelled(WORDS).text == "I would rather sit near the door."
    assert page.field_labelled(ELEVEN).has("checked")
    sams.press(SEVERAL)

    assert windows(db) == [ten + timedelta(hours=2), ten + timedelta(hours=1)]
    assert "I would rather sit near the door." in sams.page.text


def test_without_words_a_page_of_other_days_has_an_address_of_its_own(sams):
    sams.choose(NOON)

    sams.press("Later times, the week of 29 March 2027")

    assert sams.path == "/times?starts_at=2027-03-02T12:00Z&from=2027-03-29"
    assert sams.response.request.method == "GET"
    assert sams.page.field_labelled(NOON).has("checked")


def test_the_small_month_leads_to_its_days(sams):
    assert sams.page.link_called("9 March 2027, 3 times").get("href") == "#day-2027-03-09"

    page = sams.press("30 March 2027, 3 times")

    assert page.field_labelled("Tuesday 30 March, 10:00")
    assert page.link_called("30 March 2027, 3 times")


def test_when_one_of_several_is_gone_the_others_stay_chosen(db, sams, scene, kit, ten, eleven, noon):
    sams.choose(ELEVEN)
    sams.fill(WORDS, "Thank you")
    sams.press("Add a second choice")
    sams.choose(NOON)
    scene.ask(kit, eleven)

    page = sams.press(SEVERAL, expect=409)
    assert page.errors == [
        f"{ELEVEN} has just been taken. What else you chose is still here. These are the nearest free ones"
    ]
    assert page.field_labelled(NOON).has("checked")
    assert page.field_labelled(WORDS).text == "Thank you"
    near = [field.get("value") for field in page.root.all("input") if field.get("type") == "radio"][:4]
    assert "2027-03-02T10:00Z" in near

    sams.press(ONE)
    assert called(db, sams.path.rpartition("/")[2]).starts_at == noon


def test_one_that_was_chosen_and_is_gone_is_said_before_it_is_asked_for(sams, scene, kit, eleven):
    scene.ask(kit, eleven)

    page = sams.open("/times?chosen=2027-03-02T11:00Z&chosen=2027-03-02T12:00Z&chosen=soon&chosen=")

    assert page.errors[0].startswith(f"{ELEVEN} has just been taken.")
    assert "You would like Tuesday 2 March, 12:00" in page.text


def test_an_address_with_many_choices_holds_three(sams):
    chosen = "&".join(f"chosen=2027-03-{day:02}T10:00Z" for day in (2, 9, 16, 23, 30))

    page = sams.open(f"/times?{chosen}")

    assert "Tuesday 16 March, 10:00 Remove" in page.text
    assert "Tuesday 23 March, 10:00 Remove" not in page.text
    assert "Add a third choice" not in page.buttons


def test_pressing_twice_is_asking_once(db, sams, scene, sam, ten, eleven):
    sams.choose(TEN)
    sams.press("Add a second choice")
    sams.choose(ELEVEN)
    asked = scene.ask(sam, ten, eleven)

    sams.press(SEVERAL)

    assert sams.path == f"/consultations/{asked}"
    assert len(list(db.scalars(select(Consultation)))) == 1


def test_one_who_has_asked_often_is_told_kindly_and_nothing_is_lost(sams, scene, sam, ten):
    for _ in range(8):
        scene.cancel(scene.ask(sam, ten))
    sams.choose(NOON)
    sams.fill(WORDS, "Thank you")

    page = sams.press(ONE, expect=429)

    assert "Tomorrow you can ask again." in page.errors[0]
    assert page.field_labelled(NOON).has("checked")
    assert page.field_labelled(WORDS).text == "Thank you"


# Kinds.


def test_kinds_are_chosen_where_there_are_several(db, browser, sam, ada):
    make.kind(db, ada, name="First talk", length=50, manner="video", position=1)
    by_phone = make.kind(db, ada, name="A short call", length=20, manner="phone", position=2)
    make.kind(db, ada, name="For those who know one another", is_first=False, position=3)
    make.kind(db, ada, name="No longer", retired=True, position=4)
    browser.sign_in(sam)

    page = browser.open("/times")
    assert "50 minutes by video with Ada Marsh." in page.text
    assert "First talk, 50 minutes, by video Shown here A short call, 20 minutes, by phone" in page.text
    assert "know one another" not in page.text
    assert "No longer" not in page.text

    page = browser.follow("A short call")
    assert "20 minutes by phone with Ada Marsh." in page.text
    browser.choose(TEN)
    browser.press(ONE)
    asked = db.scalars(select(Consultation)).one()
    assert (asked.kind_id, asked.ends_at - asked.starts_at) == (by_phone.id, timedelta(minutes=20))


@pytest.mark.parametrize("which", ["retired", "for others", "another's", "nobody's"])
def test_a_kind_that_is_not_offered_is_not_found(db, browser, sam, ada, which):
    make.kind(db, ada)
    kinds = {
        "retired": lambda: make.kind(db, ada, retired=True).reference,
        "for others": lambda: make.kind(db, ada, is_first=False).reference,
        "another's": lambda: make.kind(db, make.therapist(db)).reference,
        "nobody's": lambda: "nobody",
    }
    browser.sign_in(sam)

    browser.open(f"/times?kind={kinds[which]()}", expect=404)


def test_until_when_it_can_be_changed_is_said_before_one_asks(db, browser, sam, ada):
    make.kind(db, ada, changes_until=2 * 24 * 60)
    browser.sign_in(sam)

    page = browser.open("/times")

    assert "you can move or cancel it by yourself until 2 days before it begins" in page.text


# What stands already.


def test_an_offer_that_waits_comes_before_another_choice(sams, scene, sam, ten, noon):
    offered = scene.propose(scene.ask(sam, ten), noon + WEEK)

    sams.open("/times")

    assert sams.path == f"/consultations/{offered}"


def test_where_the_therapist_allows_more_a_second_request_is_asked_beside_the_first(
    db, sams, scene, sam, ada, ten
):
    db.add(Diary(therapist_id=ada.id, most_open_requests=2))
    db.flush()
    scene.ask(sam, ten)

    page = sams.open("/times")
    assert (page.heading, sams.path) == ("Choose a time", "/times")
    sams.choose(NOON)
    sams.press(ONE)

    assert [each.status for each in db.scalars(select(Consultation))] == [Status.REQUESTED] * 2


def test_what_can_no_longer_be_moved_leads_to_its_page(browser, scene, sam, ten, later):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    later(ten - timedelta(hours=22))
    browser.sign_in(sam)

    browser.open(f"/times?instead-of={asked}")

    assert browser.path == f"/consultations/{asked}"


def test_where_answers_come_first_the_page_says_what_happens(db, browser, sam, ada):
    db.add(Diary(therapist_id=ada.id, answers_first=True))
    db.flush()
    browser.sign_in(sam)

    page = browser.open("/times")
    assert "Ada Marsh would like to read your answers first." in page.text
    browser.choose(TEN)
    page = browser.press(ONE)

    assert "Kept for you" in page.text
    assert "This time is kept for you while you answer the questions." in page.text
