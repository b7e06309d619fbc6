"""A server that is killed while answers are being saved loses none that a page had called saved (W1)."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask

from config import ROOT, Settings
from portal.app import create_app
from portal.database import transaction
from portal.intake.queries import answering_of
from tests import make
from tests.browser import Browser
from tests.intake.again import again
from tests.intake.definitions import item, questionnaire
from tests.started import free_port, start

# SQLite is in the process that is killed; PostgreSQL only loses somebody it was speaking with.
KILLS = {"sqlite": 50, "postgresql": 15}
QUESTIONS = ("a", "b", "c")
_PATIENCE_SECONDS = 60


class Writer(threading.Thread):
    """A page that is open on one question and saves at every pause, as static/questions.js does."""

    def __init__(self, port: int, link_id: str, cookie: str, token: str) -> None:
        super().__init__(daemon=True)
        self._port, self._link_id = port, link_id
        self._headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._token, self._written = token, 0
        # The last that the page was told is saved.
        self.saved = 0
        self.problems: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self.stopped.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._written += 1
            try:
                self._save(connection, self._written)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                time.sleep(0.01)

    def _save(self, connection: http.client.HTTPConnection, number: int) -> None:
        fields = {"csrf_token": self._token, "answer": number, "page": self._link_id, "turn": number}
        path = f"/questions/{self._link_id}/draft"
        connection.request("POST", path, body=urlencode(fields), headers=self._headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status == 200 and said.startswith(b'{"line":"Saved '):
            self.saved = number
        else:
            self.problems.append(f"{answer.status} {said[:200]!r}")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """By the real clock, at an address of this machine, where the processes are that get killed."""
    address = f"http://127.0.0.1:{free_port()}"
    app = create_app(dataclasses.replace(settings, base_url=address))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def sam(db):
    sam = make.client(db, therapist=make.therapist(db))
    version = make.questionnaire_version(
        db, questionnaire(*(item(link_id, "number", max=1_000_000) for link_id in QUESTIONS))
    )
    make.intake(db, client=sam, version=version)
    return sam


@pytest.fixture
def writers(app, sam) -> Iterator[list[Writer]]:
    """One for each question, each with the page of it open."""
    browser = Browser(app)
    browser.sign_in(sam)
    browser.open(f"/questions/{QUESTIONS[0]}")
    token = next(browser.page.root.all("input", name="csrf_token")).get("value")
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = f"{name}={browser.http.get_cookie(name, domain='127.0.0.1').value}"
    port = int(app.config["BASE_URL"].rpartition(":")[2])
    made = [Writer(port, link_id, cookie, token) for link_id in QUESTIONS]
    yield made
    for writer in made:
        writer.stopped.set()


@pytest.mark.timeout(300)
def test_fifty_lives_of_a_server_lose_nothing_that_was_called_saved(app, sam, settings, writers):
    chance = random.Random(50)
    with _mortal(app, settings) as lives:
        for writer in writers:
            writer.start()
        for _ in range(KILLS[app.extensions["engine"].dialect.name]):
            life = int(next(lives))
            _wait_for_more(writers)
            time.sleep(chance.random() / 50)

            os.kill(life, signal.SIGKILL)

            _assert_that_none_is_lost(app, sam, writers)

    assert [writer.problems for writer in writers] == [[], [], []]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_whole_portal_as_it_is_served_loses_nothing_either(app, sam, settings, writers, tmp_path):
    """The web server itself, its parent and its workers, all at once."""
    environ = _environ(app, settings)
    port = environ.pop("PORTAL_PORT")
    for writer in writers:
        writer.start()
    for _ in range(2):
        with start("serve", instance=tmp_path / "instance", port=int(port), **environ) as served:
            served.wait_until_it_answers()
            _wait_for_more(writers)

            served.kill()

            _assert_that_none_is_lost(app, sam, writers)

    assert [writer.problems for writer in writers] == [[], [], []]


def _wait_for_more(writers: list[Writer]) -> None:
    """Until each of them has been told of something saved since now."""
    before = [writer.saved for writer in writers]
    until = time.monotonic() + _PATIENCE_SECONDS
    while any(writer.saved == saved for writer, saved in zip(writers, before, strict=True)):
        assert time.monotonic() < until, "nothing is saved any more"
        time.sleep(0.001)


def _assert_that_none_is_lost(app: Flask, sam, writers: list[Writer]) -> None:
    called_saved = {writer._link_id: writer.saved for writer in writers}
    with app.app_context(), transaction() as db:
        replies = answering_of(db, again(db, sam)).path.replies
    kept = {link_id: replies[link_id].value for link_id in called_saved}
    assert {link_id: kept[link_id] >= saved for link_id, saved in called_saved.items()} == dict.fromkeys(
        called_saved, True
    ), (called_saved, kept)


@contextlib.contextmanager
def _mortal(app: Flask, settings: Settings) -> Iterator[Iterator[str]]:
    """The numbers of its processes, one after another."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.intake.mortal"],
        cwd=ROOT,
        env={**_own_environment(), **_environ(app, settings)},
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        assert next(process.stdout) == "ready\n"
        yield process.stdout
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _environ(app: Flask, settings: Settings) -> dict[str, str]:
    return {
        "PORTAL_ENV": "development",
        "PORTAL_INSTANCE": str(settings.instance),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_MASTER_KEYS": base64.b64encode(settings.master_keys[0]).decode(),
        "PORTAL_BASE_URL": app.config["BASE_URL"],
        "PORTAL_PORT": app.config["BASE_URL"].rpartition(":")[2],
    }


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
