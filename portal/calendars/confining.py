"""Running `expanding` in a process of its own, which is ended when it takes too long or too much."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from portal.calendars import expanding
from portal.calendars.expanding import Entry, Expanded
from portal.calendars.failures import CannotBeRead, Why

SECONDS = 10
BYTES = 768 * 1024 * 1024
# By the clock it may take so much longer, on a machine that has other things to do; nothing waits for it.
_PATIENCE = 6.0


def expanded_apart(
    text: str,
    *,
    zone: str,
    since: datetime,
    until: datetime,
    own: Iterable[Entry] = (),
    seconds: int = SECONDS,
    most_bytes: int = BYTES,
) -> Expanded:
    """As `expanding.expanded`, in bounded time and memory. Raises CannotBeRead.

    `seconds` are of the processor; by the clock it is at most six times that.
    """
    asked = {
        "zone": zone,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "own": [(uid, starts.isoformat(), ends.isoformat()) for uid, starts, ends in own],
        "seconds": seconds,
        "bytes": most_bytes,
    }
    told = json.loads(_told(f"{json.dumps(asked)}\n{text}".encode(), seconds) or '{"refused": "too-hard"}')
    if "refused" in told:
        raise CannotBeRead(Why(told["refused"]))
    stretches = [(datetime.fromisoformat(one), datetime.fromisoformat(two)) for one, two in told["stretches"]]
    return Expanded(stretches, told["unread"], told["foreign_zones"])


def _told(question: bytes, seconds: int) -> bytes:
    """What the process says; nothing if it was ended."""
    try:
        ended = subprocess.run(
            # -I: neither the folder it starts in nor the environment says what is imported.
            [sys.executable, "-I", "-X", "utf8", str(Path(expanding.__file__))],
            input=question,
            stdout=subprocess.PIPE,
            # A parser's complaint may hold somebody's words.
            stderr=subprocess.DEVNULL,
            # The portal's own holds keys.
            env={},
            timeout=seconds * _PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return ended.stdout if ended.returncode == 0 else b""
