"""The gate before an SQLite file: one writer after the other, in the order of coming, of all processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

# As long as SQLite itself is waited for.
_LONGEST_WAIT_SECONDS = 30.0


class Gate:
    """Whoever writes goes through it; it is a file beside the database, locked while somebody is inside.

    SQLite alone lets in writers by chance: who has just written is there first, and another process can wait
    for seconds while it goes on. The system lets in those who wait for a lock one after the other, and opens
    it when its holder ends, however that is. It guards nothing: where there can be no such file, or somebody
    inside does not come out, SQLite decides as it does without.
    """

    def __init__(self, path: Path, *, longest_wait_seconds: float = _LONGEST_WAIT_SECONDS) -> None:
        self._path, self._longest_wait_seconds = path, longest_wait_seconds
        self._here = threading.local()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and have it until the end. Who has it already does not wait for themselves."""
        file = None if getattr(self._here, "inside", False) else self._opened()
        if file is None:
            yield
            return
        try:
            self._wait(file)
            self._here.inside = True
            yield
        finally:
            self._here.inside = False
            # The next one comes in: every turn has a file of its own, threads of one process too.
            os.close(file)

    def _opened(self) -> int | None:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None

    def _wait(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The system knows no limit to waiting in order. A thread that still waits when its file has been
            # closed gives the lock back as soon as it has it.
            waiting = threading.Thread(target=fcntl.flock, args=(file, fcntl.LOCK_EX), daemon=True)
            waiting.start()
            waiting.join(self._longest_wait_seconds)
