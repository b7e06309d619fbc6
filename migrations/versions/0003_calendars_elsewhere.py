"""calendars elsewhere, and when they keep somebody busy"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KINDS = ("ics", "caldav")
_WHYS = (
    "unfit-address",
    "no-such-host",
    "inside",
    "not-secure",
    "no-answer",
    "too-slow",
    "too-large",
    "goes-round",
    "sign-in",
    "not-there",
    "turned-away",
    "not-a-calendar",
    "too-many",
    "too-hard",
    "locked",
    "unknown",
)


def upgrade() -> None:
    op.create_table(
        "calendar_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum(*_KINDS, name="sourcekind", native_enum=False, length=40), nullable=False),
        sa.Column("sealed_label", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_user_name", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_password", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(), nullable=True),
        sa.Column("copied_at", sa.DateTime(), nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("foreign_zones", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_why", sa.Enum(*_WHYS, name="why", native_enum=False, length=40), nullable=True),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.Column("next_look_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_key.id"], name=op.f("fk_calendar_source_data_key_id")
        ),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_calendar_source_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_source")),
        sa.UniqueConstraint("data_key_id", name=op.f("uq_calendar_source_data_key_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_calendar_source_reference")),
    )
    op.create_index(op.f("ix_calendar_source_therapist_id"), "calendar_source", ["therapist_id"])
    op.create_table(
        "busy_time",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["calendar_source.id"], name=op.f("fk_busy_time_source_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_busy_time_therapist_id")),
        sa.PrimaryKeyConstraint("source_id", "starts_at", name=op.f("pk_busy_time")),
    )
    op.create_index("ix_busy_time_therapist_id_starts_at", "busy_time", ["therapist_id", "starts_at"])


def downgrade() -> None:
    op.drop_table("busy_time")
    op.drop_table("calendar_source")
