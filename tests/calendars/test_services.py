"""A calendar elsewhere is named, kept as a copy, found silent, and taken out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.calendars.expanding import Expanded
from portal.calendars.failures import Why
from portal.calendars.models import BusyTime, CalendarSource, SourceKind
from portal.calendars.queries import busy_elsewhere, look_due, source_of, source_to_change, sources_of
from portal.calendars.services import (
    MOST_SOURCES,
    Copy,
    LookedAtAlready,
    TooManySources,
    add_source,
    keep_copy,
    keep_unchanged,
    look_again,
    note_failure,
    remove_source,
)
from portal.database import transaction
from portal.errors import NotFound
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.vault.models import DataKey
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")
SECRETS = ("Private diary", "https://calendar.example/k3y.ics", "ada@calendar.example", "pass word")


@pytest.fixture
def diary(ada, now):
    """The reference of a calendar that Ada has named."""
    with transaction() as db:
        return add(db, ada, now).reference


def add(db, ada, now, *, label="Private diary", user_name="ada@calendar.example"):
    return add_source(
        db,
        ada,
        kind=SourceKind.CALDAV,
        label=label,
        address="https://calendar.example/k3y.ics",
        user_name=user_name,
        password="pass word",
        now=now,
    )


def keep(reference, now, *stretches, etag='"v1"', unread=0):
    with transaction() as db:
        source = source_to_change(db, reference)
        copy = Copy(Expanded(list(stretches), unread), etag, None)
        keep_copy(db, source, copy, due_at=source.next_look_at, now=now)


def fail(reference, now, why=Why.NO_ANSWER):
    with transaction() as db:
        source = source_to_change(db, reference)
        note_failure(db, source, why, due_at=source.next_look_at, now=now)


def jobs(db):
    return [(job.kind, job.subject, job.due_at) for job in db.scalars(select(Job).order_by(Job.id))]


def stored(db, thing):
    db.expire_all()
    return db.scalars(select(thing)).one()


def hours(now, *numbers):
    """Stretches of an hour, each beginning so many hours from now."""
    return [(now + timedelta(hours=number), now + timedelta(hours=number + 1)) for number in numbers]


def test_what_is_typed_of_a_calendar_is_sealed(db, ada, diary, now):
    source = stored(db, CalendarSource)

    columns = [column.name for column in CalendarSource.__table__.columns]
    everything = b" ".join(
        value if isinstance(value, bytes) else str(value).encode()
        for value in (getattr(source, name) for name in columns)
    )
    assert not any(secret.encode() in everything for secret in SECRETS)
    assert source.data_key_id is not None
    look = look_due(db, diary, now=now)
    assert (look.address, look.sign_in) == (SECRETS[1], (SECRETS[2], SECRETS[3]))
    assert not any(secret in repr(look) for secret in SECRETS)
    assert [shown.label for shown in sources_of(db, ada, now=now)] == ["Private diary"]


def test_without_a_user_name_no_password_is_kept(db, ada, now):
    with transaction() as change:
        reference = add(change, ada, now, user_name="").reference

    assert stored(db, CalendarSource).sealed_password is None
    assert look_due(db, reference, now=now).sign_in is None


def test_a_new_calendar_is_looked_at_at_once(db, ada, diary, now):
    assert jobs(db) == [("fetch-calendar", diary, now)]
    (shown,) = sources_of(db, ada, now=now)
    assert (shown.is_looked_at, shown.fetched_at, shown.failed_at) == (True, None, None)


def test_nobody_names_calendars_without_end(db, ada, now):
    with transaction() as change:
        for _ in range(MOST_SOURCES):
            add(change, ada, now)

    with pytest.raises(TooManySources), transaction() as change:
        add(change, ada, now)
    assert db.scalar(select(func.count()).select_from(CalendarSource)) == MOST_SOURCES
    other = make.therapist(db, name="Bo Lind")
    with transaction() as change:
        assert add(change, other, now)


def test_another_s_calendar_is_not_found(db, ada, diary, now):
    other = make.therapist(db, name="Bo Lind")

    assert source_of(db, ada, diary)
    assert sources_of(db, other, now=now) == []
    with pytest.raises(NotFound):
        source_of(db, other, diary)
    with pytest.raises(NotFound):
        source_of(db, ada, "nothing")


def test_a_copy_takes_the_place_of_the_one_before(db, ada, diary, now):
    keep(diary, now, *hours(now, 1, 3), unread=2)
    assert busy_elsewhere(db, ada, now, now + timedelta(days=1)) == hours(now, 1, 3)

    longer = (now + timedelta(hours=3), now + timedelta(hours=5))
    keep(diary, now + timedelta(minutes=10), longer, *hours(now, 7), etag='"v2"')

    assert busy_elsewhere(db, ada, now, now + timedelta(days=1)) == [longer, *hours(now, 7)]
    source = stored(db, CalendarSource)
    assert (source.etag, source.fetched_at, source.unread) == ('"v2"', now + timedelta(minutes=10), 0)


def test_a_copy_that_is_the_same_writes_no_stretch_again(queries, diary, now):
    keep(diary, now, *hours(now, 1, 3))

    with queries() as seen:
        keep(diary, now, *hours(now, 1, 3))
    assert not [statement for statement in seen if "busy_time" in statement and "SELECT" not in statement]


def test_stretches_of_several_calendars_lie_beside_one_another(db, ada, diary, now):
    with transaction() as change:
        second = add(change, ada, now).reference
    keep(diary, now, *hours(now, 1))
    keep(second, now, *hours(now, 1, 2))

    assert busy_elsewhere(db, ada, now, now + timedelta(days=1)) == sorted(
        [*hours(now, 1), *hours(now, 1, 2)]
    )


def test_only_what_lies_in_the_range_is_told(db, ada, diary, now):
    keep(diary, now, *hours(now, 0, 2, 4, 30))

    def told(since, until):
        return busy_elsewhere(db, ada, now + timedelta(hours=since), now + timedelta(hours=until))

    assert told(1, 4) == hours(now, 2)
    assert told(0.5, 4.5) == hours(now, 0, 2, 4)
    other = make.therapist(db, name="Bo Lind")
    assert busy_elsewhere(db, other, now, now + timedelta(days=2)) == []


def test_a_day_long_stretch_is_found_at_its_end(db, ada, diary, now):
    midnight = now.replace(hour=0)
    keep(diary, now, (midnight, midnight + timedelta(days=1)))

    last_minute = midnight + timedelta(days=1, minutes=-1)
    assert len(busy_elsewhere(db, ada, last_minute, last_minute + timedelta(hours=1))) == 1
    assert busy_elsewhere(db, ada, midnight + timedelta(days=1), midnight + timedelta(days=2)) == []


def test_it_is_looked_at_every_ten_minutes(db, diary, now):
    keep(diary, now)

    assert look_due(db, diary, now=now + timedelta(minutes=9)) is None
    look = look_due(db, diary, now=now + timedelta(minutes=10))
    assert (look.etag, look.due_at) == ('"v1"', now + timedelta(minutes=10))
    assert jobs(db)[1:] == [("fetch-calendar", diary, now + timedelta(minutes=10))]


def test_a_copy_is_made_anew_every_day_since_it_reaches_only_so_far(db, diary, now):
    keep(diary, now)
    with transaction() as change:
        source = source_to_change(change, diary)
        keep_unchanged(change, source, due_at=source.next_look_at, now=now + timedelta(hours=23))

    assert look_due(db, diary, now=now + timedelta(hours=24)).etag is None
    assert stored(db, CalendarSource).fetched_at == now + timedelta(hours=23)


def test_the_waits_after_failures_grow_to_an_hour_and_never_end(db, diary, now):
    waits = []
    for _ in range(50):
        fail(diary, now)
        waits.append(int((stored(db, CalendarSource).next_look_at - now).total_seconds() // 60))

    assert waits == [10, 20, 40] + [60] * 47
    assert len(jobs(db)) == 1 + 50


def test_a_calendar_that_fails_keeps_its_last_copy(db, ada, diary, now):
    keep(diary, now, *hours(now, 1))
    fail(diary, now + timedelta(minutes=10))
    fail(diary, now + timedelta(minutes=20), Why.TOO_SLOW)

    assert busy_elsewhere(db, ada, now, now + timedelta(days=1)) == hours(now, 1)
    (shown,) = sources_of(db, ada, now=now + timedelta(minutes=25))
    assert (shown.fetched_at, shown.failed_at, shown.why) == (now, now + timedelta(minutes=10), Why.TOO_SLOW)

    keep(diary, now + timedelta(hours=1), *hours(now, 2))
    (shown,) = sources_of(db, ada, now=now + timedelta(hours=1))
    assert (shown.failed_at, shown.why) == (None, None)


def test_the_therapist_is_told_once_when_it_has_failed_for_a_day(db, ada, diary, now):
    keep(diary, now, *hours(now, 1))
    for failed_after in (1, 2, 24.9):
        fail(diary, now + timedelta(hours=failed_after))
    assert db.scalars(select(OutgoingEmail)).all() == []

    for failed_after in (25, 26, 99):
        fail(diary, now + timedelta(hours=failed_after))
    assert stored(db, OutgoingEmail).recipient == ada.email

    keep(diary, now + timedelta(hours=100))
    fail(diary, now + timedelta(hours=101))
    fail(diary, now + timedelta(hours=125))
    assert len(db.scalars(select(OutgoingEmail)).all()) == 2


@pytest.mark.parametrize("kept", [True, False])
def test_the_mail_says_neither_which_calendar_nor_what_for(db, ada, diary, now, kept):
    if kept:
        keep(diary, now)
    fail(diary, now + timedelta(minutes=10))
    fail(diary, now + timedelta(minutes=10, hours=24))

    email = stored(db, OutgoingEmail)
    text = f"{email.subject}\n{email.body}".lower()
    assert "Monday 1 March 2027, 09:10 (Europe/London, UTC+0)" in email.body
    assert ("is from Monday 1 March 2027, 09:00" in email.body) is kept
    assert "https://portal.test/desk/calendars" in email.body
    told = ["therap", "counsel", "consult", "patient", "client", "session", "intake", "mental"]
    assert not any(word in text for word in [*told, *(secret.lower() for secret in SECRETS)])
    assert "no-answer" not in text


def test_a_calendar_is_looked_at_when_it_is_asked_for(db, diary, now):
    keep(diary, now)
    later = now + timedelta(minutes=3)

    with transaction() as change:
        look_again(change, source_to_change(change, diary), now=later)

    assert look_due(db, diary, now=later).due_at == later
    assert jobs(db)[-1] == ("fetch-calendar", diary, later)
    with pytest.raises(LookedAtAlready), transaction() as change:
        look_again(change, source_to_change(change, diary), now=later)


def test_there_is_one_chain_of_looks_however_many_were_asked_for(db, diary, now):
    """A look that was overtaken by another puts no job of its own in the queue."""
    keep(diary, now)
    due_at, asked_at = now + timedelta(minutes=10), now + timedelta(minutes=11)
    with transaction() as change:
        # While the look that was due at ten past is under way, another is asked for.
        source_to_change(change, diary).next_look_at = asked_at

    with transaction() as change:
        keep_unchanged(
            change, source_to_change(change, diary), due_at=due_at, now=now + timedelta(minutes=12)
        )

    assert stored(db, CalendarSource).next_look_at == asked_at
    assert len(jobs(db)) == 2
    # The one that was asked for goes on.
    with transaction() as change:
        keep_unchanged(
            change, source_to_change(change, diary), due_at=asked_at, now=now + timedelta(minutes=12)
        )
    assert jobs(db)[-1] == ("fetch-calendar", diary, now + timedelta(minutes=22))


def test_a_calendar_that_is_removed_leaves_nothing(db, ada, diary, now):
    keep(diary, now, *hours(now, 1))
    with transaction() as change:
        kept = add(change, ada, now).reference
    keep(kept, now, *hours(now, 1))

    with transaction() as change:
        remove_source(change, source_of(change, ada, diary), now=now)

    assert stored(db, CalendarSource).reference == kept
    assert len(db.scalars(select(BusyTime)).all()) == len(db.scalars(select(DataKey)).all()) == 1
    assert look_due(db, diary, now=now + timedelta(days=1)) is None
