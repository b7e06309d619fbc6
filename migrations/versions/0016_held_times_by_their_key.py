"""five minutes that are held lie in their key's own order, and are written down once instead of twice"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    _recreate(with_rowid=False)


def downgrade() -> None:
    _recreate(with_rowid=True)


def _recreate(*, with_rowid: bool) -> None:
    # SQLite alone keeps a table beside its key; there is nothing to change elsewhere.
    if op.get_bind().dialect.name == "sqlite":
        as_wanted = {"sqlite_with_rowid": with_rowid}
        with op.batch_alter_table("held_time", recreate="always", table_kwargs=as_wanted):
            pass
