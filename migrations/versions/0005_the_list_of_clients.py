"""how far clients have come, by what they are found, who leads, and what stands in the desk's lists"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_LISTED = sa.text("stage NOT IN ('archived', 'unproved')")
_ORDERS = {
    "moved": ["therapist_id", "moved_at", "id"],
    "joined": ["therapist_id", "id"],
    "address": ["therapist_id", "email"],
}
_OF_A_STAGE = {
    "moved": ["therapist_id", "stage", "moved_at", "id"],
    "joined": ["therapist_id", "stage", "id"],
    "address": ["therapist_id", "stage", "email"],
}


def upgrade() -> None:
    # What follows from other rows is derived by `client derive`; until then nobody's stage is wrong by much.
    op.add_column("client", sa.Column("stage", sa.String(length=40), nullable=False, server_default="joined"))
    op.add_column(
        "client",
        sa.Column("moved_at", sa.DateTime(), nullable=False, server_default="2000-01-01 00:00:00"),
    )
    op.add_column("client", sa.Column("archived_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE client SET moved_at = joined_at")
    op.execute("UPDATE client SET stage = 'unproved' WHERE proved_at IS NULL")
    for order, columns in _ORDERS.items():
        op.create_index(
            f"ix_client_listed_{order}", "client", columns, sqlite_where=_LISTED, postgresql_where=_LISTED
        )
        op.create_index(f"ix_client_stage_{order}", "client", _OF_A_STAGE[order])
    op.add_column("therapist", sa.Column("is_lead", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE therapist SET is_lead = true WHERE id = (SELECT min(id) FROM therapist)")
    leads = sa.text("is_lead")
    op.create_index(
        "uq_one_lead", "therapist", ["is_lead"], unique=True, sqlite_where=leads, postgresql_where=leads
    )
    _index_what_the_desk_shows()
    op.create_table(
        "search_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_search_key_data_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_key")),
        sa.UniqueConstraint("data_key_id", name=op.f("uq_search_key_data_key_id")),
    )
    op.create_table(
        "beginning",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_beginning_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", "client_id", name=op.f("pk_beginning")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_beginning_client_id"), "beginning", ["client_id"])


def _index_what_the_desk_shows() -> None:
    unseen = sa.text("seen_at IS NULL")
    unread = sa.text("amends_id IS NOT NULL AND sent_at IS NOT NULL AND read_at IS NULL")
    op.create_index("ix_lamp_unseen", "lamp", ["lit_at"], sqlite_where=unseen, postgresql_where=unseen)
    op.create_index("ix_intake_unread", "intake", ["sent_at"], sqlite_where=unread, postgresql_where=unread)
    op.create_index(
        "ix_consultation_status_starts_at", "consultation", ["therapist_id", "status", "starts_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_consultation_status_starts_at", "consultation")
    op.drop_index("ix_intake_unread", "intake")
    op.drop_index("ix_lamp_unseen", "lamp")
    op.drop_table("beginning")
    op.drop_table("search_key")
    op.drop_index("uq_one_lead", "therapist")
    op.drop_column("therapist", "is_lead")
    for order in _ORDERS:
        op.drop_index(f"ix_client_listed_{order}", "client")
        op.drop_index(f"ix_client_stage_{order}", "client")
    for column in ("archived_at", "moved_at", "stage"):
        op.drop_column("client", column)
