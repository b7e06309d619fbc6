"""time that has opened, for those who wait for an earlier one"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Until now such a job was about a line of a history, and from now on it is about a therapist.
_DROP_LOOKS = "DELETE FROM job WHERE kind = 'offer-freed-time'"


def upgrade() -> None:
    op.execute(_DROP_LOOKS)
    op.create_table(
        "opened_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_opened_time_starts_before_it_ends")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_opened_time_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opened_time")),
    )
    op.create_index("ix_opened_time_therapist_id_opened_at", "opened_time", ["therapist_id", "opened_at"])


def downgrade() -> None:
    op.execute(_DROP_LOOKS)
    op.drop_table("opened_time")
