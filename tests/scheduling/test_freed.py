"""Something earlier opens: it is offered to one person at a time, in order, held, and never in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.diary.naming import change_kind
from portal.diary.queries import rules_of
from portal.diary.services import add_days, remove_days, set_hours
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import UNDONE_WITHIN, Party, Status
from portal.scheduling.models import Consultation
from portal.waiting.models import EarlierWish, OpenedTime
from portal.waiting.services import LOOKED_AT_AFTER
from tests import make
from tests.scheduling.scene import called, held_in_vain, own_steps, steps_held

WEEK = timedelta(weeks=1)
SOON = timedelta(minutes=10)


@pytest.fixture
def jo(db, ada):
    return make.client(db, name="Jo Hart", therapist=ada, time_zone="Europe/London")


@pytest.fixture
def waits(scene):
    """`waits(client, starts_at)`: a confirmed time's reference, whose client would like an earlier one."""

    def confirmed(client, starts_at):
        asked = scene.ask(client, starts_at)
        scene.confirm(asked)
        scene.wish(asked)
        scene.now += timedelta(minutes=1)
        return asked

    return confirmed


@pytest.fixture
def work(app, db, scene, later):
    """What the worker does once nobody can take back any more what has just been done."""

    def run():
        scene.now += SOON
        later(scene.now)
        done = []
        for job in db.scalars(select(Job).where(Job.kind == "offer-freed-time", Job.done_at.is_(None))):
            done.append(job.subject)
            job.done_at = scene.now
            db.flush()
            with scene.request():
                app.extensions["job_handlers"][job.kind](job.subject)
        return done

    return run


def offers(db):
    db.expire_all()
    open_now = select(Consultation).where(
        Consultation.status == Status.PROPOSED, Consultation.begun_by == Party.PORTAL
    )
    return list(db.scalars(open_now.order_by(Consultation.id)))


def test_a_time_that_is_cancelled_is_offered_to_who_waits_for_an_earlier_one(
    db, scene, sam, kit, ten, waits, work
):
    mine = waits(sam, ten + 2 * WEEK)
    kits = scene.ask(kit, ten + WEEK)
    scene.confirm(kits)

    scene.cancel(kits)
    work()

    (offer,) = offers(db)
    assert (offer.client_id, offer.starts_at) == (sam.id, ten + WEEK)
    assert called(db, offer.reference).replaces.reference == mine
    assert offer.answer_by == scene.now + timedelta(days=1)
    assert steps_held(db) == own_steps(ten + WEEK) + own_steps(ten + 2 * WEEK)
    told = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))[-1]
    assert (told.recipient, told.subject) == (sam.email, "An earlier time for your appointment")
    assert "Tuesday 9 March 2027, 10:00" in told.body
    assert "Tuesday 16 March 2027, 10:00" in told.body


def test_taking_it_moves_the_time_and_fulfils_the_wish(db, scene, sam, kit, ten, waits, work):
    mine = waits(sam, ten + 2 * WEEK)
    kits = scene.ask(kit, ten + WEEK)
    scene.decline(kits)
    work()
    (offer,) = offers(db)

    scene.accept(offer.reference, ten + WEEK)

    assert called(db, mine).status is Status.REPLACED
    assert steps_held(db) == own_steps(ten + WEEK)
    assert list(db.scalars(select(EarlierWish))) == []
    assert held_in_vain(db) == []


def test_it_waits_until_nobody_can_take_back_what_freed_it(db, scene, sam, kit, ten, waits, work):
    waits(sam, ten + 2 * WEEK)
    kits = scene.ask(kit, ten + WEEK)
    scene.cancel(kits)
    due = db.scalars(select(Job.due_at).where(Job.kind == "offer-freed-time")).one()
    assert due == scene.now + SOON

    scene.undo(kits)
    work()

    assert offers(db) == []
    assert called(db, kits).status is Status.REQUESTED


@pytest.mark.parametrize("end", ["refuse", "expire"])
def test_the_next_one_comes_when_it_is_left(db, scene, sam, kit, jo, ten, waits, work, end):
    waits(sam, ten + 3 * WEEK)
    waits(jo, ten + 2 * WEEK)
    kits = scene.ask(kit, ten + WEEK)
    scene.cancel(kits)
    work()
    (first,) = offers(db)
    assert first.client_id == sam.id

    if end == "expire":
        scene.now = first.answer_by
    getattr(scene, end)(first.reference)
    work()

    (second,) = offers(db)
    assert (second.client_id, second.starts_at) == (jo.id, ten + WEEK)
    assert held_in_vain(db) == []


def test_nobody_is_offered_the_same_time_twice(db, scene, sam, kit, ten, waits, work):
    waits(sam, ten + 2 * WEEK)
    scene.cancel(scene.ask(kit, ten + WEEK))
    work()
    (offer,) = offers(db)

    scene.refuse(offer.reference)
    work()
    scene.cancel(scene.ask(kit, ten + WEEK))
    work()

    assert offers(db) == []
    assert len(list(db.scalars(select(EarlierWish)))) == 1


def test_what_is_not_earlier_is_not_offered(db, scene, sam, kit, ten, eleven, waits, work):
    waits(sam, ten + WEEK)

    scene.cancel(scene.ask(kit, eleven + WEEK))

    assert len(work()) == 1
    assert offers(db) == []


def test_what_is_too_soon_is_not_offered(db, scene, sam, kit, ten, waits, work):
    waits(sam, ten + WEEK)
    kits = scene.ask(kit, ten)
    scene.now += timedelta(hours=2)
    scene.cancel(kits)

    assert len(work()) == 1
    assert offers(db) == []


def test_who_has_something_open_is_passed_over(db, scene, sam, kit, jo, ten, noon, waits, work):
    mine = waits(sam, ten + 3 * WEEK)
    waits(jo, ten + 2 * WEEK)
    scene.ask(sam, noon + 3 * WEEK, instead_of=mine)

    scene.cancel(scene.ask(kit, ten + WEEK))
    work()

    assert [offer.client_id for offer in offers(db)] == [jo.id]


def test_several_times_of_one_request_go_to_several_people(db, scene, sam, kit, jo, ten, eleven, waits, work):
    waits(sam, ten + 3 * WEEK)
    waits(jo, ten + 2 * WEEK)

    scene.cancel(scene.ask(kit, eleven + WEEK, ten + WEEK))
    work()

    assert {(offer.client_id, offer.starts_at) for offer in offers(db)} == {
        (sam.id, ten + WEEK),
        (jo.id, eleven + WEEK),
    }


@pytest.mark.parametrize("placed", [False, True], ids=["confirmed", "placed"])
def test_a_wish_is_about_the_time_one_has_and_not_about_the_next(db, scene, sam, ten, noon, waits, placed):
    mine = waits(sam, ten)
    moved = scene.ask(sam, noon, instead_of=mine)
    scene.confirm(moved)
    assert db.get(EarlierWish, sam.id) is not None
    scene.cancel(moved, by=Party.THERAPIST)
    assert db.get(EarlierWish, sam.id) is not None, "it may be taken back"

    if placed:
        scene.place(sam, noon + WEEK)
    else:
        scene.confirm(scene.ask(sam, noon + WEEK))

    db.expire_all()
    assert db.get(EarlierWish, sam.id) is None


def test_where_nobody_waits_there_is_nothing_to_do(db, scene, kit, ten, work):
    scene.cancel(scene.ask(kit, ten))

    assert work() == []


def test_a_confirmation_offers_the_other_times_that_were_asked_for(
    db, scene, sam, kit, ten, eleven, waits, work
):
    waits(sam, ten + 2 * WEEK)

    scene.confirm(scene.ask(kit, ten + WEEK, eleven + WEEK))
    work()

    assert [offer.starts_at for offer in offers(db)] == [eleven + WEEK]


def test_it_does_no_harm_twice(db, app, scene, sam, kit, jo, ten, waits, work):
    waits(sam, ten + 3 * WEEK)
    waits(jo, ten + 2 * WEEK)
    scene.cancel(scene.ask(kit, ten + WEEK))

    (therapist,) = work()
    with scene.request():
        app.extensions["job_handlers"]["offer-freed-time"](therapist)

    assert [offer.client_id for offer in offers(db)] == [sam.id]


# Whatever else opens a time is told of in the same way.


def test_an_own_entry_that_is_given_back_is_offered(db, scene, sam, ada, ten, waits, work):
    kept = scene.keep_own_time(ada, ten + WEEK, ten + WEEK + timedelta(hours=3))
    waits(sam, ten + 2 * WEEK)

    scene.give_back_own_time(ada, kept)
    work()

    assert [offer.starts_at for offer in offers(db)] == [ten + WEEK]


def test_hours_that_are_widened_are_offered_but_not_what_was_free_before(
    db, scene, sam, jo, ada, ten, waits, work
):
    waits(sam, ten + 2 * WEEK)
    waits(jo, ten + 3 * WEEK)

    # One more hour in the afternoon: the three of the morning could have been asked for all the time.
    scene.describe(ada, set_hours, [(2, 600, 780, 0), (2, 840, 900, 0)])
    work()

    two = ten + timedelta(hours=4)
    assert [(offer.client_id, offer.starts_at) for offer in offers(db)] == [
        (sam.id, two),
        (jo.id, two + WEEK),
    ]


def test_a_day_that_is_opened_is_offered(db, scene, sam, ada, ten, waits, work):
    waits(sam, ten + 2 * WEEK)
    friday = (ten + timedelta(days=3)).date()

    scene.describe(ada, add_days, first=friday, last=friday, stretches=[(600, 660)])
    work()

    assert [offer.starts_at for offer in offers(db)] == [ten + timedelta(days=3)]


def test_days_that_are_no_longer_away_are_offered(db, scene, sam, ada, ten, waits, work):
    week = ten + WEEK
    away = scene.describe(ada, add_days, first=week.date(), last=week.date(), stretches=[])
    waits(sam, ten + 2 * WEEK)

    scene.describe(ada, remove_days, away)
    work()

    assert [offer.starts_at for offer in offers(db)] == [week]


def test_a_kind_that_can_be_asked_for_at_shorter_notice_is_offered(db, scene, sam, ada, ten, waits, work):
    video = make.kind(db, ada, notice=9 * 24 * 60)
    waits(sam, ten + 2 * WEEK)

    scene.describe(ada, change_kind, video, replace(kind_of(db, ada), notice=24 * 60))
    work()

    assert [offer.starts_at for offer in offers(db)] == [ten]


def test_a_kind_with_hours_of_its_own_opens_nothing_for_others(db, scene, sam, ada, ten, waits, work):
    make.kind(db, ada, name="Usual")
    other = make.kind(db, ada, name="Group", position=2, own_hours=True)
    waits(sam, ten + 2 * WEEK)

    scene.describe(ada, set_hours, [(2, 600, 780, 0)], kind=other)

    assert len(work()) == 1
    assert offers(db) == []


def test_what_vanishes_from_a_calendar_elsewhere_is_offered(db, scene, sam, ada, ten, waits, work):
    busy = make.busy_elsewhere(db, ada, ten + WEEK, ten + WEEK + timedelta(hours=3))
    waits(sam, ten + 2 * WEEK)

    scene.copy_calendar(busy, [(ten + WEEK + timedelta(hours=1), ten + WEEK + timedelta(hours=3))])
    work()

    assert [offer.starts_at for offer in offers(db)] == [ten + WEEK]


def test_a_calendar_elsewhere_that_is_named_no_longer_frees_what_it_kept(
    db, scene, sam, ada, ten, waits, work
):
    busy = make.busy_elsewhere(db, ada, ten + WEEK, ten + WEEK + timedelta(hours=3))
    waits(sam, ten + 2 * WEEK)

    scene.forget_calendar(busy)
    work()

    assert [offer.starts_at for offer in offers(db)] == [ten + WEEK]


def test_hours_that_are_closed_again_before_anybody_looked_are_offered_to_nobody(
    db, scene, sam, ada, waits, ten, work
):
    waits(sam, ten + 2 * WEEK)

    scene.describe(ada, set_hours, [(2, 600, 780, 0), (2, 840, 900, 0)])
    scene.describe(ada, set_hours, [(2, 600, 780, 0)])
    work()

    assert offers(db) == []
    assert list(db.scalars(select(OpenedTime))) == []


def test_several_changes_are_looked_at_together(db, scene, sam, jo, ada, ten, waits, work):
    waits(sam, ten + 2 * WEEK)
    waits(jo, ten + 3 * WEEK)
    one, two = (scene.keep_own_time(ada, at, at + timedelta(hours=1)) for at in (ten, ten + WEEK))

    scene.now -= timedelta(hours=1)
    scene.give_back_own_time(ada, one)
    scene.give_back_own_time(ada, two)
    work()

    assert [offer.client_id for offer in offers(db)] == [sam.id, jo.id]
    assert list(db.scalars(select(OpenedTime))) == []


def test_where_nobody_waits_nothing_that_opens_is_noted(db, scene, ada, ten, work):
    kept = scene.keep_own_time(ada, ten, ten + timedelta(hours=1))

    scene.give_back_own_time(ada, kept)
    scene.describe(ada, set_hours, [(2, 600, 780, 0), (2, 840, 900, 0)])

    assert work() == []
    assert list(db.scalars(select(OpenedTime))) == []


def test_whoever_may_take_something_back_does_so_before_others_hear_of_it():
    assert UNDONE_WITHIN <= LOOKED_AT_AFTER


def kind_of(db, ada):
    return rules_of(db, ada.id).usual(has_met=False)
