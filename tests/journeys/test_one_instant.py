"""Page, mail and calendar file say the same time (T7), to each reader in their own zone, with its offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from tests import make
from tests.browser import Browser
from tests.scheduling.scene import Scene

# A Tuesday at ten in London, after the clocks of both places have changed, and one before either has.
AFTER = datetime(2027, 3, 30, 9, 0, tzinfo=UTC)
BEFORE = datetime(2027, 3, 2, 10, 0, tzinfo=UTC)
IN_FULL = re.compile(r"\w+ (\d+ \w+ \d{4}, \d\d:\d\d) \(([\w/ ]+), UTC([+−])(\d+)(?::(\d\d))?\)")


@pytest.fixture
def ada(db):
    make.practice(db)
    ada = make.therapist(db, name="Ada Marsh", time_zone="Europe/London")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada, time_zone="America/New_York")


def instants_in(text: str) -> set[datetime]:
    """Every time that is written in full, by its clock and its offset, which have to fit its zone."""
    found = set()
    for words, zone, sign, hours, minutes in IN_FULL.findall(text):
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "−" else 1)
        moment = datetime.strptime(words, "%d %B %Y, %H:%M").replace(tzinfo=timezone(offset))
        assert moment.astimezone(ZoneInfo(zone.replace(" ", "_"))).utcoffset() == offset, words
        found.add(moment.astimezone(UTC))
    return found


def page_of(app, person, address):
    browser = Browser(app)
    browser.sign_in(person)
    return browser.open(address)


def confirmed(app, db, sam, now, at):
    scene = Scene(app, now)
    asked = scene.ask(sam, at)
    scene.confirm(asked)
    letters = select(OutgoingEmail).where(OutgoingEmail.recipient == sam.email)
    return asked, db.scalars(letters.order_by(OutgoingEmail.id.desc())).first()


@pytest.mark.parametrize("at", [BEFORE, AFTER], ids=["before the clocks change", "after"])
def test_page_mail_and_calendar_file_say_the_same_time_with_zone_and_offset(app, db, ada, sam, now, at):
    asked, mail = confirmed(app, db, sam, now, at)
    browser = Browser(app)
    browser.sign_in(sam)
    page = browser.open(f"/consultations/{asked}")
    downloaded = browser.http.get(f"/consultations/{asked}.ics", base_url="https://portal.test")

    assert at in instants_in(page.text)
    assert instants_in(mail.body) == {at}
    for file in (mail.calendar, downloaded.text):
        assert Calendar.from_ical(file).events[0].start == at
    offset = "UTC−5" if at == BEFORE else "UTC−4"
    assert f"America/New York, {offset}" in page_of(app, sam, "/next").text
    here = page_of(app, ada, f"/desk/consultations/{asked}")
    assert (here.heading, "Europe/London, UTC+0" in here.text) == (
        f"{at.astimezone(ZoneInfo('Europe/London')):%A} {at.day} March, 10:00",
        at == BEFORE,
    )


def test_the_method_in_the_file_is_the_one_that_it_travels_under(app, db, ada, sam, now):
    asked, mail = confirmed(app, db, sam, now, AFTER)
    browser = Browser(app)
    browser.sign_in(sam)
    Scene(app, now).cancel(asked)
    gone = db.scalars(select(OutgoingEmail).where(OutgoingEmail.calendar_method == "CANCEL")).one()
    downloaded = browser.http.get(f"/consultations/{asked}.ics", base_url="https://portal.test")

    for file, method in ((mail.calendar, mail.calendar_method), (gone.calendar, gone.calendar_method)):
        assert Calendar.from_ical(file)["METHOD"] == method
    assert downloaded.mimetype_params["method"] == Calendar.from_ical(downloaded.text)["METHOD"] == "CANCEL"


@pytest.mark.parametrize(
    ("at", "theirs", "ours"),
    [(BEFORE, None, None), (AFTER, "Sunday 14 March", "Sunday 28 March")],
    ids=["before", "after"],
)
def test_wherever_the_time_stands_a_notice_says_that_the_clocks_change(
    app, db, ada, sam, now, at, theirs, ours
):
    asked, mail = confirmed(app, db, sam, now, at)

    for person, address, changed in (
        (sam, f"/consultations/{asked}", theirs),
        (sam, "/next", theirs),
        (ada, f"/desk/consultations/{asked}", ours),
    ):
        text = page_of(app, person, address).text
        assert ("The clocks change" in text) == bool(changed), address
        assert not changed or f"The clocks change on {changed}" in text, address
    assert ("The clocks change" in mail.body) == bool(theirs)
