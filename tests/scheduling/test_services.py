"""Asking for a time, losing it to somebody else, asking for another, and giving it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.diary.clocks import moment_of
from portal.errors import NotFound
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.practice.models import Absence
from portal.scheduling.expiring import AnswerNotDue
from portal.scheduling.holding import Begun, SlotNotOffered
from portal.scheduling.lifecycle import MoveNotAllowed, Party, Status, TooLateToChange
from portal.scheduling.models import Consultation
from portal.scheduling.offers import offer_to
from portal.scheduling.services import AlreadyAsked, AskedTooOften, NoRoomForMore
from portal.scheduling.words import note_of, reply_of, words_of
from tests import make
from tests.scheduling.scene import called, own_steps, steps_held


def test_a_request_holds_exactly_its_own_minutes(db, scene, sam, ten):
    asked = scene.ask(sam, ten)

    consultation = called(db, asked)
    assert (consultation.status, consultation.ends_at - consultation.starts_at) == (
        Status.REQUESTED,
        timedelta(minutes=50),
    )
    assert steps_held(db) == steps_held(db, asked) == own_steps(ten)


@pytest.mark.parametrize(
    ("promised", "expected"),
    [(timedelta(hours=5), timedelta(hours=5)), (timedelta(days=9), timedelta(hours=23))],
    ids=["as promised", "two hours before the time"],
)
def test_every_request_has_an_answer_by_time(db, scene, sam, ten, now, promised, expected):
    asked = scene.ask(sam, ten, answer_by=now + promised)

    assert called(db, asked).answer_by == now + expected
    due = db.scalars(select(Job).where(Job.kind == "expire-request")).one()
    assert (due.subject, due.due_at) == (asked, now + expected)


def test_words_are_sealed(db, scene, sam, ten):
    asked = called(db, scene.ask(sam, ten, words="I would like to sit near the door."))

    assert b"door" not in asked.sealed_words
    assert words_of(db, asked) == "I would like to sit near the door."
    assert reply_of(db, asked) is None


def test_nothing_said_is_nothing_kept(db, scene, sam, ten):
    assert called(db, scene.ask(sam, ten, words="")).sealed_words is None


@pytest.mark.parametrize("minutes", [5, 20, 60 * 24 * 90, -60 * 24 * 3])
def test_a_time_that_is_not_on_offer_is_refused(db, scene, sam, ten, minutes):
    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten + timedelta(minutes=minutes))

    assert steps_held(db) == []


@pytest.mark.parametrize("shift", [timedelta(seconds=1), -timedelta(seconds=59), timedelta(microseconds=1)])
def test_a_start_between_two_minutes_is_not_the_start_that_is_on_offer(scene, sam, ten, shift):
    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten + shift)


def test_a_time_held_by_another_is_refused(scene, sam, kit, ten):
    scene.ask(kit, ten)

    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten)


@pytest.mark.parametrize("later", [0, 20, 45], ids=["the same time", "partly", "by its last step"])
def test_the_database_itself_refuses_what_overlaps(db, scene, sam, kit, ada, ten, later, monkeypatch):
    scene.ask(kit, ten)
    start = ten + timedelta(minutes=later)

    # As if the engine had seen nothing of Kit: only the key of the steps stands between.
    monkeypatch.setattr("portal.scheduling.offers.open_starts", lambda *, since, **_: [since])
    with pytest.raises(SlotNotOffered):
        scene.ask(sam, start)

    assert steps_held(db) == own_steps(ten)


@pytest.mark.parametrize("end", [Status.DECLINED, Status.CANCELLED, Status.EXPIRED, Status.REPLACED])
def test_a_time_that_was_given_back_can_be_asked_for_again(db, scene, sam, kit, ada, ten, end):
    make.consultation(db, client=kit, therapist=ada, starts_at=ten, status=end)

    assert called(db, scene.ask(sam, ten)).status is Status.REQUESTED


def test_a_client_has_one_open_request(scene, sam, ten, eleven):
    first = scene.ask(sam, ten)

    with pytest.raises(AlreadyAsked) as refusal:
        scene.ask(sam, eleven)

    assert (refusal.value.reference, refusal.value.starts_at) == (first, ten)


def test_asking_twice_for_the_same_time_is_told_apart(scene, sam, ten):
    first = scene.ask(sam, ten)

    with pytest.raises(AlreadyAsked) as refusal:
        scene.ask(sam, ten, instead_of=first)

    assert refusal.value.starts_at == ten


def test_who_has_a_confirmed_time_may_ask_for_a_second(db, scene, sam, ten, eleven):
    first = scene.ask(sam, ten)
    scene.confirm(first)

    second = scene.ask(sam, eleven)

    assert called(db, second).replaces is None
    assert steps_held(db) == own_steps(ten) + own_steps(eleven)


# Moving: T5.


@pytest.mark.parametrize("confirmed", [True, False], ids=["confirmed", "requested"])
def test_nobody_loses_the_time_they_have_by_asking_for_another(db, scene, sam, ten, eleven, confirmed):
    old = scene.ask(sam, ten)
    if confirmed:
        scene.confirm(old)

    new = scene.ask(sam, eleven, instead_of=old)

    assert called(db, new).replaces.reference == old
    assert called(db, old).holds_its_time
    assert steps_held(db) == own_steps(ten) + own_steps(eleven)


def test_the_old_time_goes_only_when_the_new_one_is_confirmed(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    new = scene.ask(sam, eleven, instead_of=old)

    scene.confirm(new)

    assert (called(db, old).status, called(db, new).status) == (Status.REPLACED, Status.CONFIRMED)
    assert steps_held(db) == own_steps(eleven)


def test_the_old_time_stays_when_the_new_one_is_declined(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    new = scene.ask(sam, eleven, instead_of=old)

    scene.decline(new)

    assert (called(db, old).status, called(db, new).status) == (Status.CONFIRMED, Status.DECLINED)
    assert steps_held(db) == own_steps(ten)


@pytest.mark.parametrize("names_the", ["old", "pending"])
def test_a_third_time_takes_the_place_of_the_second(db, scene, sam, ten, eleven, noon, names_the):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    pending = scene.ask(sam, eleven, instead_of=old)

    third = scene.ask(sam, noon, instead_of={"old": old, "pending": pending}[names_the])

    assert called(db, pending).status is Status.CANCELLED
    assert called(db, third).replaces.reference == old
    assert steps_held(db) == own_steps(ten) + own_steps(noon)


def test_a_third_time_that_cannot_be_had_leaves_the_second(db, scene, sam, kit, ten, eleven, noon):
    old = scene.ask(sam, ten)
    pending = scene.ask(sam, eleven, instead_of=old)
    scene.ask(kit, noon)

    with pytest.raises(SlotNotOffered):
        scene.ask(sam, noon, instead_of=old)

    assert called(db, pending).status is Status.REQUESTED
    assert called(db, pending).replaces.reference == old


def test_when_the_old_time_is_cancelled_the_new_request_is_one_like_any_other(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    new = scene.ask(sam, eleven, instead_of=old)

    scene.cancel(old)
    scene.confirm(new)

    assert (called(db, old).status, called(db, new).status) == (Status.CANCELLED, Status.CONFIRMED)
    assert called(db, new).calendar_uid != called(db, old).calendar_uid


def test_a_request_whose_old_time_is_gone_can_itself_be_replaced(db, scene, sam, ten, eleven, noon):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    new = scene.ask(sam, eleven, instead_of=old)
    scene.cancel(old)

    third = scene.ask(sam, noon, instead_of=new)

    assert called(db, third).replaces.reference == new
    assert called(db, new).holds_its_time


def test_asking_instead_of_what_is_gone_is_a_request_like_any_other(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.decline(old)

    new = scene.ask(sam, eleven, instead_of=old)

    assert called(db, new).replaces is None


def test_a_time_that_has_taken_place_is_not_undone(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    new = scene.ask(sam, eleven + timedelta(weeks=1), instead_of=old)

    scene.now = eleven
    scene.confirm(new)

    assert (called(db, old).status, called(db, new).status) == (Status.CONFIRMED, Status.CONFIRMED)


def test_one_cannot_ask_instead_of_anothers(scene, sam, kit, ten, eleven):
    kits = scene.ask(kit, ten)

    with pytest.raises(NotFound):
        scene.ask(sam, eleven, instead_of=kits)


# Answers and ends.


def test_kind_words_with_a_decline_are_sealed(db, scene, sam, ten):
    asked = scene.ask(sam, ten)

    scene.decline(asked, reply="That week I am away. Any other will do.")

    declined = called(db, asked)
    assert b"away" not in declined.sealed_reply
    assert reply_of(db, declined) == "That week I am away. Any other will do."


@pytest.mark.parametrize("end", ["decline", "cancel", "expire"])
def test_what_has_ended_holds_nothing_and_moves_no_more(db, scene, sam, ten, end):
    asked = scene.ask(sam, ten)
    scene.now += timedelta(hours=23)
    getattr(scene, end)(asked)

    assert steps_held(db) == []
    for move in ("confirm", "decline", "cancel", "expire"):
        with pytest.raises(MoveNotAllowed):
            getattr(scene, move)(asked)


def test_the_therapist_cancels_what_was_confirmed(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)

    scene.cancel(asked, by=Party.THERAPIST)

    assert called(db, asked).status is Status.CANCELLED
    assert steps_held(db) == []


@pytest.mark.parametrize("move", ["confirm", "cancel"])
def test_what_has_begun_is_left_alone(scene, sam, ten, move):
    asked = scene.ask(sam, ten)
    scene.now = ten

    with pytest.raises(Begun):
        getattr(scene, move)(asked)


def test_a_request_does_not_expire_before_its_time(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.now += timedelta(hours=22, minutes=59)

    with pytest.raises(AnswerNotDue):
        scene.expire(asked)

    assert called(db, asked).status is Status.REQUESTED


def test_every_move_is_written_down(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    scene.confirm(scene.ask(sam, eleven, instead_of=old))

    lines = db.scalars(called(db, old).history.select())
    assert [(line.move, line.party) for line in lines] == [("confirm", "therapist"), ("replace", "portal")]


def test_two_therapists_are_asked_for_the_same_hour(db, scene, sam, ten):
    other = make.therapist(db, name="Bo Lind")
    make.working_hours(db, other)
    scene.ask(sam, ten)

    scene.ask(make.client(db, therapist=other), ten)

    assert len(list(db.scalars(select(Consultation)))) == 2


# Several times, in order of preference.


def test_up_to_three_times_are_held_until_one_is_confirmed(db, scene, sam, ten, eleven, noon):
    asked = scene.ask(sam, noon, ten, eleven, noon + timedelta(weeks=1))
    assert steps_held(db, asked) == own_steps(ten) + own_steps(eleven) + own_steps(noon)
    assert called(db, asked).starts_at == noon

    scene.confirm(asked, starts_at=eleven)

    assert called(db, asked).starts_at == eleven
    assert steps_held(db) == own_steps(eleven)


def test_one_that_is_taken_refuses_all_of_them_and_is_named(db, scene, sam, kit, ten, eleven, noon):
    scene.ask(kit, eleven)

    with pytest.raises(SlotNotOffered) as refusal:
        scene.ask(sam, ten, eleven, noon)

    assert refusal.value.starts_at == eleven
    assert steps_held(db) == own_steps(eleven)


def test_times_that_overlap_one_another_are_refused(db, scene, sam, ada, ten):
    make.working_hours(db, ada, starts="10:20", ends="12:00")

    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten, ten + timedelta(minutes=20))

    assert steps_held(db) == []


# Limits.


def test_a_client_asks_eight_times_a_day_at_most(db, scene, sam, kit, ten):
    for _ in range(8):
        scene.cancel(scene.ask(sam, ten))

    with pytest.raises(AskedTooOften):
        scene.ask(sam, ten)

    assert steps_held(db) == []
    assert called(db, scene.ask(kit, ten)).status is Status.REQUESTED


def test_a_day_later_one_can_ask_again(db, scene, sam, ten):
    for _ in range(8):
        scene.cancel(scene.ask(sam, ten + timedelta(weeks=1)))
    scene.now += timedelta(days=1)

    assert called(db, scene.ask(sam, ten + timedelta(weeks=1))).status is Status.REQUESTED


# Until when a client changes it by themselves.


def test_until_a_day_before_a_client_cancels_by_themselves(db, scene, sam, ten):
    week = timedelta(weeks=1)
    asked = scene.ask(sam, ten + week)
    scene.confirm(asked)
    scene.now = ten + timedelta(days=6)

    with pytest.raises(TooLateToChange):
        scene.cancel(asked)
    with pytest.raises(TooLateToChange):
        scene.ask(sam, ten + 2 * week, instead_of=asked)
    assert called(db, asked).status is Status.CONFIRMED

    scene.now -= timedelta(minutes=1)
    scene.cancel(asked)
    assert called(db, asked).status is Status.CANCELLED


def test_who_hears_of_it_late_has_three_hours_to_change_it_all_the_same(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.now = ten - timedelta(hours=20)
    scene.confirm(asked)

    assert called(db, asked).changes_until == ten - timedelta(hours=17)
    scene.now = ten - timedelta(hours=17)
    with pytest.raises(TooLateToChange):
        scene.cancel(asked)

    scene.now -= timedelta(minutes=1)
    moved = scene.ask(sam, ten + timedelta(weeks=1), instead_of=asked)
    assert called(db, moved).replaces.reference == asked


def test_the_kind_says_until_when(db, scene, sam, ada, ten):
    make.kind(db, ada, changes_until=2 * 24 * 60)
    asked = scene.ask(sam, ten + timedelta(weeks=1))
    scene.confirm(asked)
    scene.now = ten + timedelta(days=5)

    with pytest.raises(TooLateToChange):
        scene.cancel(asked)


def test_a_request_is_withdrawn_at_any_moment(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.now = ten - timedelta(hours=3)

    scene.cancel(asked)

    assert called(db, asked).status is Status.CANCELLED


def test_the_therapist_cancels_at_any_moment(db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    scene.now = ten - timedelta(minutes=1)

    scene.cancel(asked, by=Party.THERAPIST)

    assert called(db, asked).status is Status.CANCELLED


def test_what_is_written_afterwards_is_sealed_and_added_to(db, scene, sam, ada, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)

    scene.write(asked, "I have a fever.")
    scene.write(asked, "It is better now.")

    noted = called(db, asked)
    assert b"fever" not in noted.sealed_note
    assert note_of(db, noted) == "I have a fever.\n\nIt is better now."
    told = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))[-1]
    assert (told.recipient, told.subject) == (ada.email, "There is something to read")
    assert "fever" not in told.body


def test_what_is_written_has_an_end(scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    for _ in range(2):
        scene.write(asked, "x" * 4000)

    with pytest.raises(NoRoomForMore):
        scene.write(asked, "x" * 4000)


def test_nothing_is_written_about_what_holds_no_time(scene, sam, ten):
    asked = scene.ask(sam, ten)

    with pytest.raises(MoveNotAllowed):
        scene.write(asked, "Hello")


def test_what_nobody_could_answer_in_time_is_not_on_offer(db, scene, sam, ada, ten):
    """On Saturday nobody reads before Monday at eight, so Monday begins at eleven for who asks now."""
    make.practice(db)
    make.working_hours(db, ada, weekday=1, starts="09:00", ends="13:00")
    scene.now = ten + timedelta(days=4, seconds=35)
    monday = ten + timedelta(days=6)

    with scene.request():
        offer = offer_to(db, sam, ada, now=scene.now)
        unasked = offer_to(db, sam, ada, now=scene.now, to_be_answered=False)

    assert [moment_of(start) for start in offer.starts][:2] == [
        monday + timedelta(hours=1),
        monday + timedelta(hours=2),
    ]
    assert moment_of(unasked.starts[0]) == monday - timedelta(hours=1)
    with pytest.raises(SlotNotOffered):
        scene.ask(sam, monday)
    asked = called(db, scene.ask(sam, monday + timedelta(hours=1)))
    assert asked.answer_by == monday - timedelta(hours=1)


def test_while_everybody_is_away_only_what_comes_after_can_be_asked_for(db, scene, sam, ada, now, ten):
    db.add(Absence(first_day=ten.date(), last_day=ten.date() + timedelta(days=6)))
    make.practice(db)

    with scene.request():
        offer = offer_to(db, sam, ada, now=now + timedelta(hours=9))

    assert moment_of(offer.starts[0]) == ten + timedelta(days=7, hours=1)
