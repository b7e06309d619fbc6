"""What a practice can say of itself."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.practice.facts import Facts, practice_facts
from portal.practice.models import Practice
from portal.practice.services import NotDescribed, UnfitFacts, confirm_help_lines, describe_practice

WILLOW = {
    "name": "Willow Street Practice",
    "country": "GB",
    "time_zone": "Europe/London",
    "answering_days": [1, 2, 3, 4],
    "answers_within_days": 2,
    "answers_by_hour": 18,
}


def test_what_the_practice_says_is_kept(db):
    describe_practice(db, **WILLOW)
    db.flush()

    assert practice_facts(db) == Facts(**WILLOW | {"answering_days": (1, 2, 3, 4)})


def test_saying_it_again_replaces_what_was_said(db):
    describe_practice(db, **WILLOW)
    describe_practice(db, **WILLOW | {"name": "Elm Street Practice"})
    db.flush()

    assert db.scalars(select(Practice.name)).all() == ["Elm Street Practice"]


def test_what_was_typed_is_brought_into_shape(db):
    said = {"name": " Willow\r\nStreet\t ", "country": " gb ", "answering_days": [4, 1, 4]}

    practice = describe_practice(db, **WILLOW | said)

    assert (practice.name, practice.country, practice.answering_days) == ("Willow Street", "GB", "1,4")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"name": " \n "}, "name has 1 to 80"),
        ({"name": "W" * 81}, "name has 1 to 80"),
        ({"country": "GBR"}, "'GBR' is not a country's two letters"),
        ({"country": ""}, "'' is not a country's two letters"),
        ({"country": "G1"}, "'G1' is not"),
        ({"time_zone": "Europe/Nowhere"}, "'Europe/Nowhere' is not an IANA time zone"),
        ({"time_zone": "../../etc/passwd"}, "is not an IANA time zone"),
        ({"time_zone": "Europe"}, "is not an IANA time zone"),
        ({"time_zone": ""}, "is not an IANA time zone"),
        ({"answering_days": []}, "at least one"),
        ({"answering_days": [0]}, "from 1, Monday, to 7"),
        ({"answering_days": [1, 8]}, "from 1, Monday, to 7"),
        ({"answers_within_days": 0}, "within 1 to 30"),
        ({"answers_within_days": 31}, "within 1 to 30"),
        ({"answers_by_hour": -1}, "from 0 to 23"),
        ({"answers_by_hour": 24}, "from 0 to 23"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(db, said, reason):
    with pytest.raises(UnfitFacts, match=reason):
        describe_practice(db, **WILLOW | said)

    assert db.scalars(select(Practice)).all() == []


def test_nothing_is_confirmed_by_a_practice_that_has_not_said_where_it_is(db):
    with pytest.raises(NotDescribed):
        confirm_help_lines(db, on=date(2027, 3, 1))
