"""Many press the button together: one has the time, the others are told, and nothing is held in vain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from portal.accounts.models import Client, Therapist
from portal.app import create_app
from portal.database import transaction
from portal.diary.clocks import moment_of
from portal.errors import Overtaken
from portal.scheduling.holding import SlotNotOffered
from portal.scheduling.lifecycle import MoveNotAllowed, Status
from portal.scheduling.models import Consultation
from portal.scheduling.offers import offer_to
from portal.scheduling.queries import consultations_of
from tests import make
from tests.scheduling.crowd import AT_ONCE, MANY, all_at_once, crowd_of_processes
from tests.scheduling.scene import Scene, called, held_in_vain, own_steps, steps_held

FORTY = 40


@pytest.fixture(scope="module")
def crowd():
    with crowd_of_processes() as crowd:
        yield crowd


@pytest.fixture
def everybody(scene, ada):
    return _clients(scene, ada, MANY)


@pytest.fixture
def forty(scene, ada):
    return _clients(scene, ada, FORTY)


@pytest.fixture
def scenes(settings, now):
    """Four applications on one database, with connections of their own."""
    apps = [create_app(settings) for _ in range(FORTY // AT_ONCE)]
    yield [Scene(app, now) for app in apps]
    for app in apps:
        app.extensions["engine"].dispose()


# Three hundred, from processes of their own.


def test_of_three_hundred_who_ask_for_one_time_one_has_it(db, settings, crowd, everybody, ten, now):
    told = crowd.all_at_once(settings, now, _asking, [(client.id, ten) for client in everybody])

    assert Counter(map(_kind_of, told)) == {str: 1, SlotNotOffered: MANY - 1}
    assert steps_held(db, _winner(told)) == own_steps(ten)
    assert held_in_vain(db) == []
    assert len(db.scalars(select(Consultation)).all()) == 1


def test_of_three_hundred_whose_times_overlap_only_those_are_refused_whose_time_is_gone(
    db, settings, crowd, everybody, ada, ten, now
):
    # Three grids on one morning: each time lies across two of the others.
    make.working_hours(db, ada, starts="10:20", ends="13:00")
    make.working_hours(db, ada, starts="10:40", ends="13:00")
    asked = [_one_to_three(ten, number) for number in range(MANY)]

    people = [(client.id, *starts) for client, starts in zip(everybody, asked, strict=True)]
    told = crowd.all_at_once(settings, now, _asking, people)

    assert set(map(_kind_of, told)) == {str, SlotNotOffered}
    assert held_in_vain(db) == []
    for client, starts, outcome in zip(everybody, asked, told, strict=True):
        held = [start for own in consultations_of(db, client) for start, _ in own.times]
        if outcome is SlotNotOffered:
            free = map(moment_of, offer_to(db, client, ada, now=now, to_be_answered=False).starts)
            assert (held, set(starts) <= set(free)) == ([], False)
        else:
            # All of what was asked for, in the order of preference.
            assert held == starts


# Forty, in threads.


def test_of_forty_whose_times_are_nearer_than_the_gap_one_has_hers(db, scenes, forty, ada, ten):
    # A second stretch of hours, so that its only time lies close to the first of the other.
    make.working_hours(db, ada, starts="10:55", ends="11:45")
    starts = [ten, ten + timedelta(minutes=55)]

    told = all_at_once([partial(scenes[n % 4].ask, forty[n], starts[n // 4 % 2]) for n in range(FORTY)])

    assert Counter(map(type, told)) == {str: 1, SlotNotOffered: FORTY - 1}
    assert steps_held(db) == own_steps(called(db, _winner(told)).starts_at)


def test_the_key_alone_decides_where_the_engine_is_blind(db, scenes, forty, ten, monkeypatch):
    monkeypatch.setattr("portal.scheduling.offers.open_starts", lambda *, since, **_: [since])
    starts = [ten + timedelta(minutes=5 * (n % 8)) for n in range(FORTY)]

    told = all_at_once([partial(scenes[n % 4].ask, forty[n], starts[n]) for n in range(FORTY)])

    assert Counter(map(type, told)) == {str: 1, SlotNotOffered: FORTY - 1}
    assert steps_held(db) == own_steps(called(db, _winner(told)).starts_at)


def test_of_forty_confirmations_one_confirms_and_the_others_are_refused_by_name(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten, ten + timedelta(hours=1))
    # A desk sends what it saw; whoever sends nothing of the kind finds that it is confirmed by now.
    seen = [{"version": called(db, asked).version}, {}]
    starts = [ten, ten + timedelta(hours=1)]

    told = all_at_once(
        [
            partial(scenes[n % 4].confirm, asked, starts_at=starts[n // 4 % 2], **seen[n // 8 % 2])
            for n in range(FORTY)
        ]
    )

    assert set(map(type, told)) == {type(None), MoveNotAllowed, Overtaken}
    assert told.count(None) == 1
    assert called(db, asked).starts_at == starts[told.index(None) // 4 % 2]
    assert [line.move for line in db.scalars(called(db, asked).history.select())] == ["confirm"]
    assert held_in_vain(db) == []


def test_confirming_and_declining_at_once_have_one_outcome(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten)
    acts = [scenes[0].confirm, scenes[1].decline, scenes[2].confirm, scenes[3].decline]

    told = all_at_once([partial(act, asked) for act in acts])

    assert Counter(map(type, told)) == {type(None): 1, MoveNotAllowed: 3}
    what_won = Status.CONFIRMED if told.index(None) % 2 == 0 else Status.DECLINED
    assert called(db, asked).status is what_won
    assert held_in_vain(db) == []


def test_confirming_and_withdrawing_at_once_have_one_outcome(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten)

    outcomes = all_at_once([partial(scenes[0].confirm, asked), partial(scenes[1].cancel, asked)])

    # Who confirms first is cancelled upon; who withdraws first leaves nothing to confirm.
    assert [outcome for outcome in outcomes if isinstance(outcome, Overtaken)] == []
    assert called(db, asked).status is Status.CANCELLED
    assert steps_held(db) == []


def test_two_workers_expire_a_request_once(db, scenes, sam, ten):
    asked = scenes[0].ask(sam, ten)
    for scene in scenes:
        scene.now += timedelta(hours=23)

    outcomes = all_at_once([partial(scene.expire, asked) for scene in scenes])

    assert [outcome is None for outcome in outcomes].count(True) == 1
    assert called(db, asked).status is Status.EXPIRED
    assert [line.move for line in db.scalars(called(db, asked).history.select())] == ["expire"]


def _clients(scene: Scene, ada: Therapist, number: int) -> Sequence[Client]:
    with scene.request(), transaction() as db:
        return [make.client(db, therapist=db.get_one(Therapist, ada.id)) for _ in range(number)]


# What each of them does; it runs in another process.


class _Known:
    """A client of whom another process knows no more than this."""

    def __init__(self, client_id: int) -> None:
        self.id = client_id


def _asking(scene: Scene, client_id: int, *starts: datetime) -> Callable[[], object]:
    return partial(scene.ask, _Known(client_id), *starts)


def _one_to_three(first: datetime, number: int) -> list[datetime]:
    """Up to three of the seven times of a morning, in an order of preference; none overlaps another."""
    grid = [first + timedelta(minutes=minutes) for minutes in (0, 60, 120)]
    shift = timedelta(minutes=20 * (number % 3))
    times = [start + shift for start in (grid if number % 3 == 0 else grid[:2])]
    turned = times[number % len(times) :] + times[: number % len(times)]
    return turned[: 1 + number // 3 % len(times)]


def _winner(told: Sequence[object]) -> str:
    return next(outcome for outcome in told if isinstance(outcome, str))


def _kind_of(outcome: object) -> type:
    return outcome if isinstance(outcome, type) else type(outcome)
