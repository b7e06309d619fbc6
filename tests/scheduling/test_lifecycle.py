"""What may happen to a consultation, by whose hand; and that time is held exactly while a state says so."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.errors import Refused
from portal.scheduling.lifecycle import (
    HOLDS_ITS_TIME,
    Beside,
    Move,
    MoveNotAllowed,
    Party,
    Status,
    answered_by,
    is_settled_beside,
    moves_open_to,
    outcome,
)
from portal.scheduling.models import Consultation, HeldTime, HeldWindow
from tests import make
from tests.scheduling.scene import own_steps


@pytest.mark.parametrize("party", Party)
@pytest.mark.parametrize("status", sorted(set(Status) - HOLDS_ITS_TIME - {Status.MET, Status.NOT_MET}))
def test_nothing_happens_after_the_end(party, status):
    assert moves_open_to(party, status) == frozenset()


def test_whether_they_met_can_be_mended_by_the_therapist_alone():
    assert moves_open_to(Party.THERAPIST, Status.MET) == {Move.MISS}
    assert moves_open_to(Party.THERAPIST, Status.NOT_MET) == {Move.MEET}
    assert moves_open_to(Party.CLIENT, Status.MET) == moves_open_to(Party.PORTAL, Status.NOT_MET) == set()


@pytest.mark.parametrize(
    ("party", "status", "moves"),
    [
        (Party.CLIENT, Status.REQUESTED, {Move.CANCEL}),
        (Party.CLIENT, Status.CONFIRMED, {Move.CANCEL}),
        (Party.THERAPIST, Status.REQUESTED, {Move.CONFIRM, Move.DECLINE, Move.PROPOSE}),
        (Party.THERAPIST, Status.CONFIRMED, {Move.CANCEL, Move.MEET, Move.MISS}),
        (Party.CLIENT, Status.PROPOSED, {Move.ACCEPT, Move.DECLINE}),
        (Party.PORTAL, Status.REQUESTED, {Move.EXPIRE, Move.REPLACE}),
        (Party.PORTAL, Status.CONFIRMED, {Move.REPLACE}),
    ],
)
def test_what_each_may_do(party, status, moves):
    assert moves_open_to(party, status) == moves


def test_a_client_cannot_confirm_their_own_request():
    with pytest.raises(MoveNotAllowed):
        outcome(Status.REQUESTED, Party.CLIENT, Move.CONFIRM)


def test_an_answer_comes_two_hours_before_the_time_at_the_latest():
    ten = datetime(2027, 3, 2, 10, 0, tzinfo=UTC)

    assert answered_by(ten + timedelta(days=1), starts_at=ten) == ten - timedelta(hours=2)
    assert answered_by(ten - timedelta(hours=20), starts_at=ten) == ten - timedelta(hours=20)


ACTS = ("ask", "move", "confirm", "decline", "cancel", "therapist cancels", "expire")
acts = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.booleans(), st.integers(0, 30)),
    min_size=3,
    max_size=14,
)


def test_any_moves_by_anybody_leave_exactly_the_steps_that_the_states_say(db, scene, now):
    """Whatever happens, in whatever order: no step is held in vain, and none is missing."""

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(acts)
    def act(acts):
        ada = make.therapist(db)
        make.working_hours(db, ada)
        sam, kit = make.client(db, therapist=ada), make.client(db, therapist=ada)
        scene.now = now
        for kind, place, is_sam, hours in acts:
            # Days go by too, so that some requests come due and some times pass.
            scene.now += timedelta(hours=hours)
            person = sam if is_sam else kit
            references = list(db.scalars(_of(person).with_only_columns(Consultation.reference)))
            chosen = references[place % len(references)] if references else None
            with contextlib.suppress(Refused):
                _do(scene, kind, person, chosen, _start(scene.now, place))
            _check(db, ada, scene.now)

    act()


def _of(person):
    return select(Consultation).where(Consultation.client_id == person.id).order_by(Consultation.id)


def _start(now, place):
    """One of the next two Tuesday mornings."""
    tuesday = datetime(2027, 3, 2, 10, 0, tzinfo=UTC)
    while tuesday <= now:
        tuesday += timedelta(weeks=1)
    return tuesday + timedelta(weeks=place // 3, hours=place % 3)


def _do(scene, kind, person, chosen, start):
    if kind == "ask":
        scene.ask(person, start)
    elif chosen is None:
        return
    elif kind == "move":
        scene.ask(person, start, instead_of=chosen)
    elif kind == "therapist cancels":
        scene.cancel(chosen, by=Party.THERAPIST)
    else:
        getattr(scene, kind)(chosen)


def _check(db, ada, now):
    db.expire_all()
    consultations = list(db.scalars(select(Consultation).where(Consultation.therapist_id == ada.id)))
    expected = [
        (step, each.id) for each in consultations if each.holds_its_time for step in own_steps(each.starts_at)
    ]
    held = db.execute(
        select(HeldTime.starts_at, HeldWindow.consultation_id)
        .join(HeldWindow, HeldWindow.id == HeldTime.window_id)
        .where(HeldTime.therapist_id == ada.id)
    )
    assert sorted(map(tuple, held)) == sorted(expected)
    waiting = [each for each in consultations if each.status is Status.REQUESTED and now < each.starts_at]
    for client_id in {each.client_id for each in waiting}:
        # One open request a client; if there are two, one is to replace the other.
        first, *others = sorted((each for each in waiting if each.client_id == client_id), key=lambda e: e.id)
        assert [other.replaces_id for other in others] in ([], [first.id])


def test_of_two_one_of_which_is_instead_of_the_other_only_one_is_theirs():
    for back in HOLDS_ITS_TIME:
        assert is_settled_beside(back, Status.CONFIRMED, beside=Beside.INSTEAD_OF_IT)
        assert not is_settled_beside(back, Status.REQUESTED, beside=Beside.INSTEAD_OF_IT)
        assert not is_settled_beside(back, Status.CONFIRMED, beside=Beside.APART)
    # What is asked for instead of a confirmed one waits beside it; it is not confirmed beside it.
    assert is_settled_beside(Status.CONFIRMED, Status.CONFIRMED, beside=Beside.TO_BE_REPLACED)
    assert not is_settled_beside(Status.REQUESTED, Status.CONFIRMED, beside=Beside.TO_BE_REPLACED)
