"""What the portal does when a time has passed: offers end, kept times lapse, reminders are decided."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import SignedInPlace
from portal.diary.models import Diary
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.expiring import AnswerNotDue
from portal.scheduling.lifecycle import MoveNotAllowed, Party, Status
from tests import make
from tests.scheduling.scene import called, held_in_vain, own_steps, steps_held

WEEK = timedelta(weeks=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(db):
    """The messages since last asked, as (recipient, subject, body)."""
    seen: set[int] = set()

    def new():
        emails = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))
        fresh = [email for email in emails if email.id not in seen]
        seen.update(email.id for email in fresh)
        return [(email.recipient, email.subject, email.body) for email in fresh]

    return new


def jobs(db, kind):
    found = db.scalars(select(Job).where(Job.kind == kind).order_by(Job.due_at, Job.id))
    return [(job.subject, job.due_at) for job in found]


# Offers.


def test_an_offer_that_nobody_answered_ends_and_both_are_told(db, scene, sam, ada, ten, noon, post):
    offered = scene.propose(scene.ask(sam, ten), noon + WEEK)
    post()
    with pytest.raises(AnswerNotDue):
        scene.expire(offered)
    scene.now = called(db, offered).answer_by

    scene.expire(offered)

    assert called(db, offered).status is Status.EXPIRED
    assert steps_held(db) == []
    sams, adas = post()
    assert (sams[0], adas[0]) == (sam.email, ada.email)
    assert "no longer held for you. That is quite all right" in sams[2]
    assert "sorry" not in sams[2]
    assert "neither taken nor refused" in adas[2]


def test_what_an_offer_was_to_replace_stays_when_it_ends(db, scene, sam, ten, noon):
    mine = scene.ask(sam, ten + WEEK)
    scene.confirm(mine)
    offered = scene.propose(mine, noon + WEEK)
    scene.now = called(db, offered).answer_by

    scene.expire(offered)

    assert called(db, mine).status is Status.CONFIRMED
    assert steps_held(db) == own_steps(ten + WEEK)


# Times that are kept until the questionnaire is sent.


@pytest.fixture
def answers_first(db, ada):
    db.add(Diary(therapist_id=ada.id, answers_first=True))
    db.flush()


def seen_at(db, sam, moment: datetime) -> None:
    place = SignedInPlace(token_hash="x", client_id=sam.id, signed_in_at=moment, last_used_at=moment)
    db.merge(place)
    db.flush()


@pytest.mark.usefixtures("answers_first")
def test_a_time_chosen_before_the_answers_are_sent_is_kept(db, scene, sam, ada, ten, now, post):
    kept = scene.ask(sam, ten)

    assert called(db, kept).status is Status.KEPT
    assert steps_held(db) == own_steps(ten)
    assert jobs(db, "lapse-kept-time") == [(kept, now + 45 * MINUTE)]
    # What is told of it goes into the journal, and to nobody else.
    assert jobs(db, "tell-of-request") == [(kept, now)]
    assert jobs(db, "expire-request") == []
    scene.tell(kept)
    assert post() == []


@pytest.mark.usefixtures("answers_first")
def test_who_has_sent_their_answers_asks_as_ever(db, scene, sam, ten, now):
    make.intake(db, client=sam, sent_at=now)

    assert called(db, scene.ask(sam, ten)).status is Status.REQUESTED


@pytest.mark.usefixtures("answers_first")
def test_it_is_kept_as_long_as_its_client_is_at_it(db, scene, sam, ten, now):
    kept = scene.ask(sam, ten)
    seen_at(db, sam, now + 40 * MINUTE)
    scene.now += 45 * MINUTE

    scene.lapse(kept)

    assert called(db, kept).status is Status.KEPT
    assert (kept, now + 85 * MINUTE) in jobs(db, "lapse-kept-time")


@pytest.mark.usefixtures("answers_first")
def test_it_is_let_go_when_they_have_stopped_for_long(db, scene, sam, ten, now, post):
    kept = scene.ask(sam, ten)
    seen_at(db, sam, now + 10 * MINUTE)
    scene.now += 55 * MINUTE

    scene.lapse(kept)

    assert called(db, kept).status is Status.EXPIRED
    assert steps_held(db) == []
    ((whom, subject, body),) = post()
    assert (whom, subject) == (sam.email, "About the time you chose")
    assert "Nothing that you wrote is lost." in body
    assert "10:00 (Europe/London, UTC+0)" in body


@pytest.mark.usefixtures("answers_first")
def test_nobody_keeps_a_time_for_more_than_a_day(db, scene, sam, ten, now):
    kept = scene.ask(sam, ten + WEEK)
    scene.now += timedelta(days=1)
    seen_at(db, sam, scene.now)

    scene.lapse(kept)

    assert called(db, kept).status is Status.EXPIRED


@pytest.mark.usefixtures("answers_first")
def test_nobody_keeps_a_time_until_nobody_could_answer_for_it(db, scene, sam, ada, ten):
    """On Friday evening the practice closes, and Monday at nine is two hours after anybody reads again."""
    make.practice(db)
    make.working_hours(db, ada, weekday=1, starts="09:00", ends="10:00")
    friday, monday = ten + timedelta(days=3, hours=6), ten + timedelta(days=6, hours=-1)
    scene.now = friday
    kept = scene.ask(sam, monday)
    scene.now = friday + timedelta(minutes=30)
    seen_at(db, sam, scene.now)

    scene.lapse(kept)

    assert called(db, kept).answer_by == friday + timedelta(hours=1)


@pytest.mark.usefixtures("answers_first")
def test_what_is_kept_is_asked_for_when_the_answers_are_sent(db, scene, sam, ten, now):
    kept = scene.ask(sam, ten + WEEK)
    scene.now += 30 * MINUTE

    scene.ask_for_kept(kept)

    asked = called(db, kept)
    assert (asked.status, asked.asked_at) == (Status.REQUESTED, scene.now)
    # Two answering days, by six in the evening.
    assert asked.answer_by == datetime(2027, 3, 3, 18, tzinfo=now.tzinfo)
    assert jobs(db, "tell-of-request") == [(kept, now), (kept, scene.now)]
    assert jobs(db, "expire-request") == [(kept, asked.answer_by)]
    with pytest.raises(MoveNotAllowed):
        scene.lapse(kept)


@pytest.mark.usefixtures("answers_first")
def test_withdrawing_what_is_kept_tells_nobody(db, scene, sam, ten, post):
    kept = scene.ask(sam, ten)

    scene.cancel(kept)
    assert post() == []

    scene.undo(kept)
    assert called(db, kept).status is Status.KEPT
    assert held_in_vain(db) == []


# Reminders: T8.


@pytest.fixture
def confirmed(scene, sam, ten, post):
    asked = scene.ask(sam, ten + WEEK)
    scene.confirm(asked)
    post()
    return asked


def test_a_reminder_says_when_and_nothing_else(scene, sam, ten, confirmed, post):
    scene.now = ten + timedelta(days=6)

    scene.remind(confirmed)

    ((whom, subject, body),) = post()
    assert (whom, subject) == (sam.email, "Your appointment")
    assert "Tuesday 9 March 2027, 10:00 (Europe/London, UTC+0)" in body


def test_a_reminder_is_sent_once(scene, ten, confirmed, post):
    scene.now = ten + timedelta(days=6)
    scene.remind(confirmed)
    scene.remind(confirmed)

    assert len(post()) == 1


@pytest.mark.parametrize("why", ["too early", "not wanted", "past", "cancelled", "moved"])
def test_a_reminder_is_decided_when_it_is_sent(db, scene, sam, ten, confirmed, post, why):
    """It was due once; by what is so now, nobody hears."""
    scene.now = ten if why == "too early" else ten + (WEEK if why == "past" else timedelta(days=6))
    if why == "not wanted":
        sam.reminders = ""
        db.flush()
    if why == "cancelled":
        scene.cancel(confirmed, by=Party.THERAPIST)
    if why == "moved":
        scene.place(sam, ten + 2 * WEEK, instead_of=confirmed)
    post()

    scene.remind(confirmed)

    assert post() == []


def test_each_of_several_reminders_comes_by_itself(db, scene, sam, ten, confirmed, post):
    sam.reminders = "2880,120"
    db.flush()

    for before in (timedelta(days=2), timedelta(hours=2)):
        scene.now = ten + WEEK - before
        scene.remind(confirmed)
        assert len(post()) == 1


def test_after_a_long_silence_of_the_worker_one_reminder_is_enough(db, scene, sam, ten, confirmed, post):
    sam.reminders = "2880,1440,120"
    db.flush()
    scene.now = ten + WEEK - timedelta(hours=1)

    scene.remind(confirmed)
    scene.remind(confirmed)

    assert len(post()) == 1


def test_the_therapist_is_reminded_before_an_answer_is_due(db, scene, sam, ada, ten, now, post):
    asked = scene.ask(sam, ten + WEEK, answer_by=now + timedelta(days=2))
    assert jobs(db, "remind-to-answer") == [(asked, datetime(2027, 3, 2, 16, tzinfo=now.tzinfo))]
    scene.now += timedelta(days=1)

    scene.remind_to_answer(asked)

    ((whom, subject, body),) = post()
    assert (whom, subject) == (ada.email, "A request still waits for your answer")
    assert "Wednesday 3 March 2027, 09:00" in body


def test_who_has_answered_is_not_reminded(scene, sam, ten, post):
    asked = scene.ask(sam, ten + WEEK)
    scene.decline(asked)
    post()

    scene.remind_to_answer(asked)

    assert post() == []
