"""a therapist's notes, and how a client wishes to be reached"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "notes_key",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_notes_key_client_id")),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_notes_key_data_key_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_notes_key")),
        sa.UniqueConstraint("data_key_id", name=op.f("uq_notes_key_data_key_id")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_note_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_note_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("reference", name=op.f("uq_note_reference")),
    )
    op.create_index(
        "ix_note_client_id_therapist_id_written_at", "note", ["client_id", "therapist_id", "written_at"]
    )
    op.create_index("ix_note_therapist_id", "note", ["therapist_id"])
    op.create_table(
        "reaching_wish",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("sealed_said", sa.LargeBinary(), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_reaching_wish_client_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_reaching_wish")),
    )


def downgrade() -> None:
    op.drop_table("reaching_wish")
    op.drop_table("note")
    op.drop_table("notes_key")
