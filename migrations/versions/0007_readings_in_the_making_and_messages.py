"""readings in the making, what clients keep of them, and messages"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_UNREAD = "read_at IS NULL AND taken_back_at IS NULL AND written_by = 'client'"


def upgrade() -> None:
    with op.batch_alter_table("reading") as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "reading_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("markdown", sa.String(), nullable=False),
        sa.Column("front_matter", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_revision_reading_id")),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_reading_revision_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_revision")),
        sa.UniqueConstraint("reading_id", "number", name=op.f("uq_reading_revision_reading_id_number")),
        sa.UniqueConstraint("reading_id", "version", name=op.f("uq_reading_revision_reading_id_version")),
    )
    _give_every_reading_its_first_revision()
    with op.batch_alter_table("reading") as batch_op:
        batch_op.alter_column("reference", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)
        batch_op.create_unique_constraint(batch_op.f("uq_reading_reference"), ["reference"])
    op.create_table(
        "reading_address",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_address_reading_id")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_reading_address")),
    )
    op.create_index(op.f("ix_reading_address_reading_id"), "reading_address", ["reading_id"])
    op.create_table(
        "kept_passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("sealed_passage", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_line", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.Column("shared_with_id", sa.Integer(), nullable=True),
        sa.Column("shared_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_kept_passage_client_id")),
        sa.ForeignKeyConstraint(
            ["shared_with_id"], ["therapist.id"], name=op.f("fk_kept_passage_shared_with_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_passage")),
        sa.UniqueConstraint("reference", name=op.f("uq_kept_passage_reference")),
    )
    op.create_index(op.f("ix_kept_passage_client_id"), "kept_passage", ["client_id"])
    op.create_table(
        "bookmarks",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("sealed_places", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bookmarks_client_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_bookmarks")),
    )
    op.create_table(
        "reading_suggestion",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("suggested_at", sa.DateTime(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("put_away", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_reading_suggestion_client_id")),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["reading.id"], name=op.f("fk_reading_suggestion_reading_id")
        ),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_reading_suggestion_therapist_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "reading_id", name=op.f("pk_reading_suggestion")),
    )
    _messages()


def _give_every_reading_its_first_revision() -> None:
    """What stands is what was saved, and the first version of it if it is published."""
    db = op.get_bind()
    readings = db.execute(
        sa.text("SELECT id, title, summary, markdown, imported_at, published_at FROM reading ORDER BY id")
    ).all()
    for reading in readings:
        version = 1 if reading.published_at is not None else None
        db.execute(
            sa.text("UPDATE reading SET reference = :reference, version = :version WHERE id = :id"),
            {"reference": secrets.token_hex(9), "version": version or 0, "id": reading.id},
        )
        db.execute(
            sa.text(
                "INSERT INTO reading_revision (reading_id, number, title, summary, markdown, front_matter,"
                " saved_at, version, published_at) VALUES (:id, 1, :title, :summary, :markdown, '',"
                " :imported_at, :version, :published_at)"
            ),
            {**reading._mapping, "version": version},
        )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column(
            "written_by",
            sa.Enum("client", "therapist", name="writer", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_message_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_message_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("client_id", "form_key", name=op.f("uq_message_client_id_form_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_message_reference")),
    )
    op.create_index("ix_message_client_id_id", "message", ["client_id", "id"])
    op.create_index("ix_message_therapist_id_client_id_id", "message", ["therapist_id", "client_id", "id"])
    op.create_index(
        "ix_message_unread",
        "message",
        ["therapist_id", "client_id"],
        sqlite_where=sa.text(_UNREAD),
        postgresql_where=sa.text(_UNREAD),
    )
    op.create_table(
        "messages_off",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_messages_off_client_id")),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_messages_off_therapist_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "therapist_id", name=op.f("pk_messages_off")),
    )
    with op.batch_alter_table("practice") as batch_op:
        batch_op.add_column(
            sa.Column("takes_messages", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("practice") as batch_op:
        batch_op.alter_column("takes_messages", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("practice") as batch_op:
        batch_op.drop_column("takes_messages")
    for table in (
        "messages_off",
        "message",
        "reading_suggestion",
        "bookmarks",
        "kept_passage",
        "reading_address",
        "reading_revision",
    ):
        op.drop_table(table)
    with op.batch_alter_table("reading") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_reading_reference"), type_="unique")
        batch_op.drop_column("reference")
        batch_op.drop_column("version")
