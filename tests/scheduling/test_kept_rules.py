"""What a process has read of a diary is kept until the diary changes, and never decides once it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.models import Client, Therapist
from portal.accounts.services import move_therapist
from portal.database import transaction
from portal.diary.queries import kept_rules_of
from portal.diary.services import set_hours
from portal.scheduling.holding import SlotNotOffered
from portal.scheduling.services import request_consultation
from tests import make
from tests.accounts.pages import token_on

BASE = "https://portal.test"
TUESDAY, WEDNESDAY = 2, 3
TEN, ONE = 10 * 60, 13 * 60


@pytest.fixture
def sams(browser, sam):
    browser.sign_in(sam)
    return browser


@pytest.fixture
def hours(app, ada, now):
    """`hours(weekday)`: from now on Ada works on this day alone, from ten to one."""

    def work(weekday):
        with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
            set_hours(db, db.get(Therapist, ada.id), [(weekday, TEN, ONE, 0)], now=now)

    work(TUESDAY)
    return work


def test_what_was_read_once_is_not_asked_for_again(sams, hours, queries):
    # What the practice says of itself is asked for once, too.
    sams.open("/next")
    with queries() as first:
        sams.open("/times")
    with queries() as again:
        sams.open("/times")

    assert (len(first), len(again)) == (4, 2)


def test_asking_costs_one_for_who_asks_one_for_what_is_taken_and_four_writes(sams, hours, queries):
    token = token_on(sams.open("/times"))

    with queries() as seen:
        sams.http.post(
            "/times",
            base_url=BASE,
            data={"csrf_token": token, "starts_at": "2027-03-02T10:00Z"},
            headers={"Referer": f"{BASE}/times"},
        )

    locks = [each for each in seen if "FOR UPDATE" in each]
    asked = [each for each in seen if each.startswith("SELECT") and each not in locks]
    written = [each.split("(")[0].strip() for each in seen if each.startswith("INSERT")]
    assert len(asked) == 2
    assert written == [
        f"INSERT INTO {table}" for table in ("consultation", "held_window", "held_time", "job")
    ]
    assert len(seen) == len(asked) + len(written) + len(locks)


def test_the_next_page_shows_what_has_changed(sams, hours):
    before = sams.open("/times").text

    hours(WEDNESDAY)

    after = sams.open("/times").text
    assert "Tuesday 2 March" in before
    assert "Tuesday 2 March" not in after
    assert "Wednesday 3 March" in after


def test_the_next_page_shows_another_zone_of_the_therapist(app, sams, ada, hours):
    before = sams.open("/times").text

    with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
        move_therapist(db, db.get(Therapist, ada.id), zone="America/New_York")

    assert sams.open("/times").text != before
    assert "15:00" in sams.page.text


def test_who_was_read_before_the_diary_changed_asks_by_the_diary_as_it_is(app, sam, ada, hours, ten, now):
    """The page found its therapist, and somebody changed the hours before the lock was had."""
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        with transaction() as db:
            asking, asked = db.get(Client, sam.id), db.get(Therapist, ada.id)
            kept_rules_of(db, asked)
        with app.extensions["database"]() as another:
            set_hours(another, another.get(Therapist, ada.id), [(WEDNESDAY, TEN, ONE, 0)], now=now)
            another.commit()

        asks = {"client": asking, "therapist": asked, "now": now, "answer_by": now + timedelta(days=30)}
        with pytest.raises(SlotNotOffered), transaction() as db:
            request_consultation(db, starts=[ten], **asks)
        with transaction() as db:
            assert request_consultation(db, starts=[ten + timedelta(days=1)], **asks)


def test_a_change_that_came_to_nothing_is_not_kept(app, sams, ada, hours, now):
    before = sams.open("/times").text

    with app.extensions["database"]() as another:
        therapist = another.get(Therapist, ada.id)
        set_hours(another, therapist, [(WEDNESDAY, TEN, ONE, 0)], now=now)
        another.refresh(therapist)
        assert [each[0] for each in kept_rules_of(another, therapist).hours[None]] == [WEDNESDAY]
        another.rollback()
    hours(TUESDAY)

    assert sams.open("/times").text == before


def test_hours_that_nothing_was_said_of_yet_are_read_each_time(db, app, sams, ada):
    make.working_hours(db, ada, weekday=TUESDAY)
    before = sams.open("/times").text

    make.working_hours(db, ada, weekday=WEDNESDAY)

    assert "Wednesday 3 March" not in before
    assert "Wednesday 3 March" in sams.open("/times").text
