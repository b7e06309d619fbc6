"""Ada has clients; Bea is her colleague."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.models import Client
from tests import make
from tests.scheduling.scene import Scene


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    ada.is_lead = True
    db.flush()
    return ada


@pytest.fixture
def bea(db, ada):
    return make.therapist(db, name="Bea Moor")


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def ten(now):
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def stage_of(db):
    """Where the database says that a client stands."""

    def stands(client):
        db.expire_all()
        return db.get(Client, client.id).stage.value

    return stands
