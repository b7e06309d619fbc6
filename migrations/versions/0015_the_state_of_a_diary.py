"""how often a therapist's diary has been changed, beside the therapist whom every page reads"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    # Existing diaries start anew at one: nought means that nothing was ever said of it.
    op.add_column("therapist", sa.Column("diary_state", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE therapist SET diary_state = 1 WHERE id IN (SELECT therapist_id FROM diary)")


def downgrade() -> None:
    op.drop_column("therapist", "diary_state")
