"""What a report of pip-audit says is known against the libraries, and whether it can be relied on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from packaging.utils import canonicalize_name, canonicalize_version
from pydantic import BaseModel, StringConstraints, ValidationError

# The shortest time within which docs/security.md promises to mend something.
_OLD_AFTER = timedelta(days=2)
# So much the clocks of two machines may differ.
_AHEAD = timedelta(minutes=5)
# A report on this many libraries has some thousand; with the words of many advisories, a few million.
_MOST_BYTES = 20_000_000
_NAMED = 5

# It is shown at a terminal, so it holds nothing that a terminal would obey.
_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:+!-]+$", max_length=100)]


class UnfitReport(Exception):
    """The report cannot be relied on. Says why, as the end of a sentence that begins with its path.

    Nothing that the file holds is said: whoever makes it may have put another's file in its place.
    """


class Advisory(BaseModel):
    """One thing that is known against one version of a library."""

    id: _Word
    # In which versions it is mended; empty as long as there is none.
    fix_versions: list[_Word]


@dataclass(frozen=True)
class Report:
    """What was looked at, by name (PEP 503) and version (PEP 440), and what is known against each."""

    # In UTC.
    made_at: datetime
    looked_at: Mapping[tuple[str, str], Sequence[Advisory]]


class _LookedAt(BaseModel):
    name: str
    version: str
    vulns: list[Advisory]


class _Skipped(BaseModel):
    name: str
    skip_reason: str


class _Shape(BaseModel):
    """As `pip-audit --format json` has it; what else is in it is passed over."""

    dependencies: list[_LookedAt | _Skipped]


def read_report(path: Path) -> Report:
    """The report in this file, made when the file was last written. Raises UnfitReport."""
    made_at, content = _read(path)
    if len(content) > _MOST_BYTES:
        raise UnfitReport(f"is larger than {_MOST_BYTES // 1_000_000} MB")
    try:
        shape = _Shape.model_validate_json(content)
    except ValidationError:
        raise UnfitReport("is not a report of pip-audit in JSON") from None
    looked_at: dict[tuple[str, str], list[Advisory]] = {}
    for each in shape.dependencies:
        # What was skipped was not looked at.
        if isinstance(each, _LookedAt):
            looked_at.setdefault(_key(each.name, each.version), []).extend(each.vulns)
    return Report(made_at, looked_at)


def rely_on(report: Report, libraries: Mapping[str, str], *, now: datetime) -> None:
    """Raises UnfitReport if it is too old, or from a time to come, or passes over any of these libraries."""
    when = f"{report.made_at:%Y-%m-%d %H:%M} UTC"
    if report.made_at - now > _AHEAD:
        raise UnfitReport(f"is from {when}, which is still to come")
    if now - report.made_at > _OLD_AFTER:
        raise UnfitReport(f"is from {when}, more than {_OLD_AFTER.days} days ago")
    left_out = [f"{name} {at}" for name, at in libraries.items() if _key(name, at) not in report.looked_at]
    if left_out:
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        raise UnfitReport(f"says nothing of {', '.join(left_out[:_NAMED])}{more}")


def known_against(
    report: Report, libraries: Mapping[str, str]
) -> Iterator[tuple[str, str, Sequence[Advisory]]]:
    """Each of these libraries of which the report knows something, with its version, and what that is."""
    for name, version in libraries.items():
        known = report.looked_at.get(_key(name, version))
        if known:
            yield name, version, known


def _read(path: Path) -> tuple[datetime, bytes]:
    """When it was written, and a little more of it than is taken."""
    try:
        with path.open("rb") as file:
            written_at = os.fstat(file.fileno()).st_mtime
            return datetime.fromtimestamp(written_at, UTC), file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UnfitReport("is not there") from None
    except OSError as problem:
        raise UnfitReport(f"cannot be read ({problem.strerror})") from problem


def _key(name: str, version: str) -> tuple[str, str]:
    return canonicalize_name(name), canonicalize_version(version)
