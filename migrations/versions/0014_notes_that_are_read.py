"""when a therapist has read what a client wrote about a time"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("consultation", sa.Column("note_read_at", sa.DateTime(), nullable=True))
    # What was about a time that has come waits for nobody any more.
    op.execute(
        "UPDATE consultation SET note_read_at = starts_at"
        " WHERE sealed_note IS NOT NULL AND starts_at < CURRENT_TIMESTAMP"
    )


def downgrade() -> None:
    op.drop_column("consultation", "note_read_at")
