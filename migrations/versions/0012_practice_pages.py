"""what the practice says in its own words, how far its first start has come, and mail that is in trouble"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_IN_TROUBLE = sa.text("done_at IS NULL AND (gave_up_at IS NOT NULL OR attempts >= 5)")
_NULLABLE = {
    "about": sa.String(),
    "reached_by": sa.String(),
    "help_lines": sa.String(),
    "mail_words": sa.String(),
    "mail_code_hash": sa.String(),
    "mail_code_at": sa.DateTime(),
    "mail_proved_at": sa.DateTime(),
    "mail_proved_as": sa.String(),
}


def upgrade() -> None:
    for name, kind in _NULLABLE.items():
        op.add_column("practice", sa.Column(name, kind, nullable=True))
    op.add_column("practice", sa.Column("settled", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "practice", sa.Column("setting_up", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("practice", sa.Column("mail_code_tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_job_in_trouble", "job", ["kind"], sqlite_where=_IN_TROUBLE, postgresql_where=_IN_TROUBLE
    )


def downgrade() -> None:
    op.drop_index("ix_job_in_trouble", "job")
    for name in ("mail_code_tries", "setting_up", "settled", *_NULLABLE):
        op.drop_column("practice", name)
