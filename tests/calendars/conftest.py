"""Ada has calendars elsewhere, on servers of this machine."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from portal.calendars.addresses import Inside
from portal.calendars.fetching import Fetcher, Limits
from tests import make
from tests.calendars.elsewhere import Elsewhere, told_to
from tests.patience import PATIENCE_SECONDS, until

# On a machine that is busy with other tests, an answer may take its time.
PATIENT = Limits(silence=60.0, altogether=120.0, most_bytes=1_000_000, redirects=3)


@pytest.fixture
def elsewhere():
    server = Elsewhere()
    yield server
    server.close()


@pytest.fixture
def another_place():
    server = Elsewhere()
    yield server
    server.close()


@pytest.fixture
def fetcher():
    return Fetcher(Inside(["127.0.0.1"]), limits=PATIENT)


@pytest.fixture
def impatient():
    """Who hears nothing for a second waits no longer."""
    return Fetcher(Inside(["127.0.0.1"]), limits=replace(PATIENT, silence=1.0))


@pytest.fixture
def hurried():
    """Who has nothing after a second wants no more, however much was said by then."""
    return Fetcher(Inside(["127.0.0.1"]), limits=replace(PATIENT, altogether=1.0, redirects=1000))


@pytest.fixture
def app(app):
    """An application that may ask this machine."""
    app.extensions["calendar_fetcher"] = Fetcher(Inside(["127.0.0.1"]), limits=PATIENT)
    return app


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture(scope="session")
def radicale(tmp_path_factory):
    """The address of a CalDAV server on this machine, where Ada has the password "pass word"."""
    folder, port = tmp_path_factory.mktemp("radicale"), _free_port()
    (folder / "users").write_text("ada:pass word\n")
    (folder / "config").write_text(
        textwrap.dedent(f"""
        [server]
        hosts = 127.0.0.1:{port}
        [auth]
        type = htpasswd
        htpasswd_filename = {folder}/users
        htpasswd_encryption = plain
        delay = 0
        [storage]
        filesystem_folder = {folder}/collections
        [web]
        type = none
        """)
    )
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_until_it_answers(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def collection(radicale):
    """The address of a new, empty collection of Ada's on that server."""
    url = f"{radicale}/ada/{secrets.token_hex(4)}/"
    patient = Fetcher(Inside(["127.0.0.1"]))
    told_to(patient, "PROPFIND", f"{radicale}/ada/")
    told_to(patient, "MKCALENDAR", url)
    return url


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server, port) -> None:
    def answers() -> bool:
        assert server.poll() is None, "the calendar server has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS):
            return True
        return False

    until(answers, what="a calendar server that answers")
