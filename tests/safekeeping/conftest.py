"""A practice with somebody in it, backups made by the tests' own PostgreSQL, and reports on libraries."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import timedelta

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


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Call it with a name and a version, and that is what this Python finds installed."""
    packages = tmp_path / "packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(packages)

    def install(name, version):
        folder = packages / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return install


@pytest.fixture
def report(tmp_path, now):
    """Call it with libraries by name, and advisories by name: the path of such a report, made a while ago."""

    def made(libraries, advisories=(), *, at=None, skipped=()):
        path = tmp_path / "advisories.json"
        advisories = dict(advisories)
        looked_at = [
            {"name": name, "version": version, "vulns": advisories.get(name, [])}
            for name, version in libraries.items()
            if name not in skipped
        ]
        left = [{"name": name, "skip_reason": "Dependency not found"} for name in skipped]
        path.write_text(json.dumps({"dependencies": looked_at + left, "fixes": []}))
        written(path, at or now - timedelta(hours=20))
        return path

    return made


def written(path, at):
    """A file that was written at that moment."""
    os.utime(path, (at.timestamp(), at.timestamp()))
