"""What intake's tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from config import ROOT


@pytest.fixture
def alembic_at() -> Callable[[Connection, str], None]:
    """Call it with a connection and a revision: the tables are as they were then."""

    def upgrade(connection: Connection, revision: str) -> None:
        command.upgrade(
            Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection}), revision
        )

    return upgrade
