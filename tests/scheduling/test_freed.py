"""Something earlier opens: it is offered to one person at a time, in order, held, and never in vain."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation, EarlierWish
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

    (line,) = work()
    with scene.request():
        app.extensions["job_handlers"]["offer-freed-time"](line)

    assert [offer.client_id for offer in offers(db)] == [sam.id]
