"""Which libraries this copy is locked to, from which day they are, and whether those are installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import distributions
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name, canonicalize_version

LOCK_FILE = Path(__file__).resolve().parent.parent.parent / "requirements.lock"
# Both change with requirements.lock: the day on which its packages were the newest that the tests had passed.
LOCKED_ON = date(2026, 11, 28)
LOCK = "4b05ed5ba0491d5eec60ab57b3a523fbfb9a95cd5c12c64a8255467ba2c2ff9e"
# Once in three months, as docs/security.md says, and some days to do it.
_RENEWED_WITHIN = timedelta(days=100)
# A name, its version, and for which machines and Pythons it is meant.
_PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?: *; *([^\\\n]+))?", re.MULTILINE)
_PORTAL = "foyer"


@dataclass(frozen=True)
class Other:
    """A library that is installed in another version than the lock has, or not at all (None)."""

    name: str
    locked: str
    installed: str | None


def are_old(today: date) -> bool:
    """Whether newer ones should have come by now (ASVS 15.2.1)."""
    return today - LOCKED_ON > _RENEWED_WITHIN


def locked(lock: Path = LOCK_FILE) -> dict[str, str]:
    """The versions that a lock pins for this machine and Python, by the name as PEP 503 writes it.

    None at all where the portal is installed as a package, which comes without a lock.
    """
    if not lock.exists():
        return {}
    return {
        canonicalize_name(name): version
        for name, version, marker in _PIN.findall(lock.read_text())
        if not marker or Marker(marker).evaluate()
    }


def installed() -> dict[str, str]:
    """The versions of all that this Python finds, by the name as PEP 503 writes it."""
    found: dict[str, str] = {}
    for each in distributions():
        # What an interrupted installation leaves behind has no name. What is found first is imported.
        if each.metadata and each.metadata["Name"]:
            found.setdefault(canonicalize_name(each.metadata["Name"]), each.version)
    return found


def libraries_in_use(lock: Path = LOCK_FILE) -> dict[str, str]:
    """What the portal runs with: the libraries of its lock, and without one all that is installed."""
    return locked(lock) or {name: version for name, version in installed().items() if name != _PORTAL}


def other_than_locked(pins: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Other]:
    """What is not installed as the lock has it; what is installed beside that is not looked at."""
    for name, version in pins.items():
        here = found.get(name)
        # One version can be written in several ways (PEP 440).
        if here is None or canonicalize_version(here) != canonicalize_version(version):
            yield Other(name, version, here)
