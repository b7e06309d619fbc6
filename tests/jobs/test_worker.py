"""The worker does what is due, once, whatever happens to it or to another."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import url_for
from sqlalchemy import func, select

from config import ROOT
from portal.database import current_db
from portal.jobs.heartbeat import is_any_worker_alive
from portal.jobs.models import Heartbeat, Job
from portal.jobs.queue import LEASE, MOST_ATTEMPTS, GiveUp, enqueue, lanes_of
from portal.jobs.worker import Worker
from portal.mail.models import OutgoingEmail
from tests.patience import PATIENCE_SECONDS, until

PLENTY = 30
# The worker processes have the system's clock, not the test's.
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Unhappy(Exception):
    """Something that a handler meets."""


@pytest.fixture
def job(app, db, now):
    """Call it with what a handler does; it is what the queue holds and a worker can do."""

    def put(does, *, kind="try"):
        app.extensions["job_handlers"][kind] = does
        enqueue(db, kind, subject="5f0c", due_at=now)
        db.flush()

    return put


def the_job(db):
    db.expire_all()
    return db.scalars(select(Job)).one()


def test_a_handler_is_told_what_its_job_is_about(app, db, now, job):
    told = []
    job(told.append)

    assert Worker(app).do_next() is True
    assert told == ["5f0c"]
    assert the_job(db).done_at == now
    assert Worker(app).do_next() is False


def test_what_is_long_done_and_long_sent_is_thrown_away_and_nothing_else(app, db, now):
    long_ago, lately = now - timedelta(days=40), now - timedelta(days=3)
    for subject, done in (("old", long_ago), ("new", lately), ("open", None)):
        db.add(Job(kind="x", subject=subject, due_at=now + LEASE, attempts=0, done_at=done))
    db.add(Job(kind="x", subject="given up", due_at=long_ago, attempts=0, gave_up_at=long_ago))
    for recipient, sent_at in (("old", long_ago), ("new", lately), ("waits", None)):
        db.add(OutgoingEmail(recipient=recipient, subject="", body="", written_at=long_ago, sent_at=sent_at))
    db.flush()
    worker = Worker(app)

    worker.sweep()

    assert set(db.scalars(select(Job.subject))) == {"new", "open", "given up"}
    assert set(db.scalars(select(OutgoingEmail.recipient))) == {"new", "waits"}


def test_a_handler_makes_whole_addresses_and_has_a_database_session_of_its_own(app, job):
    seen = []
    for kind in ("first", "second"):
        job(lambda _: seen.append((url_for("care.help_now", _external=True), current_db())), kind=kind)

    worker = Worker(app)
    while worker.do_next():
        pass

    assert [address for address, _ in seen] == ["https://portal.test/help-now"] * 2
    assert seen[0][1] is not seen[1][1]


def test_what_goes_wrong_is_kept_by_its_name_and_never_by_its_words(app, db, now, job, caplog):
    def fail(_subject):
        raise Unhappy("sam@example.org wrote: I cannot sleep")

    job(fail)
    Worker(app).do_next()

    put_off = the_job(db)
    assert (put_off.last_error, put_off.due_at) == ("Unhappy", now + timedelta(seconds=15))
    assert "Unhappy" in caplog.text
    assert not re.search("sam@|sleep", caplog.text)


def test_what_cannot_be_mended_is_given_up_at_once(app, db, now, job, caplog):
    def refuse(_subject):
        raise GiveUp from Unhappy("no such address as sam@example.org")

    job(refuse)
    Worker(app).do_next()

    assert (the_job(db).gave_up_at, the_job(db).last_error) == (now, "Unhappy")
    assert "given up" in caplog.text
    assert "sam@" not in caplog.text


def test_a_kind_of_a_newer_version_waits_for_a_worker_that_knows_it(app, db, now):
    enqueue(db, "from-the-future", subject="5f0c", due_at=now)
    db.flush()
    Worker(app).do_next()

    waiting = the_job(db)
    assert (waiting.last_error, waiting.gave_up_at) == ("NobodyKnowsHow", None)


def test_a_job_that_kills_every_worker_is_given_up(app, db, now, job):
    done = []
    job(done.append)
    the_job(db).attempts = MOST_ATTEMPTS
    db.flush()

    Worker(app).do_next()

    assert done == []
    assert (the_job(db).gave_up_at, the_job(db).last_error) == (now, "WorkersDied")


def test_a_worker_gives_signs_of_life_and_takes_leave(app, db, now, job):
    seen = []
    worker = Worker(app, every_seconds=0.01)

    def look(_subject):
        # The pulse is a thread: wait for its first beat.
        until = time.monotonic() + PATIENCE_SECONDS
        while not seen and time.monotonic() < until:
            with app.extensions["database"]() as other:
                seen.extend(other.scalars(select(Heartbeat.beat_at)))
        worker.stop()

    job(look)
    worker.run()

    assert seen == [now]
    assert db.scalars(select(Heartbeat)).all() == []


def test_a_job_that_waits_for_somebody_elsewhere_keeps_nothing_else_waiting(app, db, job):
    answered, done = threading.Event(), []
    app.extensions["job_lanes"]["ask"] = "elsewhere"
    worker = Worker(app, every_seconds=0.01)

    def end(_subject):
        done.append("what is due")
        answered.set()
        worker.stop()

    job(lambda _: done.append("the answer") if answered.wait(PATIENCE_SECONDS) else None, kind="ask")
    job(end, kind="note")
    worker.run()

    assert done == ["what is due", "the answer"]
    assert the_state(db) == {("ask", "done"): 1, ("note", "done"): 1}


def test_whoever_does_all_at_once_does_first_what_waits_for_nobody(app, job):
    done = []
    app.extensions["job_lanes"] |= {"ask": "elsewhere", "send": "mail"}
    for kind in ("ask", "send", "note", "count"):
        job(lambda _, kind=kind: done.append(kind), kind=kind)

    Worker(app).do_all_that_is_due()

    assert done == ["note", "count", "ask", "send"]


def test_mail_and_calendars_have_lanes_of_their_own(app):
    first, *others = lanes_of(app.extensions["job_lanes"])

    assert (first.all_but, set(first.kinds)) == (True, {"deliver-email", "fetch-calendar"})
    assert {lane.kinds for lane in others} == {("deliver-email",), ("fetch-calendar",)}


def test_the_leases_of_all_jobs_in_hand_are_renewed(app, db, now, later, job):
    app.extensions["job_lanes"]["ask"] = "elsewhere"
    worker, leases = Worker(app, every_seconds=0.01), []
    both = threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def hold(_subject):
        if both.wait() == 0:
            # Its own first sign, since two at once are none of a worker's.
            until(lambda: db.scalar(select(func.count(Heartbeat.worker))), what="a sign of life")
            later(now + LEASE)
            worker.give_a_sign_of_life()
            leases.extend(db.scalars(select(Job.leased_until)))
            worker.stop()
        both.wait()

    job(hold, kind="ask")
    job(hold, kind="note")
    worker.run()

    assert leases == [now + 2 * LEASE] * 2


def test_what_goes_wrong_in_a_lane_ends_the_worker_and_is_told(app, monkeypatch):
    worker = Worker(app, every_seconds=0.01)
    monkeypatch.setattr(worker, "sweep", lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        worker.run()


def test_one_worker_that_was_alive_a_minute_ago_is_enough(db, now):
    assert is_any_worker_alive(db, now=now) is False
    db.add_all([Heartbeat(worker="a", beat_at=now), Heartbeat(worker="b", beat_at=now - timedelta(hours=1))])
    db.flush()

    assert is_any_worker_alive(db, now=now + timedelta(minutes=1)) is True
    assert is_any_worker_alive(db, now=now + timedelta(minutes=2)) is False


def test_a_killed_worker_s_job_is_taken_again_and_three_workers_lose_none(database_url, db, tmp_path):
    enqueue(db, "die", subject="in hand", due_at=LONG_AGO - timedelta(hours=1))
    for number in range(PLENTY):
        enqueue(db, "note", subject=str(number), due_at=LONG_AGO)
    db.flush()

    killed = at_work(database_url, tmp_path, 0, "--once")
    assert killed.wait(PATIENCE_SECONDS) == 9
    assert the_state(db) == {("die", "taken"): 1, ("note", "waiting"): PLENTY}

    # The one that killed its worker does no harm any more.
    db.execute(Job.__table__.update().values(kind="note"))
    beyond_the_lease = LEASE.total_seconds() / 60 + 1
    workers = [at_work(database_url, tmp_path, beyond_the_lease, "--once") for _ in range(3)]

    assert [worker.wait(PATIENCE_SECONDS) for worker in workers] == [0, 0, 0]
    assert the_state(db) == {("note", "done"): PLENTY + 1}
    done = Counter((tmp_path / "notes").read_text().split("\n")[:-1])
    assert done == Counter(map(str, range(PLENTY))) + Counter({"in hand": 2})
    logs = "".join(path.read_text() for path in tmp_path.glob("log-*"))
    closed = Counter(re.findall(r"job (\d+), .*: done", logs))
    assert (len(closed), set(closed.values())) == (PLENTY + 1, {1})


def test_a_worker_that_is_asked_to_end_finishes_what_it_has_in_hand(database_url, db, tmp_path):
    for name in ("first", "second"):
        enqueue(db, "slow", subject=name, due_at=LONG_AGO)
        db.flush()

    worker = at_work(database_url, tmp_path, 0, "--every", "0.05")
    wait_for(tmp_path / "notes", "first begun\n")
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(PATIENCE_SECONDS) == 0
    assert (tmp_path / "notes").read_text() == "first begun\nfirst finished\n"
    assert the_state(db) == {("slow", "done"): 1, ("slow", "waiting"): 1}
    assert db.scalars(select(Heartbeat)).all() == []


def at_work(database_url, folder, minutes_later, *arguments):
    command = [sys.executable, "-m", "tests.jobs.at_work", database_url, str(folder), str(minutes_later)]
    return subprocess.Popen([*command, *arguments], cwd=ROOT)


def the_state(db):
    db.expire_all()
    jobs = db.scalars(select(Job))
    return dict(
        Counter(
            (job.kind, "done" if job.done_at else "taken" if job.lease_token else "waiting") for job in jobs
        )
    )


def wait_for(path, text):
    until = time.monotonic() + PATIENCE_SECONDS
    while not (path.exists() and text in path.read_text()):
        assert time.monotonic() < until, f"{path.name} never said {text!r}"
        time.sleep(0.02)
