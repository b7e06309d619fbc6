"""Ada has Tuesday mornings; Sam and Kit are her clients."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import make
from tests.calendars.conftest import collection as collection
from tests.calendars.conftest import elsewhere as elsewhere
from tests.calendars.conftest import radicale as radicale
from tests.scheduling.scene import Scene


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada, time_zone="Europe/London")


@pytest.fixture
def kit(db, ada):
    return make.client(db, name="Kit Lowe", therapist=ada, time_zone="Europe/London")


@pytest.fixture
def ten(now):
    """Tuesday, 10:00 in London."""
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def eleven(ten):
    return ten + timedelta(hours=1)


@pytest.fixture
def noon(ten):
    return ten + timedelta(hours=2)
