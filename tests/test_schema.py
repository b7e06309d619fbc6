"""The tables are brought up to date by one command, and whoever needs them knows whether they are."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import inspect

from portal import schema
from portal.app import create_app
from portal.database import Base, make_engine


@pytest.fixture
def empty(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/new/100%25/portal.db")
    yield engine
    engine.dispose()


def test_an_upgrade_makes_all_tables_once(empty):
    assert schema.upgrade(empty) is True
    assert set(Base.metadata.tables) <= set(inspect(empty).get_table_names())
    assert schema.is_up_to_date(empty)
    assert schema.upgrade(empty) is False


def test_nobody_but_its_owner_may_read_the_database(empty, tmp_path):
    schema.upgrade(empty)

    folder = tmp_path / "new" / "100%"
    assert [path.name for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077] == []


def test_tables_that_are_not_there_are_behind(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/portal.db")

    assert schema.is_up_to_date(engine) is False
    engine.dispose()


def test_the_command_says_what_it_did(app):
    runner = app.test_cli_runner()

    assert runner.invoke(args=["db", "upgrade"]).output == "The database was up to date.\n"


def test_the_command_says_in_one_line_that_there_is_no_database(settings, tmp_path):
    # A folder stands where the file should be.
    app = create_app(dataclasses.replace(settings, database_url=f"sqlite:///{tmp_path}"))

    outcome = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert outcome.exit_code == 1
    assert outcome.output == "Error: The database could not be upgraded: OperationalError\n"
