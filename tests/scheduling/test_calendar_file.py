"""The calendar file: one entry for a consultation's life, in UTC, that tells nothing over a shoulder."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Party, Status
from tests import make
from tests.patience import PATIENCE_SECONDS
from tests.scheduling.scene import called


@pytest.fixture
def mailed(db):
    """The calendar files that were mailed so far: METHOD beside the file, METHOD within it, the event."""

    def files():
        with_file = (
            select(OutgoingEmail).where(OutgoingEmail.calendar.is_not(None)).order_by(OutgoingEmail.id)
        )
        found = []
        for email in db.scalars(with_file):
            calendar = Calendar.from_ical(email.calendar)
            found.append((email.calendar_method, str(calendar["METHOD"]), calendar.events[0]))
        return found

    return files


def test_a_confirmed_time_comes_with_a_file_in_utc(scene, sam, ten, mailed):
    scene.confirm(scene.ask(sam, ten))

    ((beside, method, event),) = mailed()
    assert beside == method == "REQUEST"
    assert (str(event["STATUS"]), int(event["SEQUENCE"])) == ("CONFIRMED", 1)
    assert (event.start, event.end) == (ten, ten + timedelta(minutes=50))
    assert event["DTSTART"].to_ical() == b"20270302T100000Z"


def test_the_file_tells_nothing(scene, sam, ten, mailed):
    scene.confirm(scene.ask(sam, ten, words="About my mother"))

    event = mailed()[0][2]
    assert str(event["SUMMARY"]) == "Appointment"
    assert str(event["ORGANIZER"]) == "mailto:portal@portal.test"
    assert str(event["ATTENDEE"]) == f"mailto:{sam.email}"
    telling = ("therap", "consult", "intake", "mother", "ada", "sam")
    own_words = event.to_ical().decode().lower().replace(sam.email.lower(), "")
    assert [word for word in telling if word in own_words] == []
    assert [name for name in ("DESCRIPTION", "COMMENT", "LOCATION", "URL") if name in event] == []


@pytest.mark.parametrize("by", [Party.CLIENT, Party.THERAPIST])
def test_cancelling_takes_the_same_entry_out(scene, sam, ten, mailed, by):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    scene.cancel(asked, by=by)

    (_, _, first), (beside, method, second) = mailed()
    assert beside == method == "CANCEL"
    assert str(second["STATUS"]) == "CANCELLED"
    assert str(second["UID"]) == str(first["UID"])
    assert int(second["SEQUENCE"]) == int(first["SEQUENCE"]) + 1


def test_one_entry_lives_through_every_move(scene, sam, ten, eleven, noon, mailed):
    reference = scene.ask(sam, ten)
    scene.confirm(reference)
    for start in (eleven, noon):
        reference = scene.ask(sam, start, instead_of=reference)
        scene.confirm(reference)
    scene.cancel(reference)

    events = [event for _, _, event in mailed()]
    assert [int(event["SEQUENCE"]) for event in events] == [1, 2, 3, 4]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [event.start for event in events] == [ten, eleven, noon, noon]


def test_what_becomes_of_a_request_never_touches_the_entry_of_the_time_that_is_kept(
    scene, db, sam, ten, eleven, mailed
):
    kept = scene.ask(sam, ten)
    scene.confirm(kept)
    asked = scene.ask(sam, eleven, instead_of=kept)
    scene.decline(asked)

    assert len(mailed()) == 1
    assert called(db, asked).calendar_uid != called(db, kept).calendar_uid


def test_what_is_mailed_can_be_downloaded(scene, db, sam, ten, browser):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    browser.sign_in(sam)

    answer = browser.http.get(f"/consultations/{asked}.ics", base_url="https://portal.test")

    assert answer.text == db.scalar(select(OutgoingEmail.calendar).where(OutgoingEmail.calendar.is_not(None)))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=REQUEST"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="appointment.ics"'


def test_a_request_is_tentative_and_an_end_is_a_cancellation(scene, sam, ten, browser):
    asked = scene.ask(sam, ten)
    browser.sign_in(sam)
    asking = _downloaded(browser, asked)

    scene.cancel(asked)
    withdrawn = _downloaded(browser, asked)

    assert [str(each.events[0]["STATUS"]) for each in (asking, withdrawn)] == ["TENTATIVE", "CANCELLED"]
    assert [int(each.events[0]["SEQUENCE"]) for each in (asking, withdrawn)] == [0, 1]


def test_a_replaced_time_has_no_file_and_anothers_is_not_found(scene, db, sam, kit, ada, ten, browser):
    replaced = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.REPLACED)
    kits = make.consultation(db, client=kit, therapist=ada, starts_at=ten)
    browser.sign_in(sam)

    for reference in (replaced.reference, kits.reference, "nobody"):
        browser.open(f"/consultations/{reference}.ics", expect=404)


def _downloaded(browser, reference):
    answer = browser.http.get(f"/consultations/{reference}.ics", base_url="https://portal.test")
    return Calendar.from_ical(answer.text)


# What waits for an answer is tentative, under the entry that it keeps.


def story(mailed):
    return [
        (method, str(event["STATUS"]), int(event["SEQUENCE"]), event.start) for _, method, event in mailed()
    ]


def test_what_waits_is_tentative_at_the_first_choice_and_one_entry_lives_on(
    scene, sam, ten, eleven, noon, mailed
):
    asked = scene.ask(sam, noon, ten)
    scene.tell(asked)
    offered = scene.propose(asked, eleven, ten)
    scene.accept(offered, ten)
    scene.cancel(asked)

    assert story(mailed) == [
        ("REQUEST", "TENTATIVE", 0, noon),
        ("REQUEST", "TENTATIVE", 1, ten),
        ("REQUEST", "CONFIRMED", 2, ten),
        ("CANCEL", "CANCELLED", 3, ten),
    ]
    assert len({str(event["UID"]) for _, _, event in mailed()}) == 1


@pytest.mark.parametrize("end", ["cancel", "decline", "expire"])
def test_what_ends_before_it_was_confirmed_is_taken_out_again(scene, sam, ten, mailed, end):
    asked = scene.ask(sam, ten)
    scene.tell(asked)
    if end == "expire":
        scene.now += timedelta(hours=23)
    getattr(scene, end)(asked)

    assert story(mailed) == [("REQUEST", "TENTATIVE", 0, ten), ("CANCEL", "CANCELLED", 1, ten)]


def test_what_is_asked_for_instead_of_another_has_no_entry_until_it_is_confirmed(
    scene, sam, ten, eleven, mailed
):
    kept = scene.ask(sam, ten)
    scene.confirm(kept)
    asked = scene.ask(sam, eleven, instead_of=kept)
    scene.tell(asked)
    scene.cancel(asked)

    assert story(mailed) == [("REQUEST", "CONFIRMED", 1, ten)]


def test_an_offer_that_none_takes_is_taken_out_again(scene, sam, ten, eleven, mailed):
    asked = scene.ask(sam, ten)
    scene.tell(asked)
    scene.propose(asked, eleven)
    scene.refuse(asked)

    assert [method for _, method, _ in mailed()] == ["REQUEST", "REQUEST", "CANCEL"]


def test_a_calendar_server_takes_every_file_in(scene, sam, ten, eleven, mailed, collection):
    asked = scene.ask(sam, ten)
    scene.tell(asked)
    scene.confirm(asked)
    moved = scene.ask(sam, eleven, instead_of=asked)
    scene.confirm(moved)
    scene.cancel(moved)

    stored = []
    for _, _, event in mailed():
        _put(collection, event)
        (there,) = Calendar.from_ical(_got(collection, event)).events
        stored.append((str(there["STATUS"]), int(there["SEQUENCE"]), there.start, str(there["UID"])))

    assert [each[:3] for each in stored] == [
        ("TENTATIVE", 0, ten),
        ("CONFIRMED", 1, ten),
        ("CONFIRMED", 2, eleven),
        ("CANCELLED", 3, eleven),
    ]
    assert len({uid for *_, uid in stored}) == 1


def _put(collection, event) -> None:
    """As a calendar program stores what came by mail: without its METHOD (RFC 4791 §4.1)."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//a program//EN")
    calendar.add_component(event)
    status, _ = _asked(collection, event, "PUT", calendar.to_ical())
    assert status in {201, 204}


def _got(collection, event) -> bytes:
    status, body = _asked(collection, event, "GET")
    assert status == 200
    return body


def _asked(collection, event, method, body=None) -> tuple[int, bytes]:
    address = urlsplit(f"{collection}{event['UID']}.ics")
    headers = {"Authorization": f"Basic {b64encode(b'ada:pass word').decode()}"}
    if body:
        headers["Content-Type"] = "text/calendar; charset=utf-8"
    connection = HTTPConnection(address.netloc, timeout=PATIENCE_SECONDS)
    connection.request(method, address.path, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found
