"""How long somebody stays signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.lasting import DESK, OWN, SHARED, lasting

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at_the_desk", "is_own", "which"),
    [(False, False, SHARED), (False, True, OWN), (True, False, DESK), (True, True, DESK)],
)
def test_whose_it_is_decides(at_the_desk, is_own, which):
    assert lasting(at_the_desk=at_the_desk, is_own=is_own) is which


@pytest.mark.parametrize("which", [SHARED, OWN, DESK])
def test_it_ends_after_its_time_without_use_and_in_any_case_at_last(which):
    def over(*, begun, used):
        return which.is_over(signed_in_at=NOW - begun, last_used_at=NOW - used, now=NOW)

    assert not over(begun=which.idle, used=which.idle)
    assert over(begun=which.idle + SECOND, used=which.idle + SECOND)
    assert not over(begun=which.at_most, used=SECOND)
    assert over(begun=which.at_most + SECOND, used=SECOND)


def test_until_when_is_the_earlier_of_the_two():
    begun = NOW - timedelta(hours=11, minutes=50)

    assert DESK.until(signed_in_at=NOW, now=NOW) == NOW + timedelta(minutes=15)
    assert DESK.until(signed_in_at=begun, now=NOW) == NOW + timedelta(minutes=10)


def test_the_last_use_is_noted_often_enough_to_be_believed():
    """Nobody is signed out after much less than they were promised."""
    assert all(which.noted_every * 10 <= which.idle for which in (SHARED, OWN, DESK))
