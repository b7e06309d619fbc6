"""Whether the database's tables are those of this version, and the command that makes them so."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

db = AppGroup("db", help="Look after the tables of the database.")


def init_app(app: Flask) -> None:
    app.cli.add_command(db)


@db.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables of the database up to date."""
    try:
        changed = upgrade(current_app.extensions["engine"])
    except SQLAlchemyError as problem:
        # The words of a driver may repeat what it was sent; its kind is enough to look for.
        raise click.ClickException(f"The database could not be upgraded: {type(problem).__name__}") from None
    click.echo("The database is up to date now." if changed else "The database was up to date.")


def upgrade(engine: Engine) -> bool:
    """Run the migrations that this database has not seen, in one transaction; whether there were any."""
    _make_room(engine)
    with engine.execution_options(write=True).begin() as connection:
        changed = not _is_at_head(connection)
        if changed:
            command.upgrade(_alembic(connection), "head")
    return changed


def is_up_to_date(engine: Engine) -> bool:
    """Whether the database has seen all migrations of this version. Raises SQLAlchemyError if it is away."""
    with engine.connect() as connection:
        return _is_at_head(connection)


def is_known(revision: str) -> bool:
    """Whether this version has the migration, so that it can bring tables of then up to date."""
    script = ScriptDirectory.from_config(_alembic(None))
    return revision in {step.revision for step in script.walk_revisions()}


def _is_at_head(connection: Connection) -> bool:
    seen = set(MigrationContext.configure(connection).get_current_heads())
    return seen == set(ScriptDirectory.from_config(_alembic(connection)).get_heads())


def _alembic(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    # A per cent sign would be taken for the beginning of a variable.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _make_room(engine: Engine) -> None:
    """SQLite would not make the folder, and would make a file that everybody may read."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        path = Path(engine.url.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
