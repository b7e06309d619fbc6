"""How long things are kept is a matter of months, and nobody is erased sooner than they were told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.privacy.retention import Retention, erased_when_asked, listed_from, months_later

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ((2027, 1, 15), 1, (2027, 2, 15)),
        ((2027, 1, 31), 1, (2027, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2027, 12, 31), 2, (2028, 2, 29)),
        ((2028, 2, 29), 12, (2029, 2, 28)),
        ((2027, 3, 1), 120, (2037, 3, 1)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(day, months, later):
    assert months_later(datetime(*day, tzinfo=UTC), months) == datetime(*later, tzinfo=UTC)


@given(days=some.integers(0, 4000), months=some.integers(0, 600))
def test_months_only_ever_lead_ahead(days, months):
    moment = MONDAY + timedelta(days=days)

    assert months_later(moment, months) >= moment
    assert months_later(moment, months + 1) > months_later(moment, months)


@pytest.mark.parametrize(
    ("retention", "met", "erased"),
    [
        (Retention(), None, MONDAY + MONTH),
        (Retention(months_kept=1), MONDAY, MONDAY + MONTH),
        (Retention(months_owed=12, why_owed="x"), None, MONDAY + MONTH),
        (Retention(months_owed=12, why_owed="x"), MONDAY, datetime(2028, 3, 1, 9, 0, tzinfo=UTC)),
        # What was owed is over.
        (Retention(months_owed=12, why_owed="x"), MONDAY - 20 * MONTH, MONDAY + MONTH),
    ],
)
def test_who_asks_is_erased_after_thirty_days_and_no_sooner_than_is_owed(retention, met, erased):
    assert erased_when_asked(MONDAY, retention, met) == erased


@pytest.mark.parametrize(
    ("retention", "met", "listed"),
    [
        (Retention(), None, None),
        (Retention(months_kept=12), None, datetime(2028, 3, 1, 9, 0, tzinfo=UTC) - MONTH),
        (
            Retention(months_kept=12, months_owed=24, why_owed="x"),
            MONDAY,
            datetime(2029, 3, 1, 9, 0, tzinfo=UTC) - MONTH,
        ),
        (
            Retention(months_kept=12, months_owed=24, why_owed="x"),
            None,
            datetime(2028, 3, 1, 9, 0, tzinfo=UTC) - MONTH,
        ),
    ],
)
def test_who_has_not_been_here_for_long_is_listed_a_month_before(retention, met, listed):
    assert listed_from(retention, MONDAY, met) == listed
