"""amendments, two depths, parts passed by, and what was said to older questions"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_UNSENT_BEFORE = sa.text("sent_at IS NULL")
_UNSENT = sa.text("sent_at IS NULL AND dropped_at IS NULL")
_STANDS = sa.text("dropped_at IS NULL")


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        # It learns a key together with its column, and forgets it so; it cannot be told of one alone.
        amends = sa.Column("amends_id", sa.Integer(), sa.ForeignKey("intake.id"), nullable=True)
        op.add_column("intake", amends, inline_references=True)
    else:
        op.add_column("intake", sa.Column("amends_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f("fk_intake_amends_id"), "intake", "intake", ["amends_id"], ["id"])
    op.add_column("intake", sa.Column("says_more", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("intake", sa.Column("moved_at", sa.DateTime(), nullable=True))
    op.add_column("intake", sa.Column("passed_parts", sa.String(), nullable=True))
    op.add_column("intake", sa.Column("dropped_at", sa.DateTime(), nullable=True))
    op.add_column("intake", sa.Column("read_at", sa.DateTime(), nullable=True))
    op.drop_index("uq_one_unsent_intake", "intake")
    _index("uq_one_unsent_intake", "client_id", where=_UNSENT)
    _index("uq_amended_once", "amends_id", where=_STANDS)
    op.create_table(
        "earlier_answer",
        sa.Column("intake_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.id"], name=op.f("fk_earlier_answer_intake_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_earlier_answer_version_id")
        ),
        sa.PrimaryKeyConstraint("intake_id", "link_id", "version_id", name=op.f("pk_earlier_answer")),
    )


def downgrade() -> None:
    """What an older portal could not read is dropped: amendments, sent ones too."""
    op.drop_table("earlier_answer")
    op.drop_index("uq_amended_once", "intake")
    op.drop_index("uq_one_unsent_intake", "intake")
    for table in ("lamp", "answer"):
        op.execute(
            f"DELETE FROM {table} WHERE intake_id IN (SELECT id FROM intake WHERE amends_id IS NOT NULL)"
        )
    op.execute("DELETE FROM intake WHERE amends_id IS NOT NULL")
    for column in ("read_at", "dropped_at", "passed_parts", "moved_at", "says_more", "amends_id"):
        op.drop_column("intake", column)
    _index("uq_one_unsent_intake", "client_id", where=_UNSENT_BEFORE)


def _index(name: str, column: str, *, where: sa.TextClause) -> None:
    op.create_index(name, "intake", [column], unique=True, sqlite_where=where, postgresql_where=where)
