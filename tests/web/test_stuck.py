"""A page that never comes to an end takes its process along, and another one takes over."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import threading

from tests.patience import until
from tests.started import start


def test_who_is_stuck_for_ever_does_not_keep_the_others_out(migrated_sqlite, tmp_path):
    shutil.copy(migrated_sqlite, tmp_path / "portal.db")
    stuck = "import portal.server; portal.server._APPLICATION = 'tests.web.stuck:create_app'; "
    with start("serve", instance=tmp_path, before=stuck) as started:
        started.wait_until_it_answers("/who")
        before = started.get("/who")[1]
        # Both places, so that nobody else gets in.
        for _ in range(2):
            threading.Thread(target=_ask_in_vain, args=(started,), daemon=True).start()

        assert until(lambda: _another(started, before), what="a process that takes over") != before
        assert started.get("/healthz") == (200, "ok\n")
        _code, said = started.end()
    assert "a request took longer than 1 seconds, so this process ends" in said


def _ask_in_vain(started):
    with contextlib.suppress(OSError, http.client.HTTPException):
        started.get("/never")


def _another(started, before):
    with contextlib.suppress(OSError, http.client.HTTPException):
        code, who = started.get("/who")
        return who if code == 200 and who != before else None
    return None
