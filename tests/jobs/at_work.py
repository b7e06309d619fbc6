"""The worker as a process: python -m tests.jobs.at_work DATABASE_URL FOLDER MINUTES_LATER ARGUMENTS…

It knows some kinds of jobs that only tests have, which write into the folder what they did.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from config import Environment, Settings
from portal import clock
from portal.app import create_app
from portal.jobs.commands import work

_now = clock.now


def main(database_url: str, folder: str, minutes_later: str, *arguments: str) -> None:
    clock.now = lambda: _now() + timedelta(minutes=float(minutes_later))
    notes = Path(folder) / "notes"
    # Where the worker's log goes.
    sys.stderr = (Path(folder) / f"log-{os.getpid()}").open("w", buffering=1)
    app = create_app(_settings(database_url, Path(folder)))

    def note(subject: str) -> None:
        with notes.open("a") as file:
            file.write(f"{subject}\n")

    def slow(subject: str) -> None:
        note(f"{subject} begun")
        time.sleep(0.7)
        note(f"{subject} finished")

    def die(subject: str) -> None:
        note(subject)
        os._exit(9)

    app.extensions["job_handlers"].update(note=note, slow=slow, die=die)
    with app.app_context():
        work.main(list(arguments), standalone_mode=False)


def _settings(database_url: str, folder: Path) -> Settings:
    return Settings(
        env=Environment.DEVELOPMENT,
        instance=folder / "instance",
        database_url=database_url,
        secret_key="not a secret, but long enough to be one",
        master_keys=(bytes(range(32)),),
        base_url="https://portal.test",
        mail_url=None,
        mail_from="portal@portal.test",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
