"""Two people, one time; one person, two tabs."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.database import current_db, transaction
from portal.errors import Overtaken
from portal.scheduling.lifecycle import Move, Party, Status
from portal.scheduling.models import Consultation
from portal.scheduling.queries import consultation_called
from tests import make
from tests.browser import Browser
from tests.scheduling.scene import Scene

WORDS = "Anything you would like to say with it (optional)"


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada, time_zone="Europe/London")


@pytest.fixture
def ten(now):
    return now + timedelta(days=1, hours=1)


def test_a_time_taken_while_the_page_was_open(db, browser, scene, ada, sam, ten):
    browser.sign_in(sam)
    browser.open("/times")
    browser.choose("Tuesday 2 March, 10:00")
    browser.fill(WORDS, "Thank you")

    scene.ask(make.client(db, therapist=ada), ten)
    page = browser.press("Ask for this time", expect=409)

    assert page.title.startswith("Error: Choose a time")
    assert page.errors == ["That time has just been taken. These are the nearest free ones"]
    chips = [label.text for label in page.root.all("label", class_="time")]
    assert chips[:4] == [
        "Tuesday 2 March, 11:00",
        "Tuesday 2 March, 12:00",
        "Tuesday 9 March, 10:00",
        "Tuesday 9 March, 11:00",
    ]
    assert page.field_labelled(WORDS).text == "Thank you"

    browser.choose("Tuesday 2 March, 11:00")
    assert browser.press("Ask for this time").heading == "Tuesday 2 March, 11:00"
    assert "Thank you" in browser.page.text


def test_when_the_last_time_is_taken_what_was_typed_is_still_there(db, browser, scene, ada, sam, ten):
    browser.sign_in(sam)
    browser.open("/times")
    browser.choose("Tuesday 2 March, 10:00")
    browser.fill(WORDS, "Thank you")

    for week in range(9):
        for hour in range(3):
            shift = timedelta(weeks=week, hours=hour - (week >= 4))
            make.consultation(db, client=make.client(db), therapist=ada, starts_at=ten + shift)
    page = browser.press("Ask for this time", expect=409)

    assert page.errors == ["That time has just been taken, and there is no other free one at the moment"]
    assert "There are no free times at the moment." in page.text
    assert page.field_labelled(WORDS).text == "Thank you"


def test_pressing_twice_is_asking_once(app, db, sam):
    tabs = [Browser(app), Browser(app)]
    for tab in tabs:
        tab.sign_in(sam)
        tab.open("/times")
        tab.choose("Tuesday 2 March, 10:00")

    pages = [tab.press("Ask for this time") for tab in tabs]

    assert [page.heading for page in pages] == ["Tuesday 2 March, 10:00"] * 2
    assert len(list(db.scalars(select(Consultation)))) == 1


def test_asking_in_a_second_tab_for_another_time_is_explained_and_may_be_repeated(app, sam):
    tabs = [Browser(app), Browser(app)]
    for tab, start in zip(tabs, ("10:00", "11:00"), strict=True):
        tab.sign_in(sam)
        tab.open("/times")
        tab.choose(f"Tuesday 2 March, {start}")
        tab.fill(WORDS, "Thank you")

    tabs[0].press("Ask for this time")
    page = tabs[1].press("Ask for this time", expect=409)
    assert page.errors == [
        "You have asked for Tuesday 2 March, 10:00 already. Ask again to have this one instead"
    ]
    assert page.heading == "Choose another time"

    page = tabs[1].press("Ask for this time")
    assert "You keep Tuesday 2 March, 10:00 until this one is confirmed." in page.text


def test_of_two_changes_at_once_the_later_is_refused(db, scene, sam, ada, ten):
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    with scene.request():
        read_before = consultation_called(current_db(), asked.reference)
        # In a request of its own, which a thread has.
        elsewhere = threading.Thread(target=scene.cancel, args=[asked.reference])
        elsewhere.start()
        elsewhere.join()

        # No service writes what it has not read behind the lock; were one to, the version would tell.
        with pytest.raises(Overtaken), transaction():
            read_before.make(Move.CONFIRM, by=Party.THERAPIST, at=ten)

    db.expire_all()
    assert consultation_called(db, asked.reference).status is Status.CANCELLED
