"""Sam asks for erasure and is erased; and all that is stored, to look for what should not be there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from portal.database import Base


def ask_and_wait(sams, later, now, work):
    """Sam asks, thinks it over for thirty days, and the worker does what is due."""
    sams.open("/account/erasure")
    sams.press("Erase everything of mine")
    later(now + timedelta(days=30))
    work()
    # The last letters are out by then.
    later(now + timedelta(days=30, minutes=10))
    work()


def everything_stored(app, db):
    """Every row of every table, and the files of the database where it is in files."""
    statements = [text(f'SELECT * FROM "{table}"') for table in Base.metadata.sorted_tables]
    stored = "".join(str(row) for statement in statements for row in db.execute(statement))
    url = app.config["DATABASE_URL"]
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        stored += "".join(path.read_bytes().decode("latin-1") for path in folder.glob("portal.db*"))
    return stored
