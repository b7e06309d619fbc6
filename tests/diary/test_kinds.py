"""What a kind of consultation says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.diary.kinds import FIRST_CONSULTATION


def test_two_of_one_kind_keep_the_larger_of_its_gaps():
    assert replace(FIRST_CONSULTATION, gap_before=5, gap_after=20).gap == 20
    assert replace(FIRST_CONSULTATION, gap_before=15, gap_after=0).gap == 15


def test_a_kind_takes_as_long_as_its_minutes():
    assert FIRST_CONSULTATION.duration == timedelta(minutes=50)
