"""What a practice can say of itself."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.errors import NotFound
from portal.practice.facts import Facts, practice_facts
from portal.practice.models import Absence, Practice
from portal.practice.services import (
    NotDescribed,
    UnfitFacts,
    come_back,
    confirm_help_lines,
    describe_practice,
    go_away,
)

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


TODAY = date(2027, 3, 1)


def leave(db, first=1, last=7, **more):
    days = {"first_day": date(2027, 3, first), "last_day": date(2027, 3, last)}
    absence = go_away(db, **days, today=TODAY, **more)
    db.flush()
    return absence


def test_an_absence_is_kept_as_it_is_said(db):
    leave(db, stand_in=" Bo\n Lind ", stand_in_email=" Bo@Example.org ", words="Call Bo.")

    (away,) = practice_facts(db).absences
    assert (away.first_day, away.last_day) == (date(2027, 3, 1), date(2027, 3, 7))
    assert (away.stand_in, away.stand_in_email, away.words) == ("Bo Lind", "bo@example.org", "Call Bo.")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"first": 5, "last": 4}, "after it begins"),
        ({"stand_in_email": "bo@example.org"}, "has a name"),
        ({"stand_in": "B" * 81}, "1 to 80 characters"),
        ({"words": "w" * 501}, "room for 500"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(db, more, reason):
    with pytest.raises(UnfitFacts, match=reason):
        leave(db, **more)

    assert practice_facts(db).absences == ()


def test_one_that_is_over_or_without_end_is_refused(db):
    for first, last in ((date(2027, 2, 1), date(2027, 2, 28)), (TODAY, date(2028, 3, 2))):
        with pytest.raises(UnfitFacts, match="a year at most"):
            go_away(db, first_day=first, last_day=last, today=TODAY)


def test_two_absences_share_no_day_and_those_that_are_over_are_forgotten(db):
    db.add(Absence(first_day=date(2027, 2, 1), last_day=date(2027, 2, 28)))
    leave(db, 1, 7)
    with pytest.raises(UnfitFacts, match="already"):
        leave(db, 7, 9)

    leave(db, 8, 9)

    assert [away.first_day.day for away in practice_facts(db).absences] == [1, 8]


def test_coming_back_ends_it_with_yesterday_or_as_if_it_had_never_been(db):
    begun, planned = leave(db, 1, 7), leave(db, 20, 27)

    come_back(db, begun.reference, today=date(2027, 3, 4))
    come_back(db, planned.reference, today=date(2027, 3, 4))
    db.flush()

    assert [(away.first_day.day, away.last_day.day) for away in practice_facts(db).absences] == [(1, 3)]
    with pytest.raises(NotFound):
        come_back(db, begun.reference, today=date(2027, 3, 4))
