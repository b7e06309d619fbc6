"""A calendar elsewhere that holds our own consultations does not come back as busy; all else in it does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.services import hash_of
from portal.calendars.addresses import Inside
from portal.calendars.fetching import Fetcher
from portal.calendars.models import BusyTime, CalendarSource, SourceKind
from portal.calendars.services import add_source
from portal.database import transaction
from portal.scheduling.calendar_file import file_of
from portal.scheduling.feed_file import feed_file
from portal.scheduling.feeds import make_feed
from tests.calendars.elsewhere import calendar, event, says
from tests.scheduling.scene import called

WEEK = timedelta(weeks=1)
# On the day after, when nothing of ours is.
STRANGE = (":20270303T100000Z", ":20270303T110000Z")


@pytest.fixture
def feed(db, scene, ada):
    """What Ada's feed says now."""
    token = scene.describe(ada, make_feed, shows_names=False)
    return lambda: feed_file(db, hash_of(token), now=scene.now).text


@pytest.fixture
def fetched(app, db, scene, ada, elsewhere):
    """When Ada is busy elsewhere, where a calendar says this."""
    app.extensions["calendar_fetcher"] = Fetcher(Inside(["127.0.0.1"]))
    named = {"kind": SourceKind.ICS, "label": "A", "user_name": "", "password": ""}
    with scene.request(), transaction() as own:
        reference = add_source(own, ada, address=elsewhere.url(), now=scene.now, **named).reference

    def look(text):
        elsewhere.answer = says(text)
        with scene.request():
            app.extensions["job_handlers"]["fetch-calendar"](reference)
        db.expire_all()
        assert db.scalars(select(CalendarSource.failed_why)).one() is None
        return [each.starts_at for each in db.scalars(select(BusyTime).order_by(BusyTime.starts_at))]

    return look


def test_what_the_feed_has_brought_there_is_not_busy(scene, sam, kit, ten, eleven, noon, feed, fetched):
    scene.confirm(scene.ask(sam, ten))
    scene.ask(kit, eleven + WEEK, noon + WEEK)

    assert feed().count("BEGIN:VEVENT") == 3
    assert fetched(feed()) == []


def test_what_a_mailed_file_has_brought_there_is_not_busy(db, scene, sam, ten, fetched):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    with scene.request():
        text, _ = file_of(called(db, asked), changed_at=scene.now)

    assert fetched(text) == []


@pytest.mark.parametrize("what", ["move", "cancel", "settle", "propose"])
def test_nor_is_a_copy_of_it_that_is_older_than_the_last_change(
    scene, sam, ten, eleven, noon, feed, fetched, what
):
    asked = scene.ask(sam, ten, eleven)
    before = feed()
    if what == "settle":
        scene.confirm(asked, starts_at=eleven)
    elif what == "cancel":
        scene.cancel(asked)
    elif what == "propose":
        scene.propose(asked, noon)
    else:
        scene.confirm(asked)
        scene.place(sam, noon, instead_of=asked)

    assert fetched(before) == []


def test_what_else_stands_there_is_busy(scene, sam, ten, feed, fetched):
    scene.confirm(scene.ask(sam, ten))
    together = feed().replace("END:VCALENDAR", f"{event(*STRANGE)}\r\nEND:VCALENDAR")

    assert fetched(together) == [ten + timedelta(days=1)]


def test_a_name_of_ours_at_a_time_that_we_never_gave_hides_nothing(db, scene, sam, ten, fetched):
    asked = scene.ask(sam, ten)

    strange = event(*STRANGE, uid=called(db, asked).calendar_uid)

    assert fetched(calendar(strange)) == [ten + timedelta(days=1)]
