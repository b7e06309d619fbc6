"""When it is quiet again after many visitors at once, the threads that answered them end alone."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from tests.patience import until
from tests.started import start

# As the server does after half a minute.
SOON = (
    "import functools, portal.server as s; "
    "s.MPServer = functools.partial(s.MPServer, blocking_threads_idle_timeout=5); "
)
AT_ONCE = 20
MANY = 8


def test_threads_that_nobody_needs_end_and_their_process_goes_on(migrated_sqlite, tmp_path):
    """Python did not make them: what was kept by thread took the process along when its thread ended."""
    shutil.copy(migrated_sqlite, tmp_path / "portal.db")
    with start("serve", instance=tmp_path, before=SOON) as started:
        started.wait_until_it_answers()
        family = started.family()
        few = until(lambda: _threads(family), what="threads")
        until(lambda: _after_many_at_once(started, family) >= few + MANY, what="many threads")
        until(lambda: _threads(family) < few + MANY, what="fewer threads")

        assert set(family) <= set(started.family())
        assert started.get("/healthz") == (200, "ok\n")


def _after_many_at_once(started, family) -> int:
    # A page that asks the database; that no worker is there is its answer.
    visitors = [threading.Thread(target=started.get, args=("/readyz",)) for _ in range(AT_ONCE)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return _threads(family)


def _threads(family: list[int]) -> int:
    return sum(len(list(Path(f"/proc/{number}/task").iterdir())) for number in family)
