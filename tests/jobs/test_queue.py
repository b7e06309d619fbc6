"""A job is taken by one worker at a time, and none is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal.jobs.models import Job
from portal.jobs.queue import (
    LEASE,
    MOST_ATTEMPTS,
    enqueue,
    finish,
    is_anything_due,
    put_off,
    renew,
    take_due,
    wait_after,
)

A_SECOND = timedelta(seconds=1)


def the_job(db):
    db.expire_all()
    return db.scalars(select(Job)).one()


def test_a_job_waits_until_it_is_due(db, now):
    enqueue(db, "note", subject="later", due_at=now + A_SECOND)
    db.flush()

    assert (is_anything_due(db, now=now), take_due(db, now=now)) == (False, [])
    assert is_anything_due(db, now=now + A_SECOND)
    assert [job.subject for job in take_due(db, now=now + A_SECOND)] == ["later"]


def test_the_longest_due_is_taken_first(db, now):
    for hours in (1, 3, 2):
        enqueue(db, "note", subject=f"{hours} hours", due_at=now - timedelta(hours=hours))
    db.flush()

    taken = [job.subject for _ in range(3) for job in take_due(db, now=now)]

    assert taken == ["3 hours", "2 hours", "1 hours"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_one_is_taken_however_the_database_goes_about_it(app, now):
    """A plan that looks once for each row, which PostgreSQL chooses where it knows little of the table."""
    with app.extensions["database"]() as db:
        for number in range(5):
            enqueue(db, "note", subject=str(number), due_at=now)
        db.flush()
        for way in (
            "enable_hashjoin",
            "enable_mergejoin",
            "enable_hashagg",
            "enable_material",
            "enable_sort",
        ):
            db.execute(text(f"SET LOCAL {way} = off"))

        taken = take_due(db, now=now)
        leased = db.scalar(select(func.count()).where(Job.lease_token.is_not(None)))

    assert (len(taken), leased) == (1, 1)


def test_what_one_worker_has_in_hand_no_other_takes_until_the_lease_ends(db, now):
    enqueue(db, "note", subject="once", due_at=now)
    db.flush()
    take_due(db, now=now)

    assert take_due(db, now=now + LEASE - A_SECOND) == []
    assert [job.attempts for job in take_due(db, now=now + LEASE)] == [2]


def test_a_renewed_lease_holds_on(db, now):
    enqueue(db, "note", subject="slow", due_at=now)
    db.flush()
    (job,) = take_due(db, now=now)

    renew(db, job, now=now + LEASE - A_SECOND)

    assert take_due(db, now=now + LEASE) == []


def test_a_worker_that_was_thought_dead_cannot_close_what_another_has(db, now):
    enqueue(db, "note", subject="twice", due_at=now)
    db.flush()
    (late,) = take_due(db, now=now)
    (other,) = take_due(db, now=now + LEASE)

    assert finish(db, late, now=now + LEASE) is False
    assert put_off(db, late, now=now + LEASE, error="Late") is False
    renew(db, late, now=now + LEASE)
    assert the_job(db).lease_token == other.lease_token
    assert finish(db, other, now=now + LEASE) is True


def test_a_finished_job_is_never_taken_again(db, now):
    enqueue(db, "note", subject="done", due_at=now)
    db.flush()
    (job,) = take_due(db, now=now)

    assert finish(db, job, now=now)
    assert the_job(db).done_at == now
    assert take_due(db, now=now + timedelta(days=9)) == []


def test_a_job_that_failed_waits_longer_each_time(db, now):
    enqueue(db, "note", subject="flaky", due_at=now)
    db.flush()
    waits = []
    for _ in range(3):
        moment = the_job(db).due_at
        (job,) = take_due(db, now=moment)
        put_off(db, job, now=moment, error="ConnectionRefusedError")
        waits.append((the_job(db).due_at - moment).total_seconds())

    assert waits == [15, 30, 60]
    assert the_job(db).last_error == "ConnectionRefusedError"


def test_a_mail_server_may_be_away_for_a_weekend():
    waits = [wait_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]

    assert max(waits) == timedelta(hours=6)
    assert timedelta(days=2) < sum(waits, timedelta()) < timedelta(days=3)


@pytest.mark.parametrize("for_good", [True, False])
def test_a_job_is_given_up_where_it_can_be_seen(db, now, for_good):
    enqueue(db, "note", subject="hopeless", due_at=now)
    db.flush()
    tries = 1 if for_good else MOST_ATTEMPTS
    for _ in range(tries):
        now = the_job(db).due_at
        (job,) = take_due(db, now=now)
        put_off(db, job, now=now, error="SMTPRecipientsRefused", for_good=for_good)

    given_up = the_job(db)
    assert (given_up.gave_up_at, given_up.attempts, given_up.done_at) == (now, tries, None)
    assert take_due(db, now=now + timedelta(days=9)) == []
