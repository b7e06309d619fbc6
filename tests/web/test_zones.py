"""Which time zones there are."""

from __future__ import annotations

import pytest

from portal.web.zones import real_zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/London", "Europe/London"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("europe/london", None),
        ("Europe/Atlantis", None),
        ("../../etc/passwd", None),
        ("/etc/localtime", None),
        ("", None),
        (None, None),
        ("Europe/London\n", None),
        ("x" * 5000, None),
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_a_time_zone_is_one_that_exists(typed, zone):
    assert real_zone(typed) == zone
