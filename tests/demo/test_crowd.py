"""A crowd with a past: as many as are wanted, as the lifecycle allows, and nobody booked twice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text, update

from portal.accounts.models import Client, Stage
from portal.accounts.queries import name_of
from portal.clients.models import Beginning
from portal.demo.loading import load, load_more_clients
from portal.intake.models import Intake
from portal.intake.sent import sent_intake_of
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, HeldTime, HeldWindow
from tests import make


@pytest.fixture
def crowd(app, db, now):
    load(app, now=now)
    assert sum(load_more_clients(app, 100, now=now)) == 100
    return db.scalars(select(Client).where(Client.email.like("client-%")).order_by(Client.id)).all()


def test_a_hundred_have_an_intake_each_and_three_hundred_consultations(db, crowd):
    theirs = [client.id for client in crowd]

    past = select(func.count()).where(
        Consultation.client_id.in_(theirs), Consultation.status.not_in(HOLDS_ITS_TIME)
    )
    assert db.scalar(past) == 300
    assert db.scalar(select(func.count()).where(Intake.client_id.in_(theirs))) == 100


def test_nobody_was_booked_twice_and_what_is_to_come_is_held(db, crowd):
    taken = db.execute(
        select(Consultation.starts_at, Consultation.ends_at)
        .where(Consultation.status.in_([Status.MET, Status.CONFIRMED, Status.REQUESTED]))
        .order_by(Consultation.starts_at)
    ).all()

    assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(taken))
    holding = select(Consultation.id).where(Consultation.status.in_(HOLDS_ITS_TIME))
    windows = db.scalars(select(HeldWindow.consultation_id)).all()
    assert sorted(windows) == sorted(db.scalars(holding).all())
    assert db.scalar(select(func.count()).select_from(HeldTime)) >= 10 * len(windows)


def test_their_words_open_with_their_own_keys(db, crowd):
    client = next(each for each in crowd if each.stage is Stage.MET)
    db.refresh(client, ["data_key", "therapist"])

    name = name_of(db, client)
    sent = sent_intake_of(db, client)

    assert " " in name
    assert [row.text for row in sent.rows]
    assert name in str(sent.rows)


def test_how_far_they_have_come_is_what_would_be_derived(app, db, crowd):
    before = dict(db.execute(select(Client.reference, Client.stage)).all())
    kept = db.scalars(select(func.count()).select_from(Beginning)).one()
    db.execute(update(Client).values(stage=Stage.JOINED))
    db.execute(text("DELETE FROM beginning"))

    outcome = app.test_cli_runner().invoke(args=["clients", "derive"])

    assert outcome.output == "Derived anew for 102 clients.\n"
    assert dict(db.execute(select(Client.reference, Client.stage)).all()) == before
    assert db.scalars(select(func.count()).select_from(Beginning)).one() == kept
    assert Counter(before.values())[Stage.MET] > 50


def test_no_crowd_comes_where_somebody_real_is(app, db, now):
    load(app, now=now)
    make.client(db, name="Sam Reed")

    outcome = app.test_cli_runner().invoke(args=["demo", "load", "--clients", "5"])

    assert outcome.exit_code == 1
    assert "Somebody real" in outcome.output
    assert db.scalar(select(func.count()).select_from(Client)) == 3
