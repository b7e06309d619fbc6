"""One person whole: what stands on their page, on paper, and what of others does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.database import transaction
from portal.diary.kinds import Manner
from portal.journal.lines import What
from portal.journal.noting import note
from portal.scheduling.lifecycle import Status
from portal.scheduling.queries import consultation_of
from portal.scheduling.services import write_note
from portal.scheduling.words import note_row
from portal.vault.words import seal
from tests import make


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def desk(browser, ada):
    browser.sign_in(ada)
    return browser


def section(page, called):
    return next(each for each in page.root.all("section") if each.get("aria-labelledby") == called)


def test_it_says_where_they_stand_and_what_was_last_written_down(db, ada, sam, desk):
    for what, by in ((What.JOINED, sam), (What.TIME_ASKED, sam), (What.RECORD_OPENED, ada)):
        note(db, what, by=by, about=sam.reference)
        db.commit()

    page = desk.open(f"/desk/clients/{sam.reference}")

    assert page.heading == "Sam Reed"
    assert [tag.text for tag in page.root.all("span", class_="tag")][0] == "Joined"
    lines = [each.text.split(": ", 1)[1] for each in section(page, "written-down").all("li")]
    assert lines == [
        "You opened what they sent.",
        "Sam Reed asked for a time.",
        "Sam Reed confirmed an email address, and joined.",
    ]


def test_what_a_colleague_did_is_told_with_their_name(db, ada, sam, desk):
    bea = make.therapist(db, name="Bea Holm")
    note(db, What.CLIENT_PASSED_ON, by=bea, about=sam.reference)
    db.commit()

    page = desk.open(f"/desk/clients/{sam.reference}")

    assert "Bea Holm passed them on to a colleague." in section(page, "written-down").text


def test_the_names_of_others_are_not_printed_with_it(db, ada, sam, desk, now):
    make.intake(db, client=make.client(db, name="Kit Lowe", therapist=ada), sent_at=now)

    page = desk.open(f"/desk/clients/{sam.reference}")

    (queue,) = (each for each in page.root.all("nav") if each.get("aria-label") == "Waiting for you")
    assert "Kit Lowe" in queue.text
    assert "screen-only" in queue.get("class")


@pytest.mark.parametrize(
    ("manner", "place", "shown"),
    [
        (Manner.VIDEO, "https://video.example/room", "By video: https://video.example/room"),
        (Manner.IN_PERSON, "Second door, first floor", "In person: Second door, first floor"),
        (Manner.PHONE, None, "By phone, at the number on their page"),
    ],
)
def test_today_says_how_to_join(db, ada, sam, desk, now, manner, place, shown):
    kind = make.kind(db, ada, manner=manner, place=place)
    soon = make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(hours=2), status=Status.CONFIRMED
    )
    soon.kind_id = kind.id
    db.flush()

    page = desk.open("/desk")

    assert shown in section(page, "todays").text
    if place and place.startswith("https:"):
        assert page.link_called(place).get("href") == place


def test_whoever_has_named_no_kinds_is_told_where_to_say_how_they_meet(db, ada, sam, desk, now):
    make.consultation(
        db, client=sam, therapist=ada, starts_at=now + timedelta(hours=2), status=Status.CONFIRMED
    )

    page = desk.open("/desk")

    assert page.link_called("kinds of consultation").get("href") == "/desk/hours/kinds"


def test_more_new_intakes_than_the_queue_shows_are_a_press_away(db, ada, desk, now):
    for number in range(21):
        sam = make.client(db, name=f"Sam {number}", therapist=ada)
        make.intake(db, client=sam, sent_at=now - timedelta(hours=number))

    page = desk.open("/desk")
    assert "Sam 20" not in page.text
    more = page.link_called("More have sent their answers: all of them")
    assert "Sam 20" in desk.open(more.get("href")).text


@pytest.fixture
def written(app, db, ada, sam, now):
    """`written(status)`: a time about which Sam wrote, once it was too late to change it, or as none fits."""

    def write(status, words="I may be ten minutes late."):
        one = make.consultation(
            db, client=sam, therapist=ada, starts_at=now + timedelta(hours=5), status=status
        )
        one.sealed_note = seal(db, sam.data_key, words, of=note_row(one.reference))
        db.flush()
        return one

    return write


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.DECLINED])
def test_what_they_wrote_about_a_time_waits_until_it_is_read_and_no_longer(
    db, sam, desk, written, status, now, later
):
    written(status)
    assert "Wrote about Mon 1 March, 14:00" in desk.open("/desk").text
    later(now + timedelta(days=9))
    desk.sign_in(sam.therapist)
    assert "Wrote about Mon 1 March, 14:00" in desk.open("/desk").text

    desk.open(f"/desk/clients/{sam.reference}")
    page = desk.press("I have read this")

    assert page.buttons.count("I have read this") == 0
    assert "Wrote about" not in desk.open("/desk").text
    assert (
        "You noted having read what they wrote about a time."
        in desk.open(f"/desk/clients/{sam.reference}").text
    )


def test_what_they_add_while_the_page_is_open_is_not_read_yet(app, db, sam, desk, written, now):
    one = written(Status.CONFIRMED)
    desk.open(f"/desk/consultations/{one.reference}")
    with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as writing:
        write_note(writing, consultation_of(writing, sam, one.reference), "And tired.", now=now)

    page = desk.press("I have read this")

    assert "They have written more meanwhile" in page.text
    assert "And tired." in page.text
    assert "Wrote about" in desk.open("/desk").text


def test_whether_they_met_is_asked_until_it_is_said_however_long_ago_it_was(db, ada, sam, desk, now):
    for weeks in range(9, 21):
        starts_at = now - timedelta(weeks=weeks)
        make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=Status.CONFIRMED)

    page = desk.open("/desk")
    assert page.buttons.count("We met") == 10
    assert "Monday 28 December, 09:00, Sam Reed" in page.text
    assert "Monday 12 October" not in page.text
    for _ in range(2):
        desk.open("/desk")
        desk.press("We met")

    assert "Monday 12 October, 10:00, Sam Reed" in desk.open("/desk").text
