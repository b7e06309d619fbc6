"""What the therapist puts into the diary: consultations anywhere that is free, and time of their own."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from icalendar import Calendar
from sqlalchemy import select

from portal.app import create_app
from portal.database import transaction
from portal.errors import NotFound
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.holding import REMINDER, Begun, SlotNotOffered
from portal.scheduling.lifecycle import MoveNotAllowed, Party, Status
from portal.scheduling.objections import AgainstTheRules, Objection, OffTheSteps, TimeTaken
from portal.scheduling.placing import (
    EndsTooSoon,
    EntryTooLong,
    give_back_own_time,
    keep_own_time,
)
from tests import make
from tests.scheduling.crowd import all_at_once
from tests.scheduling.scene import Scene, called, held_in_vain, own_steps, steps_held

OUTSIDE = {Objection.OUTSIDE_HOURS}


@pytest.fixture
def evening(ten):
    return ten + timedelta(hours=8)


@pytest.fixture
def adas(app, ada, now):
    """`adas(service, …)`: what Ada does with her own time."""

    def does(service, *what, **more):
        with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
            return service(db, ada, *what, **more)

    return does


def test_a_consultation_is_placed_and_the_client_hears_of_it(db, scene, sam, ten):
    placed = scene.place(sam, ten)

    consultation = called(db, placed)
    assert (consultation.status, consultation.begun_by) == (Status.CONFIRMED, Party.THERAPIST)
    assert steps_held(db) == own_steps(ten)
    mail = db.scalars(select(OutgoingEmail)).one()
    assert (mail.recipient, mail.subject, mail.calendar_method) == (sam.email, "Your appointment", "REQUEST")
    assert "Ada Marsh has made an appointment with you" in mail.body
    assert held_in_vain(db) == []


def test_a_reminder_of_it_is_due_as_of_any_other(db, scene, sam, ten):
    placed = scene.place(sam, ten + timedelta(days=7))

    due = db.scalars(select(Job).where(Job.subject == placed, Job.kind == REMINDER)).one()
    assert due.due_at == ten + timedelta(days=6)


def test_outside_the_hours_it_is_placed_after_a_warning_and_stays(db, scene, sam, evening):
    with pytest.raises(AgainstTheRules) as refusal:
        scene.place(sam, evening)
    assert refusal.value.objections == {evening: OUTSIDE}

    placed = scene.place(sam, evening, despite=OUTSIDE)

    assert called(db, placed).kept_outside_hours


def test_where_something_is_held_nothing_is_placed(db, scene, sam, kit, ten):
    scene.ask(kit, ten)

    with pytest.raises(TimeTaken):
        scene.place(sam, ten + timedelta(minutes=30), despite=set(Objection))

    assert steps_held(db) == own_steps(ten)


def test_nothing_is_placed_in_the_past_or_between_two_steps(scene, sam, now, ten):
    with pytest.raises(Begun):
        scene.place(sam, now)
    with pytest.raises(OffTheSteps):
        scene.place(sam, ten + timedelta(minutes=1))


def test_what_is_moved_keeps_its_entry_in_calendars(db, scene, sam, ten, evening):
    old = scene.place(sam, ten)
    before = called(db, old)
    uid, sequence = before.calendar_uid, before.calendar_sequence

    new = scene.place(sam, evening, instead_of=old, despite=OUTSIDE)

    assert called(db, old).status is Status.REPLACED
    assert steps_held(db) == own_steps(evening)
    mail = db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()
    event = Calendar.from_ical(mail.calendar).walk("VEVENT")[0]
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (uid, sequence + 1, "CONFIRMED")
    assert event["DTSTART"].dt == evening
    assert "has moved your appointment" in mail.body
    assert "Tuesday 2 March 2027, 10:00" in mail.body
    assert called(db, new).calendar_uid == uid


def test_it_can_be_moved_by_less_than_its_own_length(db, scene, sam, ten):
    old = scene.place(sam, ten)

    scene.place(sam, ten + timedelta(minutes=20), instead_of=old)

    assert steps_held(db) == own_steps(ten + timedelta(minutes=20))


def test_a_request_to_move_it_is_a_request_to_move_the_new_one(db, scene, sam, ten, eleven, noon):
    """T5, over two moves: nobody ends with two times, or with none."""
    old = scene.place(sam, ten)
    asked = scene.ask(sam, noon, instead_of=old)

    new = scene.place(sam, eleven, instead_of=old)
    scene.confirm(asked)

    assert called(db, new).status is Status.REPLACED
    assert steps_held(db) == own_steps(noon)


def test_only_a_confirmed_one_of_this_client_that_is_to_come_moves(db, scene, sam, kit, ten, eleven, now):
    asked = scene.ask(sam, ten)
    with pytest.raises(MoveNotAllowed):
        scene.place(sam, eleven, instead_of=asked)
    scene.confirm(asked)
    with pytest.raises(NotFound):
        scene.place(kit, eleven, instead_of=asked)
    scene.now = ten
    with pytest.raises(Begun):
        scene.place(sam, ten + timedelta(days=7), instead_of=asked)

    assert called(db, asked).status is Status.CONFIRMED


def test_a_kind_is_one_that_is_offered(db, scene, sam, ada, ten):
    make.kind(db, ada, name="First")
    again = make.kind(db, ada, name="Again", is_first=False, length=30)

    assert called(db, scene.place(sam, ten, kind=again.reference)).kind.name == "Again"
    with pytest.raises(NotFound):
        scene.place(sam, ten + timedelta(hours=1), kind="nothing")
    assert steps_held(db) == own_steps(ten, 30)


def test_own_time_keeps_everybody_away(db, scene, sam, adas, ten, now):
    adas(keep_own_time, starts_at=ten, ends_at=ten + timedelta(hours=1), now=now)

    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten)
    assert steps_held(db) == own_steps(ten, 60)


def test_own_time_is_given_back(db, scene, sam, adas, ten, now):
    entry = adas(keep_own_time, starts_at=ten, ends_at=ten + timedelta(hours=1), now=now)

    adas(give_back_own_time, entry, now=now)

    assert steps_held(db) == []
    scene.ask(sam, ten)


@pytest.mark.parametrize(
    ("begins", "ends", "refusal"),
    [(0, 0, EndsTooSoon), (-90, -85, EndsTooSoon), (0, 24 * 60 + 5, EntryTooLong), (0, 12, OffTheSteps)],
)
def test_own_time_that_cannot_be_meant(db, adas, ten, now, begins, ends, refusal):
    if begins < 0:
        begins, ends = begins - 24 * 60, ends - 24 * 60
    times = {"starts_at": ten + timedelta(minutes=begins), "ends_at": ten + timedelta(minutes=ends)}

    with pytest.raises(refusal):
        adas(keep_own_time, **times, now=now)

    assert steps_held(db) == []


def test_own_time_takes_nobodys_time(db, scene, sam, adas, ten, now):
    scene.ask(sam, ten)

    with pytest.raises(TimeTaken):
        adas(
            keep_own_time,
            starts_at=ten + timedelta(minutes=45),
            ends_at=ten + timedelta(hours=2),
            now=now,
        )

    assert steps_held(db) == own_steps(ten)


def test_a_consultation_is_no_own_entry(db, scene, sam, adas, ten, now):
    asked = scene.ask(sam, ten)
    window = called(db, asked)

    with pytest.raises(NotFound):
        adas(give_back_own_time, window.reference, now=now)


def test_another_therapists_entry_is_not_found(db, app, adas, ten, now):
    bea = make.therapist(db, name="Bea")
    window = make.held_window(bea, ten, ten + timedelta(hours=1))
    db.add(window)
    db.flush()

    with pytest.raises(NotFound):
        adas(give_back_own_time, window.reference, now=now)


def test_asking_placing_and_keeping_one_time_at_once_have_one_winner(db, settings, sam, ada, ten, now):
    apps = [create_app(settings) for _ in range(2)]
    scenes = [Scene(app, now) for app in apps]
    crowd = [make.client(db, therapist=ada) for _ in range(12)]

    def keep(scene):
        with scene.request(), transaction() as own:
            keep_own_time(own, ada, starts_at=ten, ends_at=ten + timedelta(minutes=50), now=now)

    acts = [
        [partial(scene.ask, client, ten), partial(scene.place, client, ten), partial(keep, scene)][n % 3]
        for n, client in enumerate(crowd)
        for scene in (scenes[n % 2],)
    ]
    told = all_at_once(acts)
    for app in apps:
        app.extensions["engine"].dispose()

    refused = [each for each in told if isinstance(each, SlotNotOffered | TimeTaken)]
    assert len(refused) == len(acts) - 1, told
    assert steps_held(db) == own_steps(ten)
    assert held_in_vain(db) == []
