"""The calendar file: one entry for a consultation's life, in UTC, that tells nothing over a shoulder."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Party, Status
from tests import make
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
    assert answer.headers["Content-Disposition"] == "attachment; filename=appointment.ics"


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
