"""Empty places for a practice to be brought into."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, make_url, text


def empty_place(database_url: str, tmp_path: Path, name: str = "again", kind: str | None = None) -> str:
    """The address of an empty database: of the same kind as this one, or of the kind that is named."""
    url = make_url(database_url)
    if (kind or url.get_backend_name()) == "sqlite":
        return f"sqlite:///{tmp_path}/{name}/portal.db"
    name = f"{name}_{tmp_path.name}".replace("-", "_")[-60:].lower()
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)
