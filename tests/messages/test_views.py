"""A client and their therapist write to one another, each on their own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.messages.models import Message, Writer
from tests import make
from tests.browser import Browser


@pytest.fixture
def practice(db):
    return make.practice(db, answering_days="1,2,3,4")


@pytest.fixture
def ada(db, practice):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def sams(app, sam):
    sams = Browser(app)
    sams.sign_in(sam)
    return sams


@pytest.fixture
def adas(app, ada):
    adas = Browser(app)
    adas.sign_in(ada)
    return adas


def write(sams, words, **expected):
    sams.open("/messages")
    sams.fill("Your message", words)
    return sams.press("Send", **expected)


def texts(page):
    return [item.text for item in page.root.all("li", class_="letter")]


def test_before_anything_is_written_the_page_says_what_it_is_not_for(sams):
    page = sams.open("/messages")

    told = page.text.index("Messages are read Monday to Thursday.")
    assert "within two of these days" in page.text
    assert page.link_called("whom to call").get("href") == "/help-now"
    assert told < page.text.index("Your message")


def test_from_one_to_the_other_and_back(sams, adas):
    page = write(sams, "May I come early?")
    assert texts(page) == ["You, Monday 1 March, 09:00 May I come early? Not read yet Take it back"]

    adas.open("/desk")
    page = adas.follow("Sam Reed A message, since Mon 1 March, 09:00")
    assert texts(page) == ["Sam Reed, Monday 1 March, 09:00 May I come early? New"]
    adas.fill("Your message", "Of course.")
    adas.press("Send")
    assert "They wrote to you" not in adas.open("/desk").text

    page = sams.open("/next")
    assert "There is a message for you" in page.text
    page = sams.follow("Read it")
    assert texts(page)[0].endswith("Read at 09:00")
    page = sams.press("I have read it")
    assert "New" not in page.text
    assert "message for you" not in sams.open("/next").text


def test_whoever_wrote_is_waiting(sams, adas):
    assert "Nobody is waiting for you." in adas.open("/desk").text
    write(sams, "May I come early?")

    page = adas.open("/desk")

    assert "They wrote to you" in page.text
    assert "Nobody is waiting for you." not in page.text


def test_it_leaves_todays_list_when_it_is_marked_as_read(db, sam, sams, adas, now, later):
    write(sams, "May I come early?")
    later(now + timedelta(minutes=10))
    page = adas.open(f"/desk/clients/{sam.reference}")
    assert "May I come early?" in page.text

    page = adas.press("Mark as read")

    assert adas.path == f"/desk/clients/{sam.reference}"
    assert "They wrote to you" not in adas.open("/desk").text
    assert "Read at 09:10" in sams.open("/messages").text
    assert db.scalars(select(Message.read_at)).all() == [now + timedelta(minutes=10)]


def test_opening_the_pages_marks_nothing(db, sam, ada, sams, adas):
    make.message(db, client=sam, therapist=ada)
    make.message(db, client=sam, therapist=ada, by=Writer.THERAPIST)

    for browser, address in (
        (sams, "/messages"),
        (sams, "/next"),
        (adas, "/desk/messages"),
        (adas, f"/desk/clients/{sam.reference}"),
        (adas, f"/desk/clients/{sam.reference}/messages"),
    ):
        browser.open(address)

    assert db.scalars(select(Message.read_at)).all() == [None, None]


def test_a_therapist_does_not_see_when_a_client_read(db, sam, ada, adas, now):
    make.message(db, client=sam, therapist=ada, by=Writer.THERAPIST, read_at=now)

    (shown,) = texts(adas.open(f"/desk/clients/{sam.reference}/messages"))

    assert "Read" not in shown


def test_pressed_twice_from_one_page_it_is_one_message(sams):
    sams.open("/messages")
    stale = sams.page
    for _ in range(2):
        sams.page, sams.path = stale, "/messages"
        sams.fill("Your message", "Once.")
        sams.press("Send")

    assert len(texts(sams.page)) == 1


@pytest.mark.parametrize(
    ("words", "told"), [("", "Write something first"), ("a" * 2001, "Keep it under 2000 characters")]
)
def test_what_cannot_be_sent_stays_in_its_field(sams, words, told):
    page = write(sams, words)

    assert page.errors == [told]
    assert page.field_labelled("Your message").text == words


def test_a_line_break_counts_as_one_character(sams):
    assert "Not read yet" in write(sams, "a\r\n" * 1000).text


def test_a_session_that_ended_loses_nothing_and_doubles_nothing(sams, sam, now, later):
    sams = Browser(sams._app)
    sams.open("/sign-in")
    sign_in(sams, sam)
    sams.open("/messages")
    later(now + timedelta(hours=3))
    sams.fill("Your message", "Still here.")
    sams.press("Send", expect=403)
    sign_in(sams, sam)
    again = sams.page
    for _ in range(2):
        sams.page, sams.path = again, "/sign-in"
        page = sams.press("Go on and save it")

    assert [each.count("Still here.") for each in texts(page)] == [1]


def sign_in(sams, sam):
    sams.fill("Email address", sam.email)
    sams.fill("Password", make.PASSWORD)
    sams.press("Sign in")


def test_a_message_is_taken_back_until_it_is_read(db, sam, sams, adas):
    write(sams, "May I come early?")
    assert "Taken back" in sams.press("Take it back").text
    assert texts(sams.page) == []

    write(sams, "May I come late?")
    stale = sams.page
    adas.open(f"/desk/clients/{sam.reference}/messages")
    adas.press("Mark as read")
    sams.page = stale
    assert "can no longer be taken back" in sams.press("Take it back").text
    assert "May I come late?" in sams.page.text


def test_the_practice_switches_messages_off_and_on(sam, sams, adas):
    write(sams, "Before.")
    sams.open("/messages")
    adas.open("/desk/messages")
    adas.press("Switch messages off for the practice")

    sams.fill("Your message", "Too late.")
    page = sams.press("Send", expect=409)
    assert "The practice takes no messages on this page at present." in page.text
    assert "Too late." in page.text
    page = sams.open("/messages")
    assert "Before." in page.text
    assert "Send" not in page.buttons
    page = adas.open(f"/desk/clients/{sam.reference}/messages")
    assert "Messages are switched off" in page.text
    assert "Send" not in page.buttons

    adas.open("/desk/messages")
    adas.press("Switch messages on for the practice")
    assert "Send" in sams.open("/messages").buttons


def test_a_therapist_switches_them_off_for_one_client(db, ada, sam, sams, adas):
    kit, kits = make.client(db, therapist=ada), Browser(adas._app)
    kits.sign_in(kit)
    adas.open(f"/desk/clients/{sam.reference}/messages")
    adas.press("Switch messages off")

    page = sams.open("/messages")
    assert "Ada Marsh takes no messages on this page at present." in page.text
    assert "It says nothing about you." in page.text
    assert "Send" not in page.buttons
    assert "Send" in kits.open("/messages").buttons
    adas.press("Switch messages on")
    assert "Send" in sams.open("/messages").buttons


def test_whoever_has_no_therapist_is_told_so(db, practice, browser):
    browser.sign_in(make.client(db))

    page = browser.open("/messages")

    assert "You have no therapist here yet." in page.text
    assert "Send" not in page.buttons


def test_a_practice_that_was_never_described_cannot_be_switched(db, browser):
    browser.sign_in(make.therapist(db))
    browser.open("/desk/messages")

    browser.press("Switch messages off for the practice", expect=409)


def test_earlier_messages_are_a_press_away(db, ada, sam, sams, adas):
    for number in range(35):
        make.message(db, client=sam, therapist=ada, words=f"No {number}.")

    for browser, address in ((sams, "/messages"), (adas, f"/desk/clients/{sam.reference}/messages")):
        assert "No 4." not in browser.open(address).text
        page = browser.follow("Earlier messages")
        assert "No 4." in page.text
        assert "Send" not in page.buttons
        assert "No 34." in browser.follow("To the newest messages").text


def test_anothers_messages_are_not_found(db, sam, ada, browser, app):
    message = make.message(db, client=sam, therapist=ada)
    kits, beas = Browser(app), Browser(app)
    kits.sign_in(make.client(db, therapist=ada))
    beas.sign_in(make.therapist(db, name="Bea Holm"))

    kits.open(f"/messages?before={message.reference}", expect=404)
    beas.open(f"/desk/clients/{sam.reference}/messages", expect=404)
    kits.open("/desk/messages", expect=404)


@pytest.mark.parametrize("how_many", [1, 3])
def test_three_messages_cost_the_same_as_one(db, ada, sam, sams, adas, queries, how_many):
    for number in range(how_many):
        client = make.client(db, therapist=ada)
        make.message(db, client=client, therapist=ada)
        make.message(db, client=sam, therapist=ada, words=f"No {number}.")
    costs = []
    for browser, address in (
        (sams, "/messages"),
        (adas, "/desk/messages"),
        (adas, f"/desk/clients/{sam.reference}/messages"),
    ):
        # That the therapist has opened it is written down once, and looked for from then on.
        browser.open(address)
        with queries() as seen:
            browser.open(address)
        costs.append(len(seen))

    assert costs == [2, 2, 4]


@pytest.mark.parametrize("how_many", [1, 3])
def test_today_and_a_person_cost_the_same_for_one_message_and_for_three(
    db, ada, sam, adas, queries, how_many
):
    reading = make.reading(db)
    for number in range(how_many):
        make.message(db, client=sam, therapist=ada)
        make.message(db, client=make.client(db, therapist=ada), therapist=ada)
        make.kept_passage(db, client=sam, reading=reading, words=str(number), shared_with=ada)
    adas.open("/help-now")

    with queries() as today:
        adas.open("/desk")
    with queries() as person:
        adas.open(f"/desk/clients/{sam.reference}")

    assert len(today) == 6
    assert len(person) <= 14
    assert len([statement for statement in person if "kept_passage" in statement]) == 1


def test_a_page_that_shows_only_the_last_of_what_is_new_does_not_mark_the_others(db, ada, sam, adas):
    for number in range(4):
        make.message(db, client=sam, therapist=ada, words=f"No {number}.")

    page = adas.open(f"/desk/clients/{sam.reference}")
    assert "No 0." not in page.text
    assert "Mark as read" not in page.buttons
    adas.follow("Write, or see all of it")
    adas.press("Mark as read")

    assert None not in db.scalars(select(Message.read_at)).all()


@pytest.mark.parametrize(
    ("new", "offered"), [([0, 0, 0, 1], True), ([0, 1, 1, 1], False), ([1, 1, 1], True)], ids=str
)
def test_reading_is_marked_where_all_that_is_new_is_shown(db, ada, sam, adas, now, new, offered):
    for number, is_new in enumerate(new):
        read_at = None if is_new else now
        make.message(db, client=sam, therapist=ada, words=f"No {number}.", read_at=read_at)

    page = adas.open(f"/desk/clients/{sam.reference}")

    assert ("Mark as read" in page.buttons) is offered
