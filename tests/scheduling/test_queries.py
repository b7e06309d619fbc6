"""What others ask of scheduling: whose, in which order, and with what loaded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.queries import name_of
from portal.diary.clocks import minute_of, moment_of
from portal.diary.queries import hours_of
from portal.errors import NotFound
from portal.practice.facts import current_practice
from portal.scheduling.lifecycle import Status
from portal.scheduling.offers import offer_to
from portal.scheduling.queries import (
    consultation_of,
    consultations_between,
    consultations_of,
    waiting_for,
)
from tests import make


def starts(consultations):
    return [consultation.starts_at for consultation in consultations]


def test_a_clients_own_are_those_that_hold_their_time(db, sam, kit, ada, ten, eleven, noon):
    make.consultation(db, client=sam, therapist=ada, starts_at=noon)
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CANCELLED)
    make.consultation(db, client=kit, therapist=ada, starts_at=eleven)

    assert starts(consultations_of(db, sam)) == [ten, noon]
    assert starts(consultations_of(db, sam, since=eleven)) == [noon]


def test_a_consultation_is_found_by_the_two_it_belongs_to(db, sam, kit, ada, ten):
    asked = make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    stranger = make.therapist(db)

    assert consultation_of(db, sam, asked.reference) is consultation_of(db, ada, asked.reference)
    for person in (kit, stranger):
        with pytest.raises(NotFound):
            consultation_of(db, person, asked.reference)


def test_the_most_urgent_waits_first(db, sam, kit, ada, ten, eleven, noon):
    make.consultation(db, client=sam, therapist=ada, starts_at=noon)
    make.consultation(db, client=kit, therapist=ada, starts_at=ten)
    make.consultation(db, client=sam, therapist=ada, starts_at=eleven, status=Status.CONFIRMED)
    db.expunge_all()

    waiting = waiting_for(db, ada)

    assert starts(waiting) == [ten, noon]
    assert [name_of(db, consultation.client) for consultation in waiting] == ["Kit Lowe", "Sam Reed"]
    assert [consultation.replaces for consultation in waiting] == [None, None]


def test_a_week_holds_what_reaches_into_it(db, sam, ada, ten, eleven, noon):
    for start in (ten, eleven, noon):
        make.consultation(db, client=sam, therapist=ada, starts_at=start)
    make.consultation(db, client=sam, therapist=ada, starts_at=eleven, status=Status.EXPIRED)

    assert starts(consultations_between(db, ada, ten + timedelta(minutes=49), noon)) == [ten, eleven]
    assert starts(consultations_between(db, ada, ten + timedelta(minutes=50), noon)) == [eleven]


def test_hours_run_through_the_week(db, ada):
    make.working_hours(db, ada, weekday=1, starts="14:00", ends="15:00")
    make.working_hours(db, ada, weekday=1, starts="09:00", ends="10:00")

    assert [(row.weekday, row.starts_minute) for row in hours_of(db, ada)] == [(1, 540), (1, 840), (2, 600)]


@pytest.mark.usefixtures("inside_app")
def test_an_offer_leaves_out_what_anybody_holds_also_where_it_only_reaches_in(db, sam, kit, ada, now, ten):
    make.consultation(db, client=kit, therapist=ada, starts_at=ten - timedelta(minutes=45))
    make.consultation(db, client=kit, therapist=make.therapist(db), starts_at=ten + timedelta(hours=1))

    offer = offer_to(db, sam, ada, now=now)

    tuesday = [moment_of(start) for start in offer.starts if moment_of(start) < now + timedelta(days=2)]
    assert tuesday == [ten + timedelta(hours=1), ten + timedelta(hours=2)]
    assert offer.own == []


@pytest.mark.usefixtures("inside_app")
def test_an_offer_leaves_out_what_a_calendar_elsewhere_says(db, sam, ada, now, ten):
    """Its own minutes, and the ten before and after that a consultation wants for itself."""
    make.busy_elsewhere(db, ada, ten + timedelta(minutes=55), ten + timedelta(hours=1, minutes=40))
    make.busy_elsewhere(db, make.therapist(db), ten, ten + timedelta(hours=3))

    offer = offer_to(db, sam, ada, now=now)

    tuesday = [moment_of(start) for start in offer.starts if moment_of(start) < now + timedelta(days=2)]
    assert tuesday == [ten + timedelta(hours=2)]


@pytest.mark.usefixtures("inside_app")
def test_one_minute_is_judged_as_the_whole_list_is_made_however_long_a_consultation_lasts(
    db, sam, kit, ada, now, ten
):
    """T2: what begins late in a long consultation takes its start away, asked for alone too."""
    make.kind(db, ada, length=170)
    make.consultation(db, client=kit, therapist=ada, starts_at=ten + timedelta(hours=2, minutes=45))
    minute = minute_of(ten)

    whole = offer_to(db, sam, ada, now=now)
    alone = offer_to(db, sam, ada, now=now, since=minute, until=minute + 1)

    assert minute not in whole.starts
    assert alone.starts == []
    assert minute + 7 * 24 * 60 in whole.starts


@pytest.mark.usefixtures("inside_app")
def test_the_same_number_of_queries_whatever_is_held(db, sam, kit, ada, now, ten, queries):
    current_practice()

    with queries() as few:
        offer_to(db, sam, ada, now=now)
        consultations_of(db, kit)
        waiting_for(db, ada)
    for week in range(6):
        make.consultation(db, client=kit, therapist=ada, starts_at=ten + timedelta(weeks=week))
    db.expunge_all()
    with queries() as many:
        offer_to(db, sam, ada, now=now)
        consultations_of(db, kit)
        waiting_for(db, ada)

    assert len(many) == len(few) == 5
