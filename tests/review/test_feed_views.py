"""The therapist's own feed: secret, revocable, quiet, and never read twice in vain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.scheduling.lifecycle import Status
from portal.scheduling.models import CalendarFeed
from tests import make
from tests.scheduling.scene import Scene

TELLING = ("therap", "consult", "intake", "counsel", "client", "session", "question")


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def ten(now):
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def feed(ada, browser):
    """`feed(**headers)`: what a calendar program gets at the address that Ada has made."""
    browser.sign_in(ada)
    browser.open("/desk/feed")
    browser.press("Make an address")
    path = next(browser.page.root.all("code")).text.removeprefix("https://portal.test")

    def ask(address=path, **headers):
        program = browser._app.test_client()
        return program.get(address, base_url="https://portal.test", headers=headers)

    ask.path = path
    return ask


def events(answer):
    assert answer.status_code == 200
    return Calendar.from_ical(answer.text).walk("VEVENT")


def shown(answer):
    return [(str(each["SUMMARY"]), each["STATUS"], each["DTSTART"].dt) for each in events(answer)]


def test_every_time_that_is_held_is_there_with_initials_only(db, scene, ada, sam, ten, feed):
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    scene.ask(sam, ten, ten + timedelta(hours=1))
    make.consultation(
        db, client=kit, therapist=ada, starts_at=ten + timedelta(days=1), status=Status.CONFIRMED
    )
    make.consultation(
        db, client=kit, therapist=ada, starts_at=ten + timedelta(days=2), status=Status.DECLINED
    )

    answer = feed()

    assert shown(answer) == [
        ("Appointment S.R.", "TENTATIVE", ten),
        ("Appointment S.R.", "TENTATIVE", ten + timedelta(hours=1)),
        ("Appointment K.L.", "CONFIRMED", ten + timedelta(days=1)),
    ]
    assert "DTSTART:20270302T100000Z" in answer.text
    assert len({str(each["UID"]) for each in events(answer)}) == 3
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"


def test_nothing_in_it_says_what_the_portal_is_for(db, scene, sam, ten, feed):
    """P2."""
    scene.ask(sam, ten, words="Something private.")

    answer = feed()

    assert events(answer)
    said = (answer.text + str(answer.headers)).lower()
    assert [word for word in TELLING if word in said] == []
    assert "private." not in said
    assert sam.email not in said


def test_whole_names_only_if_the_therapist_says_so(db, scene, ada, sam, ten, browser, feed):
    scene.ask(sam, ten)
    browser.open("/desk/feed")
    browser.choose("Show whole names instead of initials")

    browser.press("Make a new address")

    new = next(browser.page.root.all("code")).text.removeprefix("https://portal.test")
    assert [summary for summary, _, _ in shown(feed(new))] == ["Appointment Sam Reed"]
    assert feed().status_code == 404


def test_the_address_is_shown_once_and_only_its_hash_is_kept(db, ada, browser, feed):
    token = feed.path.rsplit("/", 1)[1].removesuffix(".ics")
    kept = db.scalars(select(CalendarFeed)).one()

    assert token not in kept.token_hash
    assert token not in browser.open("/desk/feed").source


def test_a_revoked_address_leads_nowhere(ada, browser, feed):
    assert feed().status_code == 200
    browser.open("/desk/feed")

    browser.press("Let it lead nowhere")

    assert feed().status_code == 404


def test_an_address_that_was_never_made_leads_nowhere(browser):
    browser.open("/calendar/nothing.ics", expect=404)


def test_another_therapists_consultations_are_not_in_it(db, ada, ten, feed):
    bea = make.therapist(db, name="Bea")
    make.consultation(db, client=make.client(db, therapist=bea), therapist=bea, starts_at=ten)

    assert events(feed()) == []


def test_what_has_not_changed_is_not_sent_again(db, scene, sam, ten, feed):
    asked = scene.ask(sam, ten)
    first = feed()
    tag, since = first.headers["ETag"], first.headers["Last-Modified"]
    assert feed(**{"If-None-Match": tag}).status_code == 304
    assert feed(**{"If-Modified-Since": since}).status_code == 304

    scene.now += timedelta(minutes=1)
    scene.confirm(asked)

    assert feed(**{"If-None-Match": tag}).status_code == 200
    assert feed(**{"If-Modified-Since": since}).status_code == 200
    assert feed().headers["ETag"] != tag


def test_what_was_let_go_is_a_change_too(db, scene, sam, ten, feed):
    asked = scene.ask(sam, ten)
    first = feed()

    scene.now += timedelta(minutes=1)
    scene.cancel(asked)

    answer = feed(**{"If-Modified-Since": first.headers["Last-Modified"]})
    assert shown(answer) == []


def test_a_month_afterwards_it_leaves_and_that_is_a_change_too(db, ada, sam, ten, now, later, feed):
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.MET)
    later(datetime(2027, 4, 2, 23, 0, tzinfo=UTC))
    before = feed()
    assert len(events(before)) == 1

    later(datetime(2027, 4, 3, 1, 0, tzinfo=UTC))
    answer = feed(**{"If-Modified-Since": before.headers["Last-Modified"]})

    assert events(answer) == []


def test_a_program_keeps_it_and_nothing_on_the_way_does(feed):
    assert feed().headers["Cache-Control"] == "private, no-cache"


def test_reading_it_changes_nothing_and_costs_the_same_for_three(db, scene, ada, sam, ten, queries, feed):
    scene.ask(sam, ten)

    def cost():
        with queries() as seen:
            feed()
        assert [each for each in seen if not each.lstrip().upper().startswith("SELECT")] == []
        return len(seen)

    one = cost()
    for hours in (1, 2):
        client = make.client(db, therapist=ada)
        make.consultation(db, client=client, therapist=ada, starts_at=ten + timedelta(hours=hours))

    assert cost() == one <= 3
