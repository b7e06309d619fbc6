"""Offering other times: held, with an answer-by time, beside what the client has already."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.scheduling.answers import say_whether_met
from portal.scheduling.expiring import AnswerNotDue
from portal.scheduling.lifecycle import MoveNotAllowed, Party, Status
from portal.scheduling.models import HeldWindow
from portal.scheduling.objections import AgainstTheRules, Objection, OffTheSteps, TimeTaken
from portal.scheduling.proposing import (
    AnswerFirst,
    NothingFree,
    TimesOverlap,
    TooSoonToChoose,
    propose_to_follow,
    withdraw_proposal,
)
from portal.scheduling.undoing import undo
from portal.scheduling.words import offer_of
from tests import make
from tests.scheduling.scene import LONG, called, held_in_vain, own_steps, steps_held

WEEK = timedelta(days=7)


def test_a_request_becomes_an_offer_of_other_times_all_of_them_held(db, scene, sam, ten, eleven, noon):
    asked = scene.ask(sam, ten)

    proposal = scene.propose(asked, noon, eleven, words="I have an hour later that day.")

    offered = called(db, proposal)
    assert proposal == asked
    assert (offered.status, offered.starts_at) == (Status.PROPOSED, eleven)
    assert steps_held(db) == own_steps(eleven) + own_steps(noon)
    assert offer_of(db, offered) == "I have an hour later that day."
    assert b"hour" not in offered.sealed_offer
    assert held_in_vain(db) == []


def test_the_time_that_was_asked_for_can_be_among_those_offered(db, scene, sam, ten, noon):
    asked = scene.ask(sam, ten)

    scene.propose(asked, ten, noon)

    assert steps_held(db) == own_steps(ten) + own_steps(noon)


def test_the_client_has_two_days_to_choose_and_until_two_hours_before_the_first(db, scene, sam, ten, now):
    asked = scene.ask(sam, ten)

    scene.propose(asked, ten + WEEK, ten + 2 * WEEK, promised=now + timedelta(hours=5))

    assert called(db, asked).answer_by == now + timedelta(days=2)
    due = db.scalars(select(Job.due_at).where(Job.kind == "expire-request").order_by(Job.id.desc())).first()
    assert due == now + timedelta(days=2)
    other = scene.ask(make.client(db, therapist=sam.therapist), ten)
    scene.propose(other, ten)
    assert called(db, other).answer_by == ten - timedelta(hours=2)


def test_the_mail_names_the_times_and_not_the_words(db, scene, sam, ten, eleven, noon):
    asked = scene.ask(sam, ten)

    scene.propose(asked, eleven, noon, words="Because of the heron.")

    mail = db.scalars(select(OutgoingEmail)).one()
    assert (mail.recipient, mail.subject) == (sam.email, "Other times for your appointment")
    assert "Tuesday 2 March 2027, 11:00 (Europe/London, UTC+0)" in mail.body
    assert "Tuesday 2 March 2027, 12:00 (Europe/London, UTC+0)" in mail.body
    assert "heron" not in mail.body


def test_the_mail_says_if_the_clocks_change_before_the_last_of_them(db, scene, sam, ten):
    asked = scene.ask(sam, ten)

    scene.propose(asked, ten, ten + 5 * WEEK - timedelta(hours=1))

    body = db.scalars(select(OutgoingEmail.body)).one()
    assert "The clocks change on Sunday 28 March." in body
    assert "Tuesday 6 April 2027, 10:00 (Europe/London, UTC+1)" in body


def test_beside_a_confirmed_time_it_stands_until_the_client_takes_one(db, scene, sam, ten, noon):
    """T5: what they have stays theirs."""
    confirmed = scene.ask(sam, ten)
    scene.confirm(confirmed)

    proposal = scene.propose(confirmed, noon)

    offered = called(db, proposal)
    assert (offered.status, offered.begun_by) == (Status.PROPOSED, Party.THERAPIST)
    assert offered.replaces.reference == confirmed
    assert called(db, confirmed).status is Status.CONFIRMED
    assert steps_held(db) == own_steps(ten) + own_steps(noon)


def test_what_waits_already_is_answered_first(db, scene, sam, ten, eleven, noon):
    confirmed = scene.ask(sam, ten)
    scene.confirm(confirmed)
    asked = scene.ask(sam, noon, instead_of=confirmed)

    with pytest.raises(AnswerFirst) as refusal:
        scene.propose(confirmed, eleven)

    assert refusal.value.reference == asked
    assert called(db, asked).status is Status.REQUESTED


def test_a_proposal_is_not_proposed_over(scene, sam, ten, eleven, noon):
    proposal = scene.propose(scene.ask(sam, ten), eleven)

    with pytest.raises(MoveNotAllowed):
        scene.propose(proposal, noon)


def test_what_has_gone_meanwhile_is_named_and_nothing_is_changed(db, scene, sam, kit, ten, eleven, noon):
    asked = scene.ask(sam, ten)
    scene.ask(kit, noon)

    with pytest.raises(TimeTaken) as refusal:
        scene.propose(asked, eleven, noon)

    assert refusal.value.starts_at == noon
    assert called(db, asked).status is Status.REQUESTED
    assert steps_held(db, asked) == own_steps(ten)


def test_outside_the_rules_only_after_a_warning(db, scene, sam, ten):
    asked, evening = scene.ask(sam, ten), ten + timedelta(hours=9)

    with pytest.raises(AgainstTheRules) as refusal:
        scene.propose(asked, ten, evening)
    assert refusal.value.objections == {evening: {Objection.OUTSIDE_HOURS}}

    scene.propose(asked, ten, evening, despite={Objection.OUTSIDE_HOURS})
    assert steps_held(db) == own_steps(ten) + own_steps(evening)


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [((0, 30), TimesOverlap), ((2,), OffTheSteps), ((-24 * 60,), TooSoonToChoose)],
)
def test_times_that_cannot_be_offered(scene, sam, ten, minutes, refusal):
    asked = scene.ask(sam, ten)

    with pytest.raises(refusal):
        scene.propose(asked, *(ten + timedelta(minutes=each) for each in minutes))


def test_an_offer_is_taken_back(db, scene, sam, ten, eleven, noon):
    proposal = scene.propose(scene.ask(sam, ten), eleven, noon)

    scene._do(proposal, withdraw_proposal)

    assert called(db, proposal).status is Status.CANCELLED
    assert steps_held(db) == []
    mails = db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
    assert (mails[-1].recipient, mails[-1].subject) == (sam.email, "About your appointment")


def test_taking_an_offer_back_is_itself_taken_back(db, scene, sam, ten, eleven, noon):
    proposal = scene.propose(scene.ask(sam, ten), eleven, noon)
    scene._do(proposal, withdraw_proposal)

    scene._do(proposal, undo, by=Party.THERAPIST)

    assert called(db, proposal).status is Status.PROPOSED
    assert steps_held(db) == own_steps(eleven) + own_steps(noon)
    assert held_in_vain(db) == []


def test_an_offer_that_nobody_answers_expires_at_its_own_time_and_not_at_the_requests(
    db, scene, sam, ten, now
):
    asked = scene.ask(sam, ten, answer_by=now + timedelta(hours=5))
    scene.propose(asked, ten + WEEK)

    scene.now = now + timedelta(hours=6)
    with pytest.raises(AnswerNotDue):
        scene.expire(asked)
    scene.now = called(db, asked).answer_by
    scene.expire(asked)

    assert called(db, asked).status is Status.EXPIRED
    assert steps_held(db) == []


def test_only_an_offer_is_taken_back(scene, sam, ten):
    asked = scene.ask(sam, ten)

    with pytest.raises(MoveNotAllowed):
        scene._do(asked, withdraw_proposal)


@pytest.fixture
def met(db, scene, sam, ada, ten):
    """Sam and Ada have met on Tuesday at eleven, and Ada has said so."""
    met = make.consultation(
        db, client=sam, therapist=ada, starts_at=ten + timedelta(hours=1), status=Status.CONFIRMED
    )
    scene.now = ten + timedelta(hours=2)
    scene._do(met.reference, say_whether_met, met=True)
    return met.reference


def test_a_follow_up_is_the_same_time_next_week_and_two_near_it(db, scene, met, ada, eleven):
    again = make.kind(db, ada, name="Follow-up", is_first=False)

    proposal = scene._do(met, propose_to_follow, promised=scene.now + LONG)

    offered = called(db, proposal)
    week = eleven + WEEK
    assert (offered.status, offered.kind.name, offered.replaces_id) == (Status.PROPOSED, again.name, None)
    assert steps_held(db) == own_steps(week - timedelta(hours=1)) + own_steps(week) + own_steps(
        week + timedelta(hours=1)
    )
    assert offered.begun_by is Party.THERAPIST


def test_a_follow_up_keeps_the_clock_time_over_a_change_of_clocks(db, scene, sam, ada, now):
    """Noon in winter, noon in summer; an hour of UTC later, another afternoon time would be nearer."""
    make.working_hours(db, ada, starts="14:00", ends="18:00")
    noon = now + timedelta(days=22, hours=3)
    met = make.consultation(db, client=sam, therapist=ada, starts_at=noon, status=Status.CONFIRMED)
    scene.now = noon + timedelta(hours=1)

    proposal = scene._do(met.reference, propose_to_follow, promised=scene.now + LONG)

    week, hour = noon + WEEK - timedelta(hours=1), timedelta(hours=1)
    assert [window.starts_at for window in windows_of(db, proposal)] == [week - 2 * hour, week - hour, week]


def test_a_follow_up_where_nothing_is_free_says_so(db, scene, met, ada):
    make.kind(db, ada, name="Follow-up", is_first=False, own_hours=True)

    with pytest.raises(NothingFree):
        scene._do(met, propose_to_follow, promised=scene.now + LONG)


def windows_of(db, reference):
    mine = HeldWindow.consultation_id == called(db, reference).id
    return db.scalars(select(HeldWindow).where(mine).order_by(HeldWindow.place)).all()
