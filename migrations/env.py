"""Runs the migrations on the connection that it is handed."""

from __future__ import annotations

from alembic import context

import portal.app  # noqa: F401  # imports every feature, and with it every table
from portal.database import Base, UTCDateTime


def in_plain_terms(kind: str, thing: object, _context: object) -> str | bool:
    """A migration imports nothing of the portal's, so that it still runs when the portal has moved on."""
    return "sa.DateTime()" if kind == "type" and isinstance(thing, UTCDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=in_plain_terms,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
