"""How long a test waits for what has to come: nobody's measure of time, but the end of hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

# Less than what the whole of a test is given, so that it can say what did not come.
PATIENCE_SECONDS = 240
_A_MOMENT = 0.02

Found = TypeVar("Found")


def until(look: Callable[[], Found], *, what: str) -> Found:
    """What a look finds at last; `what` is what has not come if it never does."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < ends, f"it never came: {what}"
        time.sleep(_A_MOMENT)
    return found
