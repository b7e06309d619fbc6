"""The migrations lead to exactly the tables that the models describe, and back."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from config import ROOT
from portal.database import Base


@pytest.fixture
def alembic(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    with engine.connect() as connection:
        yield Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection})
    engine.dispose()


def test_migrations_and_models_agree(alembic):
    command.upgrade(alembic, "head")

    context = MigrationContext.configure(alembic.attributes["connection"])
    assert compare_metadata(context, Base.metadata) == []


def test_every_migration_can_be_undone(alembic):
    command.upgrade(alembic, "head")
    command.downgrade(alembic, "base")

    assert inspect(alembic.attributes["connection"]).get_table_names() == ["alembic_version"]


def test_migrations_are_one_numbered_line(alembic):
    revisions = [step.revision for step in ScriptDirectory.from_config(alembic).walk_revisions()]

    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]
