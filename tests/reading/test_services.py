"""Readings as they come in, and what clients say about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.database import transaction
from portal.errors import NotFound
from portal.reading.models import Reading, ReadingMark
from portal.reading.pages import Article
from portal.reading.queries import (
    met_and_shared_by,
    published_readings,
    reading_for,
)
from portal.reading.services import (
    import_readings,
    import_shipped_readings,
    mark_reading,
    shipped_readings,
    unmark_reading,
)
from tests import make

ON_REST = Article(
    title="On rest", slug="on-rest", summary="", position=1, published=True, markdown="A few words."
)


def test_the_readings_that_come_with_the_portal(db, now):
    import_shipped_readings(db, now=now)

    readings = db.scalars(select(Reading).order_by(Reading.position)).all()
    assert [(each.title, each.published_at, each.minutes) for each in readings] == [
        ("The Difference Between Coping and Healing", now, 3),
        ("What happens in a first consultation", now, 2),
        ("Sober but Still Numb: When Quitting Isn't the Whole Story", None, 1),
    ]
    assert readings[2].markdown == ""


def test_the_first_reading_is_about_five_hundred_words():
    words = shipped_readings()[0].markdown.split()

    assert 450 <= len(words) <= 600


def test_a_practice_that_has_readings_keeps_its_own_at_the_next_start(db, now):
    mine = make.reading(db, title="My own")

    assert import_shipped_readings(db, now=now) == []

    assert db.scalars(select(Reading)).all() == [mine]


def test_importing_again_changes_the_reading_of_that_slug_and_keeps_when_it_was_published(db, now):
    import_readings(db, [ON_REST], now=now)

    changed = replace(ON_REST, title="On resting", markdown="word " * 300, position=4)
    import_readings(db, [changed], now=now + timedelta(days=1))

    reading = db.scalars(select(Reading)).one()
    assert (reading.title, reading.minutes, reading.position) == ("On resting", 2, 4)
    assert reading.published_at == now
    assert reading.imported_at == now + timedelta(days=1)


def test_a_reading_becomes_a_draft_again_if_its_file_says_so(db, now):
    import_readings(db, [ON_REST], now=now)

    import_readings(db, [replace(ON_REST, published=False)], now=now)

    assert published_readings(db) == []


def test_clients_find_published_readings_in_their_order(db, now):
    make.reading(db, title="Second", position=2)
    make.reading(db, title="A draft", position=1, published_at=None)
    make.reading(db, title="First", position=1)

    assert [each.title for each in published_readings(db)] == ["First", "Second"]


def test_a_draft_is_not_found(db, now):
    client = make.client(db)
    make.reading(db, slug="a-draft", published_at=None)

    with pytest.raises(NotFound):
        reading_for(db, client, "a-draft")


def test_saying_it_twice_is_saying_it_once(inside_app, db, now):
    client, reading = make.client(db), make.reading(db)

    for moment in (now, now + timedelta(hours=1)):
        with transaction() as changing:
            mark_reading(changing, client, reading, now=moment)

    assert reading_for(db, client, reading.slug).said_at == now


def test_two_tabs_that_say_it_at_once_say_it_once(inside_app, app, db, now):
    """The second has looked before the first had said it, and is told by the key."""
    client, reading = make.client(db), make.reading(db)

    class LookedBefore(Session):
        def get(self, *_key, **_options):
            return None

    with transaction() as changing:
        mark_reading(changing, client, reading, now=now)
    with LookedBefore(app.extensions["engine"]) as second:
        second.connection(execution_options={"write": True})
        mark_reading(second, client, reading, now=now + timedelta(hours=1))
        assert second.scalars(select(ReadingMark.said_at)).all() == [now]


def test_what_is_taken_back_leaves_nothing(inside_app, db, now):
    client, reading = make.client(db), make.reading(db)
    with transaction() as changing:
        mark_reading(changing, client, reading, now=now)

    with transaction() as changing:
        unmark_reading(changing, client, reading)

    assert db.scalars(select(ReadingMark)).all() == []


def test_a_mark_is_its_clients_own(inside_app, db, now):
    sam, kit = make.client(db), make.client(db)
    reading = make.reading(db)

    with transaction() as changing:
        mark_reading(changing, sam, reading, now=now)
        unmark_reading(changing, kit, reading)

    ada = make.therapist(db)
    assert [(met.title, met.said_at) for met in met_and_shared_by(db, ada, sam)[0]] == [(reading.title, now)]
    assert met_and_shared_by(db, ada, kit) == ([], [])
    assert reading_for(db, kit, reading.slug).said_at is None


def test_the_therapist_still_sees_what_was_said_of_a_reading_that_is_a_draft_again(inside_app, db, now):
    client = make.client(db)
    with transaction() as changing:
        reading = import_readings(changing, [ON_REST], now=now)[0]
        mark_reading(changing, client, reading, now=now)

    with transaction() as changing:
        import_readings(changing, [replace(ON_REST, published=False)], now=now)

    met, _ = met_and_shared_by(db, make.therapist(db), client)
    assert [(each.title, each.is_up) for each in met] == [("On rest", False)]
