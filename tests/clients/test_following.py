"""How far a client has come follows from what they do, wherever they do it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Client, Therapist
from portal.clients.models import Beginning
from portal.clients.services import archive_client
from portal.database import transaction
from portal.intake.models import Lamp
from portal.reading.models import ReadingMark
from portal.scheduling.lifecycle import Party, Status
from tests import make


def test_every_step_is_seen_as_it_is_taken(db, scene, ada, sam, ten, stage_of):
    seen = [stage_of(sam)]

    reading = make.reading(db)
    db.add(ReadingMark(client_id=sam.id, reading_id=reading.id, said_at=scene.now))
    db.flush()
    seen.append(stage_of(sam))
    begun = make.intake(db, client=sam)
    seen.append(stage_of(sam))
    begun.sent_at = scene.now
    db.flush()
    seen.append(stage_of(sam))
    asked = scene.ask(sam, ten)
    # A moment later, as the worker does.
    scene.tell(asked)
    seen.append(stage_of(sam))
    scene.confirm(asked)
    seen.append(stage_of(sam))

    assert seen == ["joined", "reading", "answering", "sent", "asked", "confirmed"]
    assert db.get(Client, sam.id).moved_at == scene.now


def test_what_is_taken_back_counts_no_more(db, scene, sam, ten, stage_of):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)

    scene.cancel(asked, by=Party.THERAPIST)

    assert stage_of(sam) == "joined"


def test_whoever_has_met_stays_so_until_they_ask_again(db, ada, sam, now, ten, scene, stage_of):
    make.consultation(db, client=sam, therapist=ada, starts_at=now - timedelta(days=7), status=Status.MET)
    met = stage_of(sam)

    scene.tell(scene.ask(sam, ten))

    assert (met, stage_of(sam)) == ("met", "asked")


def test_an_address_that_is_not_proved_is_nobody_yet(db, ada, stage_of):
    kit = make.client(db, name="Kit Lowe", therapist=ada, proved_at=None)
    before, found_by = stage_of(kit), db.scalars(select(Beginning.token)).all()

    kit.proved_at = kit.joined_at
    db.flush()

    assert (before, found_by, stage_of(kit)) == ("unproved", [], "joined")
    assert db.scalars(select(Beginning.token).where(Beginning.client_id == kit.id)).all()


@pytest.mark.parametrize("doing", ["asks", "lights a lamp"])
def test_whatever_they_do_brings_back_whom_the_therapist_put_away(
    app, db, ada, sam, ten, now, scene, stage_of, doing
):
    with app.app_context(), transaction() as writing:
        archive_client(writing, writing.get(Therapist, ada.id), sam.reference, now=now)
    away = stage_of(sam)

    scene.now = now + timedelta(minutes=1)
    if doing == "asks":
        scene.tell(scene.ask(sam, ten))
    else:
        begun = make.intake(db, client=sam)
        db.add(Lamp(client_id=sam.id, intake_id=begun.id, link_id="right-now", lit_at=scene.now))
        db.flush()

    assert away == "archived"
    assert stage_of(sam) == ("asked" if doing == "asks" else "answering")
