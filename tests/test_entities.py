"""What is read as columns is an entity like any other."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import object_session

from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.entities import Whole
from portal.statements import rows
from tests import make

_WHOLE = Whole(Client)
_NAMES = [each.key for each in inspect(Client).column_attrs]


def _read(db, client_id, **beside):
    found = rows(db, select(*_WHOLE.columns).where(Client.id == client_id), {})
    return _WHOLE.of(db, found[0], **beside)


@pytest.mark.usefixtures("inside_app")
def test_what_is_read_as_columns_is_an_entity_like_any_other(db):
    sam = make.client(db, therapist=make.therapist(db), time_zone="Europe/London")
    reading = current_db()
    read = _read(reading, sam.id, therapist=None)

    assert object_session(read) is reading
    assert reading.get(Client, sam.id) is read
    assert not reading.is_modified(read)
    as_queried = db.get(Client, sam.id, populate_existing=True)
    assert {each: getattr(read, each) for each in _NAMES} == {
        each: getattr(as_queried, each) for each in _NAMES
    }
    assert read.therapist is None
    # What was not read beside it is not fetched behind one's back.
    with pytest.raises(InvalidRequestError):
        _ = read.data_key

    with transaction():
        read.time_zone = "Asia/Tokyo"
    db.refresh(as_queried)
    assert as_queried.time_zone == "Asia/Tokyo"
    as_queried.time_zone = "Asia/Seoul"
    db.flush()
    reading.refresh(read)
    assert read.time_zone == "Asia/Seoul"


@pytest.mark.usefixtures("inside_app")
def test_whom_the_session_has_already_stays_as_it_is(db):
    sam = make.client(db, therapist=make.therapist(db), time_zone="Europe/London")
    reading = current_db()
    known = reading.get(Client, sam.id)
    known.time_zone = "Asia/Tokyo"

    assert _read(reading, sam.id) is known
    assert known.time_zone == "Asia/Tokyo"
    assert _WHOLE.of(reading, [None] * len(_WHOLE.columns)) is None
