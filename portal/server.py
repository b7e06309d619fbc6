"""Starts the web server, alone or with everything that a developer's machine needs beside it."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import click
from flask import Flask, current_app
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock, schema
from portal.accounts.models import Therapist
from portal.database import let_go, transaction
from portal.demo import loading
from portal.intake.services import publish_shipped_questionnaire
from portal.practice.facts import practice_facts
from portal.reading.services import import_shipped_readings
from portal.safekeeping.starting import note_start
from portal.traces import log_to
from portal.web.doors import MOST_BYTES, larger_bodies
from portal.web.pdf import can_be_drawn
from portal.web.waiting_room import WaitingRoom

_log = logging.getLogger(__name__)
_APPLICATION = "portal.app:create_app"
# Many may wait for a slow body, but not all; two do the work, since more would only take turns at it.
_THREADS, _MOST_AWAITED, _PLACES = 128, 96, 2
_MOST_HEADER_BYTES = 64 * 1024
# As much as the shipped front takes in, and some more.
_MOST_THROWN_AWAY = 16 * 1024 * 1024
# Longer than a mail server is waited for.
_JOB_IN_HAND_SECONDS = 35
_READY_SECONDS = 60
# What may take long in a page is broken off before: the database's work, a calendar elsewhere, a document.
_STUCK_SECONDS, _LAST_PAGES_SECONDS = 120, 10
_A_WHILE = 5.0
_A_MOMENT = 0.1


def init_app(app: Flask) -> None:
    app.cli.add_command(run)
    app.cli.add_command(serve)


@click.command("serve")
def serve() -> None:
    """Serve the portal's pages; `work` beside it does the work."""
    engine = current_app.extensions["engine"]
    with _database_in_one_line():
        if not schema.is_up_to_date(engine):
            raise click.ClickException("The tables are behind; mend it with: python3 -m portal db upgrade")
        _fill_an_empty_portal()
        _say_that_it_starts()
        with current_app.extensions["database"]() as db:
            for line in _how_to_begin(db):
                click.echo(line)
    _refuse_a_taken_address()
    let_go()
    engine.dispose()
    _web(respawn=True, last_requests_seconds=30).serve(target_loader=load)


def _fill_an_empty_portal() -> None:
    """At the first start, the readings and questions that come with Foyer; what a practice has, it keeps."""
    with transaction() as db:
        import_shipped_readings(db, now=clock.now())
        publish_shipped_questionnaire(db, now=clock.now())


def _say_that_it_starts() -> None:
    with transaction() as db:
        warning = note_start(db)
    if warning:
        click.echo(warning, err=True)


@click.command("run")
def run() -> None:
    """Run all of it on a developer's machine."""
    if not current_app.config["DEVELOPMENT"]:
        raise click.ClickException("run is for development; in production start serve, and work beside it")
    _refuse_a_taken_address()
    welcome = _prepare()
    web, work = _web(respawn=False, last_requests_seconds=3), _start_work()
    # A closed terminal is the end, and not Granian's sign to begin anew.
    web.on_startup(lambda: signal.signal(signal.SIGHUP, web.signal_handler_interrupt))
    ended: list[str] = []
    threading.Thread(target=_look_after, args=(web, work, ended, welcome), daemon=True).start()
    try:
        web.serve(target_loader=load)
    except SystemExit:
        # Granian's way of saying that a process of its own has ended.
        if not web.interrupt_signal:
            ended.append("web")
    finally:
        _end(work)
    if ended:
        raise click.ClickException(f"The {ended[0]} process ended by itself, and so everything has ended.")


def load(target: str) -> Any:
    """The application `target` (module:factory), in a web process that does not outlive its parent.

    It gets a group of its own, as the worker does: Ctrl-C reaches only the parent, who ends it in order.
    """
    os.setpgid(0, 0)
    # Until Granian listens for them here, the parent's own handlers would swallow them.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # Found out before anybody asks, since it takes a second; but not before the first page is served.
    finding_out = threading.Timer(_A_WHILE, can_be_drawn)
    finding_out.daemon = True
    finding_out.start()
    module, _, factory = target.partition(":")
    application = getattr(importlib.import_module(module), factory)()
    # A developer's terminal is for what went wrong.
    log_to(logging.WARNING if application.config["DEVELOPMENT"] else logging.INFO)
    room = WaitingRoom(
        application,
        places=_PLACES,
        most_bytes=MOST_BYTES,
        most_awaited=_MOST_AWAITED,
        larger=larger_bodies(application),
        # A front has all of it at hand, and nobody is waited for.
        most_thrown_away=_MOST_THROWN_AWAY if application.config["TRUSTED_PROXIES"] else 0,
    )
    if not application.config["DEVELOPMENT"]:
        # A developer may stop anywhere to look.
        threading.Thread(target=_end_if_stuck, args=(room,), daemon=True).start()
    return room


def _web(*, respawn: bool, last_requests_seconds: int) -> MPServer:
    """The web server. Whoever has not sent or fetched all of theirs so long after its end is cut off."""
    host, port = current_app.config["LISTENS_AT"]
    # It would advise against so many threads, not knowing of the waiting room.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    return MPServer(
        _APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        # HTTP/2 would let bodies in that have no length. A proxy speaks it with the browser.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_MOST_HEADER_BYTES),
        workers=current_app.config["WEB_WORKERS"],
        blocking_threads=_THREADS,
        respawn_failed_workers=respawn,
        workers_kill_timeout=last_requests_seconds,
        log_level=LogLevels.warning,
    )


def _start_work() -> subprocess.Popen[bytes]:
    """The worker; in a group of its own, so that Ctrl-C at a terminal does not reach it."""
    command = [sys.executable, "-m", "portal", "work", "--started-by", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)


def _look_after(web: MPServer, work: subprocess.Popen[bytes], ended: list[str], welcome: str) -> None:
    """Say so when pages are served; end all of it when the worker ends."""
    if _answers(web.bind_addr, web.bind_port):
        click.echo(welcome)
    work.wait()
    if not web.interrupt_signal:
        ended.append("work")
        web.signal_handler_interrupt()  # type: ignore[no-untyped-call]


def _answers(host: str, port: int) -> bool:
    """Whether the web server answers, be it ever so unfriendly, before long."""
    until = clock.ticks() + _READY_SECONDS
    while clock.ticks() < until:
        time.sleep(_A_MOMENT)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(_reached_at(host), port, timeout=_READY_SECONDS)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            return True
    return False


def _prepare() -> str:
    """A folder that only its owner may look into, tables of this version, somebody to sign in as.

    What there is to say about it.
    """
    instance = current_app.config["INSTANCE"]
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    instance.chmod(0o700)
    engine = current_app.extensions["engine"]
    with _database_in_one_line():
        schema.upgrade(engine)
        with current_app.extensions["database"]() as db:
            empty = loading.is_empty(db)
        if empty:
            loading.load(current_app._get_current_object(), now=clock.now())  # type: ignore[attr-defined]
        _say_that_it_starts()
        with current_app.extensions["database"]() as db:
            welcome = _welcome(loading.sign_ins(db) or _how_to_begin(db))
    # The web process is forked from this one, and a connection is not for two.
    let_go()
    engine.dispose()
    return welcome


def _welcome(sign_ins: list[str]) -> str:
    base_url = current_app.config["BASE_URL"]
    mail = "the server of PORTAL_MAIL_URL" if current_app.config["MAIL_URL"] else f"{base_url}/dev/mail"
    return "\n".join([f"Foyer is at {base_url}", f"It delivers mail to {mail}", *sign_ins, "Ctrl-C ends it."])


def _how_to_begin(db: Session) -> list[str]:
    """What a practice of one's own needs first: a therapist, who then sets it up."""
    if db.scalar(select(Therapist.id).limit(1)) is None:
        return ['Nobody works here yet: python3 -m portal therapist add "A Name" --email …']
    if practice_facts(db).is_named:
        return []
    base_url = current_app.config["BASE_URL"]
    return [f"The practice is not set up yet; its therapist does so at {base_url}/desk/practice/first-start"]


def _refuse_a_taken_address() -> None:
    host, port = current_app.config["LISTENS_AT"]
    try:
        family, kind, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise click.ClickException(
            f"Nothing can listen at {host}, port {port} ({problem.strerror});"
            " another is chosen with PORTAL_PORT=8001, for example"
        ) from None


def _reached_at(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


@contextlib.contextmanager
def _database_in_one_line() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as problem:
        raise click.ClickException(f"The database does not answer: {type(problem).__name__}") from None


def _end(work: subprocess.Popen[bytes]) -> None:
    """The job in hand is finished, if it does not take for ever."""
    work.terminate()
    try:
        work.wait(_JOB_IN_HAND_SECONDS)
    except subprocess.TimeoutExpired:
        work.kill()
        work.wait()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _end_if_stuck(room: WaitingRoom) -> None:
    """A thread cannot be ended, so the process is, when somebody has a place for ever; another takes over.

    Who else is worked on has a moment to be done. What was saved is safe, as when a machine stops.
    """
    while room.longest_seconds() < _STUCK_SECONDS:
        time.sleep(_A_WHILE)
    _log.error("a request took longer than %s seconds, so this process ends", _STUCK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_PAGES_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
