"""The portal behind its real web server, for what only a socket can show."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.started import start


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[int]:
    """The port at which the portal answers."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(migrated_sqlite, folder / "portal.db")
    with start("serve", instance=folder) as started:
        started.wait_until_it_answers()
        yield started.port


@pytest.fixture
def say(served: int) -> Callable[[bytes], bytes]:
    """Call it with the bytes of a request; the bytes of the answer."""

    def speak(request: bytes, *, and_no_more: bool = False) -> bytes:
        request = request.replace(b"HOST", b"Host: 127.0.0.1:%d" % served)
        with socket.create_connection(("127.0.0.1", served), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            if and_no_more:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer

    return speak
