"""the journal, keys that can be renewed and destroyed, and what becomes of a client's own data"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# A later migration that makes journal_line anew has to make these anew as well.
_SQLITE = (
    "CREATE TRIGGER journal_line_is_never_altered BEFORE UPDATE ON journal_line"
    " BEGIN SELECT RAISE(ABORT, 'the journal is never altered'); END",
    "CREATE TRIGGER journal_line_is_never_taken_out BEFORE DELETE ON journal_line"
    " BEGIN SELECT RAISE(ABORT, 'nothing is taken out of the journal'); END",
    "CREATE TRIGGER journal_head_is_never_taken_out BEFORE DELETE ON journal_head"
    " BEGIN SELECT RAISE(ABORT, 'nothing is taken out of the journal'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION refuse_to_alter_the_journal() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the journal is never altered'; END $$",
    "CREATE TRIGGER journal_line_is_never_altered BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_line"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_alter_the_journal()",
    "CREATE TRIGGER journal_head_is_never_taken_out BEFORE DELETE OR TRUNCATE ON journal_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_alter_the_journal()",
)


def upgrade() -> None:
    _make_the_journal()
    op.add_column("data_key", sa.Column("renewed_at", sa.DateTime(), nullable=True))
    op.add_column("data_key", sa.Column("destroyed_at", sa.DateTime(), nullable=True))
    op.add_column("client", sa.Column("erased_at", sa.DateTime(), nullable=True))
    _make_what_is_a_clients_by_right()


def _make_the_journal() -> None:
    op.create_table(
        "journal_line",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column(
            "hand",
            sa.Enum("client", "therapist", "portal", "operator", name="hand", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_line")),
    )
    op.create_index("ix_journal_line_about_number", "journal_line", ["about", "number"])
    op.create_index(op.f("ix_journal_line_person"), "journal_line", ["person"])
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_journal_head_one_journal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    empty = sa.table(
        "journal_head", sa.column("id"), sa.column("number"), sa.column("hash"), sa.column("seal")
    )
    op.execute(empty.insert().values(id=1, number=0, hash="", seal=sa.literal(b"", sa.LargeBinary())))
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _make_what_is_a_clients_by_right() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("months_kept", sa.Integer(), nullable=True),
        sa.Column("months_owed", sa.Integer(), nullable=False),
        sa.Column("why_owed", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_retention_rule_one_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "erasure",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("asked", "kept-long-enough", name="reason", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("closing_since", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_erasure_client_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_due_at"), "erasure", ["due_at"])
    op.create_table(
        "copy_of_all",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_copy_of_all_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_of_all")),
        sa.UniqueConstraint("reference", name=op.f("uq_copy_of_all_reference")),
    )
    op.create_index(op.f("ix_copy_of_all_therapist_id"), "copy_of_all", ["therapist_id"])


def downgrade() -> None:
    for table in ("copy_of_all", "erasure", "retention_rule"):
        op.drop_table(table)
    op.drop_column("client", "erased_at")
    op.drop_column("data_key", "destroyed_at")
    op.drop_column("data_key", "renewed_at")
    op.drop_table("journal_head")
    op.drop_table("journal_line")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_alter_the_journal()")
