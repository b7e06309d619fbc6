"""What an address asks the list for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.wanted import STAGES, Order, wanted_in


def test_an_address_leads_to_the_same_list_again():
    said = {
        "q": "sam reed",
        "stage": "met",
        "sort": "address",
        "reversed": "yes",
        "since": "2027-03-01",
        "until": "2027-03-31",
    }

    wanted, left_out = wanted_in(said)

    assert (wanted.address(), left_out) == (said, [])
    assert wanted.since == date(2027, 3, 1)


def test_nothing_said_is_everybody_by_what_happened_last():
    wanted, left_out = wanted_in({})

    assert (wanted.address(), wanted.sorted_by, left_out) == ({}, Order.MOVED, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stage", "unproved"),
        ("stage", "lost"),
        ("sort", "name"),
        ("since", "yesterday"),
        ("since", "9999-12-31"),
        ("until", "2027-02-30"),
        ("after", "'; DROP TABLE"),
        ("after", "abc.99999999T999999"),
        ("after", "ä" * 5),
    ],
)
def test_what_is_not_understood_is_left_out_and_named(name, value):
    wanted, left_out = wanted_in({name: value, "q": "sam"})

    assert (wanted.typed, left_out) == ("sam", [name])
    assert wanted.address() == {"q": "sam"}


def test_the_list_goes_on_behind_somebody_where_they_stood():
    wanted, _ = wanted_in({"stage": "sent"})
    moved_at = datetime(2027, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)

    behind = wanted.behind("abc", moved_at)

    assert wanted_in(behind.address())[0] == behind
    assert (behind.after.reference, behind.after.moved_at) == ("abc", moved_at)


@given(st.dictionaries(st.sampled_from(["q", "stage", "sort", "since", "until", "after"]), st.text()))
def test_anything_can_stand_in_an_address(said):
    wanted, _ = wanted_in(said)

    assert wanted.stage in ("", *STAGES)
    assert wanted_in(wanted.address())[0] == wanted
