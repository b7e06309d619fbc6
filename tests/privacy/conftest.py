"""Sam and Ada, words of Sam's in every place there is, and a worker for what is due."""

from __future__ import annotations

import dataclasses

import pytest

from portal.app import create_app
from portal.jobs.worker import Worker
from tests import make
from tests.browser import Browser
from tests.postgres import folder_of_binaries
from tests.privacy.scene import ask_and_wait
from tests.safekeeping.filled import everything_sealed


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, postgres_tools=folder_of_binaries())


@pytest.fixture
def people(app, now, db):
    make.practice(db)
    with app.test_request_context():
        return everything_sealed(app, now)


@pytest.fixture
def sam(people):
    return people[1]


@pytest.fixture
def sams(app, sam):
    sams = Browser(app)
    sams.sign_in(sam)
    return sams


@pytest.fixture
def adas(app, people):
    adas = Browser(app)
    adas.sign_in(people[0])
    return adas


@pytest.fixture
def work(app):
    """What a worker does when everything is due: the jobs, then the sweeping, then the jobs again."""

    def work():
        for _ in range(3):
            worker = Worker(app)
            worker.sweep()
            while worker.do_next():
                pass

    return work


@pytest.fixture
def erased(sams, sam, later, now, work):
    """Sam asked, thought it over for thirty days, and was erased."""
    ask_and_wait(sams, later, now, work)
    return sam


@pytest.fixture
def another(settings):
    started = []

    def start(**other):
        started.append(create_app(dataclasses.replace(settings, **other)))
        return started[-1]

    yield start
    for each in started:
        each.extensions["engine"].dispose()
