"""Where a client is in a reading: only if they allow it, and for them alone."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from portal.database import transaction
from portal.reading.bookmarks import PlacesNotKept, allow_places, forget_places, keep_place
from portal.reading.models import Bookmarks
from portal.reading.queries import reading_for
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")


@pytest.fixture
def sam(db):
    return make.client(db)


@pytest.fixture
def reading(db):
    return make.reading(db, markdown="A\n\nB\n\nC\n\nD")


def do(deed, *arguments):
    with transaction() as db:
        deed(db, *arguments)


def place(db, sam, reading):
    for each in [row for row in db if isinstance(row, Bookmarks)]:
        db.expire(each)
    found = reading_for(db, sam, reading.slug)
    return found.keeps_place, found.place


def test_nothing_is_kept_until_it_is_allowed(db, sam, reading):
    with pytest.raises(PlacesNotKept):
        do(keep_place, sam, reading, 2)

    assert place(db, sam, reading) == (False, None)


@pytest.mark.parametrize(
    ("block", "kept"), [(2, 2), (3, 3), (1, None), (4, None), (0, None), (9, None), (-1, None)]
)
def test_a_place_in_the_middle_is_kept_and_its_two_ends_are_none(db, sam, reading, block, kept):
    do(allow_places, sam)
    do(keep_place, sam, reading, 2)

    do(keep_place, sam, reading, block)

    assert place(db, sam, reading) == (True, kept)


def test_forgotten_it_leaves_nothing(db, sam, reading):
    do(allow_places, sam)
    do(keep_place, sam, reading, 2)

    do(forget_places, sam)

    assert db.scalars(select(Bookmarks)).all() == []
    assert place(db, sam, reading) == (False, None)


def test_allowed_twice_it_keeps_what_it_had(db, sam, reading):
    do(allow_places, sam)
    do(keep_place, sam, reading, 2)

    do(allow_places, sam)

    assert place(db, sam, reading) == (True, 2)


def test_the_table_tells_neither_which_readings_nor_when(db, sam, reading):
    do(allow_places, sam)
    before = len(db.scalars(select(Bookmarks.sealed_places)).one())

    do(keep_place, sam, reading, 2)

    row = db.execute(select(Bookmarks.sealed_places)).one()
    assert len(row.sealed_places) == before
    assert reading.reference.encode() not in row.sealed_places
    assert {column.name for column in inspect(Bookmarks).columns} == {"client_id", "sealed_places"}


def test_a_place_is_its_clients_own(db, sam, reading):
    kit = make.client(db)
    do(allow_places, sam)
    do(keep_place, sam, reading, 2)
    do(allow_places, kit)

    assert place(db, kit, reading) == (True, None)
