"""The portal as a process of its own, as somebody starts it at a terminal."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from config import ROOT
from tests.patience import PATIENCE_SECONDS


class Started:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def wait_until_it_answers(self, path: str = "/healthz", code: int = 200) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        answer: tuple[int, str] | None = None
        while time.monotonic() < until:
            assert self.process.poll() is None, f"it has ended: {self.process.communicate()[0]}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.get(path)
                if answer[0] == code:
                    return
            time.sleep(0.02)
        raise AssertionError(f"no {code} at {path}, but {answer}")

    def end(self, by: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and what it has said."""
        self.process.send_signal(by)
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said

    def family(self) -> list[int]:
        """The numbers of the process and of all that it has started, theirs too."""
        found = [self.process.pid]
        for number in found:
            found += [child for child, parent in _parents().items() if parent == number]
        return found

    def kill(self) -> None:
        """All of its family at once, but for who has ended by itself meanwhile, having no parent any more."""
        for number in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


@contextlib.contextmanager
def start(
    *arguments: str, instance: Path, port: int | None = None, before: str = "", **settings: str
) -> Iterator[Started]:
    """`python3 -m portal …` where everything is installed; it is ended at the end of the `with` block.

    `before` is Python that the process runs first.
    """
    port = port or free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    own = {"PORTAL_INSTANCE": str(instance), "PORTAL_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    code = f"{before}import sys; from portal.__main__ import hand_over; hand_over(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=kept | own | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        yield Started(process, port)
    finally:
        if process.poll() is None:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE_SECONDS)
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _parents() -> dict[int, int]:
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}
