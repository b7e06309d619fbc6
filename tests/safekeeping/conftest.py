"""Backups of a practice with somebody in it, made by the programs that belong to the tests' PostgreSQL."""

from __future__ import annotations

import dataclasses

import pytest

from portal.app import create_app
from tests.postgres import folder_of_binaries
from tests.safekeeping.filled import everything_sealed


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, postgres_tools=folder_of_binaries())


@pytest.fixture
def people(app, now):
    """Ada and Sam, and words of Sam's in every place there is."""
    with app.test_request_context():
        return everything_sealed(app, now)


@pytest.fixture
def another(settings):
    """Another start of the portal, with other settings; it is ended with the test."""
    started = []

    def start(**other):
        started.append(create_app(dataclasses.replace(settings, **other)))
        return started[-1]

    yield start
    for each in started:
        each.extensions["engine"].dispose()


@pytest.fixture
def run(app):
    """Run a command as at a terminal; its exit code and what it said."""

    def run(*arguments, app=app):
        outcome = app.test_cli_runner().invoke(args=[*map(str, arguments)])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
        return outcome.exit_code, outcome.output

    return run
