"""Nobody is booked twice (T1), by whatever two ways two things would take the same five minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from portal.database import transaction
from portal.diary.models import Diary
from portal.errors import Refused
from portal.scheduling.holding import SlotNotOffered
from portal.scheduling.lifecycle import Party
from portal.scheduling.models import HeldTime
from portal.scheduling.objections import Objection, TimeTaken
from tests.scheduling.scene import held_in_vain, own_steps, steps_held

WEEK = timedelta(days=7)
# The therapist has been told of every rule that it breaks; that somebody holds the time is none of them.
DESPITE = frozenset(Objection)


def ask(scene, client, at):
    return scene.ask(client, at)


def keep_while_answering(scene, client, at):
    """Where the therapist wants the answers first."""
    _answers_first(scene, client, wanted=True)
    kept = scene.ask(client, at)
    _answers_first(scene, client, wanted=False)
    return kept


def confirm(scene, client, at):
    asked = scene.ask(client, at)
    scene.confirm(asked)
    return asked


def propose(scene, client, at):
    """Instead of what they asked for, a week later."""
    return scene.propose(scene.ask(client, at + WEEK), at, despite=DESPITE)


def place(scene, client, at):
    return scene.place(client, at, despite=DESPITE)


def move_there(scene, client, at):
    placed = scene.place(client, at + WEEK, despite=DESPITE)
    return scene.place(client, at, instead_of=placed, despite=DESPITE)


def ask_instead(scene, client, at):
    return scene.ask(client, at, instead_of=confirm(scene, client, at + WEEK))


def keep_for_oneself(scene, client, at):
    return scene.keep_own_time(client.therapist, at, at + timedelta(minutes=50))


def bring_back(scene, client, at):
    """Cancelled a moment ago, and wanted after all."""
    confirmed = confirm(scene, client, at)
    scene.cancel(confirmed, by=Party.THERAPIST)
    scene.undo(confirmed, by=Party.THERAPIST)
    return confirmed


# All that takes time. What is brought back had its time before: see `test_nobody_loses_a_time_to_an_undoing`.
LATER = (
    *(ask, keep_while_answering, confirm, propose, place),
    *(move_there, ask_instead, keep_for_oneself),
)
EARLIER = (*LATER, bring_back)


def _answers_first(scene, client, *, wanted: bool) -> None:
    with scene.request(), transaction() as db:
        db.merge(Diary(therapist_id=client.therapist_id, answers_first=wanted))


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda way: way.__name__)
@pytest.mark.parametrize("later", LATER, ids=lambda way: way.__name__)
def test_nobody_is_booked_twice(db, scene, sam, kit, ten, monkeypatch, earlier, later):
    """Half of the time is another's: all that looks for that beforehand is blind, and the key refuses."""
    earlier(scene, kit, ten)
    monkeypatch.setattr("portal.scheduling.offers.open_starts", lambda *, since, **_: [since])
    monkeypatch.setattr("portal.scheduling.objections._is_taken", lambda *_: False)

    with pytest.raises(Refused) as told:
        later(scene, sam, ten + timedelta(minutes=25))

    assert isinstance(told.value, (SlotNotOffered, TimeTaken))
    assert [step for step in steps_held(db) if step < ten + timedelta(days=1)] == own_steps(ten)
    assert held_in_vain(db) == []


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda way: way.__name__)
def test_each_of_its_steps_is_kept_by_the_database_itself(db, scene, kit, ada, ten, earlier):
    earlier(scene, kit, ten)
    scene.keep_own_time(ada, ten + timedelta(hours=5), ten + timedelta(hours=6))
    window_id = db.scalars(select(HeldTime.window_id).order_by(HeldTime.starts_at.desc())).first()

    for step in own_steps(ten):
        with pytest.raises(IntegrityError):
            db.execute(insert(HeldTime).values(therapist_id=ada.id, starts_at=step, window_id=window_id))
        db.rollback()
