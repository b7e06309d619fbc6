"""What opens is noted where somebody waits, looked at a little later, and only once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.waiting.models import OpenedTime
from portal.waiting.queries import who_waits, wishes_earlier
from portal.waiting.services import Opened, forget_wish, note_opened, take_opened, wish
from tests import make

HOUR, TEN_MINUTES = timedelta(hours=1), timedelta(minutes=10)


@pytest.fixture
def ada(db):
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def waiting(db, ada, sam, now):
    wish(db, client_id=sam.id, therapist_id=ada.id, now=now)
    db.flush()


@pytest.mark.usefixtures("waiting")
def test_it_is_looked_at_ten_minutes_later_and_once(db, ada, now):
    note_opened(db, ada.id, [Opened(now + HOUR, now + 2 * HOUR, [None, 3])], now=now)

    (job,) = db.scalars(select(Job))
    assert (job.kind, job.subject, job.due_at) == ("offer-freed-time", str(ada.id), now + TEN_MINUTES)
    assert take_opened(db, ada.id, now=now + TEN_MINUTES - timedelta(seconds=1)) == []
    assert take_opened(db, ada.id, now=job.due_at) == [(now + HOUR, now + 2 * HOUR, [None, 3])]
    assert take_opened(db, ada.id, now=job.due_at) == []


@pytest.mark.usefixtures("waiting")
def test_what_is_over_and_what_is_another_therapists_is_not_among_it(db, ada, now):
    bea = make.therapist(db, name="Bea")

    note_opened(db, ada.id, [Opened(now - HOUR, now)], now=now)
    note_opened(db, bea.id, [Opened(now, now + HOUR)], now=now)

    assert list(db.scalars(select(OpenedTime))) == []
    assert list(db.scalars(select(Job))) == []


def test_whoever_wishes_twice_keeps_their_place_and_whoever_wishes_no_more_loses_it(db, ada, sam, now):
    kit = make.client(db, therapist=ada)
    for client, minutes in ((sam, 0), (kit, 1), (sam, 2)):
        wish(db, client_id=client.id, therapist_id=ada.id, now=now + timedelta(minutes=minutes))
        db.flush()
    assert [each.id for each in who_waits(db, ada.id)] == [sam.id, kit.id]

    for _ in range(2):
        forget_wish(db, client_id=sam.id)
        db.flush()

    assert [wishes_earlier(db, each) for each in (sam, kit)] == [False, True]
