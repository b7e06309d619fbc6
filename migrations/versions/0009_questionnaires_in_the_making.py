"""drafts of questionnaires, files brought in, warnings answered, and which version is given"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    with op.batch_alter_table("questionnaire_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retired_at", sa.DateTime(), nullable=True))
    op.create_table(
        "given_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_given_version_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_given_version_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_version")),
    )
    op.create_index(op.f("ix_given_version_version_id"), "given_version", ["version_id"])
    # Until now it was whichever had been published last, whatever its name.
    op.execute(
        "INSERT INTO given_version (version_id, given_at)"
        " SELECT id, published_at FROM questionnaire_version"
        " WHERE id = (SELECT max(id) FROM questionnaire_version)"
    )
    op.create_table(
        "questionnaire_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_questionnaire_draft_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_draft")),
        sa.UniqueConstraint("name", name=op.f("uq_questionnaire_draft_name")),
    )
    op.create_table(
        "answered_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_answered_warning_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_answered_warning_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_warning")),
    )
    op.create_index(op.f("ix_answered_warning_version_id"), "answered_warning", ["version_id"])
    op.create_table(
        "brought_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("brought_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_brought_file_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brought_file")),
        sa.UniqueConstraint("reference", name=op.f("uq_brought_file_reference")),
    )
    op.create_index(op.f("ix_brought_file_therapist_id"), "brought_file", ["therapist_id"])


def downgrade() -> None:
    for table in ("brought_file", "answered_warning", "questionnaire_draft", "given_version"):
        op.drop_table(table)
    with op.batch_alter_table("questionnaire_version", schema=None) as batch_op:
        batch_op.drop_column("retired_at")
