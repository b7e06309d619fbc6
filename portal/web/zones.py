"""The time zones that there are."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Mapping, Sequence

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def real_zone(name: str | None) -> str | None:
    """The name of an IANA zone, also an old one that a device may still use; None if it is none."""
    return name if name in _zones() else None


@functools.cache
def zones_by_region() -> Mapping[str, Sequence[str]]:
    """The zones that people choose among, by part of the world."""
    names = sorted(_zones())
    return {region: [name for name in names if name.startswith(f"{region}/")] for region in _REGIONS}


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
