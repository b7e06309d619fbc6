"""diaries, kinds, several times at once, and what belongs to them"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WAITING = "status = 'requested'"
_WAITING_NOW = "status IN ('requested', 'proposed')"


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("shows_names", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_calendar_feed_therapist_id")
        ),
        sa.PrimaryKeyConstraint("therapist_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_table(
        "consultation_kind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column(
            "manner",
            sa.Enum("video", "phone", "in-person", name="manner", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("gap_before", sa.Integer(), nullable=False),
        sa.Column("gap_after", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("changes_until", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("own_hours", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "gap_before >= 0 AND gap_after >= 0", name=op.f("ck_consultation_kind_gaps_are_not_negative")
        ),
        sa.CheckConstraint("length > 0", name=op.f("ck_consultation_kind_takes_time")),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_consultation_kind_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_kind")),
        sa.UniqueConstraint("reference", name=op.f("uq_consultation_kind_reference")),
    )
    with op.batch_alter_table("consultation_kind", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_kind_therapist_id"), ["therapist_id"], unique=False)

    op.create_table(
        "days_differ",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stretches", sa.JSON(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_days_differ_first_before_last")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_days_differ_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_days_differ")),
        sa.UniqueConstraint("reference", name=op.f("uq_days_differ_reference")),
    )
    with op.batch_alter_table("days_differ", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_days_differ_therapist_id"), ["therapist_id"], unique=False)

    op.create_table(
        "diary",
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("holiday_country", sa.String(), nullable=True),
        sa.Column("holiday_region", sa.String(), nullable=True),
        sa.Column("holidays_worked", sa.JSON(), nullable=False),
        sa.Column("most_a_day", sa.Integer(), nullable=True),
        sa.Column("most_a_week", sa.Integer(), nullable=True),
        sa.Column("most_first_a_day", sa.Integer(), nullable=True),
        sa.Column("most_in_a_row", sa.Integer(), nullable=True),
        sa.Column("rest", sa.Integer(), nullable=False),
        sa.Column("most_open_requests", sa.Integer(), nullable=False),
        sa.Column("answers_first", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_diary_therapist_id")),
        sa.PrimaryKeyConstraint("therapist_id", name=op.f("pk_diary")),
    )
    op.create_table(
        "phrase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_phrase_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrase")),
        sa.UniqueConstraint("reference", name=op.f("uq_phrase_reference")),
    )
    with op.batch_alter_table("phrase", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phrase_therapist_id"), ["therapist_id"], unique=False)

    op.create_table(
        "earlier_wish",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("wished_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_earlier_wish_client_id")),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_earlier_wish_therapist_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_earlier_wish")),
    )
    with op.batch_alter_table("earlier_wish", schema=None) as batch_op:
        batch_op.create_index(
            "ix_earlier_wish_therapist_id_wished_at", ["therapist_id", "wished_at"], unique=False
        )

    op.create_table(
        "held_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("gap_before", sa.Integer(), nullable=False),
        sa.Column("gap_after", sa.Integer(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_held_window_starts_before_it_ends")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_held_window_consultation_id")
        ),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_held_window_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_window")),
        sa.UniqueConstraint("reference", name=op.f("uq_held_window_reference")),
    )
    with op.batch_alter_table("held_window", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_window_consultation_id"), ["consultation_id"], unique=False)
        batch_op.create_index(
            "ix_held_window_therapist_id_starts_at", ["therapist_id", "starts_at"], unique=False
        )

    op.create_table(
        "reminder_sent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_reminder_sent_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_sent")),
        sa.UniqueConstraint(
            "consultation_id", "minutes", name=op.f("uq_reminder_sent_consultation_id_minutes")
        ),
    )
    op.add_column("client", sa.Column("reminders", sa.String(), nullable=False, server_default="1440"))
    op.add_column("practice", sa.Column("help_lines_confirmed_on", sa.Date(), nullable=True))
    op.add_column("consultation_event", sa.Column("status_before", sa.String(40), nullable=True))
    op.add_column("consultation_event", sa.Column("released", sa.JSON(), nullable=True))
    _widen_consultations()
    _hold_windows()
    _widen_hours()


def _widen_consultations() -> None:
    # With a constraint in the same line, which SQLite takes only there; a table with rows that refer to it
    # cannot be made anew while keys are checked.
    op.execute(
        "ALTER TABLE consultation ADD COLUMN kind_id INTEGER"
        " CONSTRAINT fk_consultation_kind_id REFERENCES consultation_kind (id)"
    )
    for column in (
        sa.Column("begun_by", sa.String(40), nullable=False, server_default="client"),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("sealed_offer", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("kept_outside_hours", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("consultation", column)
    _index_what_waits(_WAITING_NOW)


def _index_what_waits(where: str) -> None:
    op.drop_index("ix_consultation_waiting_answer_by", "consultation")
    op.create_index(
        "ix_consultation_waiting_answer_by",
        "consultation",
        ["therapist_id", "answer_by"],
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _hold_windows() -> None:
    """What a consultation holds so far becomes its one window, with the gaps that all had until now."""
    op.execute(
        "INSERT INTO held_window (therapist_id, consultation_id, place, starts_at, ends_at, gap_before,"
        " gap_after, is_first, reference)"
        " SELECT therapist_id, id, 1, starts_at, ends_at, 10, 10, true, reference FROM consultation"
        " WHERE status IN ('requested', 'confirmed')"
    )
    op.execute(
        "CREATE TABLE held_before AS"
        " SELECT held_time.therapist_id, held_time.starts_at, held_window.id AS owner"
        " FROM held_time JOIN held_window ON held_window.consultation_id = held_time.consultation_id"
    )
    op.drop_table("held_time")
    op.create_table(
        "held_time",
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["window_id"], ["held_window.id"], name=op.f("fk_held_time_window_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_held_time_therapist_id")),
        sa.PrimaryKeyConstraint("therapist_id", "starts_at", name=op.f("pk_held_time")),
    )
    op.create_index(op.f("ix_held_time_window_id"), "held_time", ["window_id"])
    op.execute("INSERT INTO held_time SELECT therapist_id, starts_at, owner FROM held_before")
    op.drop_table("held_before")


def _widen_hours() -> None:
    """A stretch may end on the next day, stand in every other week, and be one kind's own."""
    op.execute("CREATE TABLE hours_before AS SELECT * FROM working_hours")
    op.drop_table("working_hours")
    op.create_table(
        "working_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column(
            "weeks",
            sa.Enum("every", "odd", "even", name="weeks", native_enum=False, length=40),
            nullable=False,
        ),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_working_hours_iso_weekday")),
        sa.CheckConstraint(
            "0 <= starts_minute AND starts_minute < 1440 AND starts_minute < ends_minute",
            name=op.f("ck_working_hours_starts_before_it_ends"),
        ),
        sa.CheckConstraint(
            "ends_minute - starts_minute <= 1440", name=op.f("ck_working_hours_a_day_long_at_most")
        ),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_working_hours_therapist_id")
        ),
        sa.ForeignKeyConstraint(["kind_id"], ["consultation_kind.id"], name=op.f("fk_working_hours_kind_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_hours")),
    )
    op.create_index(op.f("ix_working_hours_therapist_id"), "working_hours", ["therapist_id"])
    op.create_index(op.f("ix_working_hours_kind_id"), "working_hours", ["kind_id"])
    op.execute(
        "INSERT INTO working_hours (therapist_id, weekday, starts_minute, ends_minute, weeks)"
        " SELECT therapist_id, weekday, starts_minute, ends_minute, 'every' FROM hours_before ORDER BY id"
    )
    op.drop_table("hours_before")


def downgrade() -> None:
    """Hours and windows that the older tables cannot hold are lost."""
    _narrow_hours()
    _hold_steps()
    _index_what_waits(_WAITING)
    with op.batch_alter_table("consultation") as consultation:
        for column in (
            "kept_outside_hours",
            "sealed_note",
            "sealed_offer",
            "settled_at",
            "begun_by",
            "kind_id",
        ):
            consultation.drop_column(column)
    op.drop_column("consultation_event", "released")
    op.drop_column("consultation_event", "status_before")
    op.drop_column("practice", "help_lines_confirmed_on")
    op.drop_column("client", "reminders")
    for table in (
        "reminder_sent",
        "held_window",
        "earlier_wish",
        "phrase",
        "diary",
        "days_differ",
        "consultation_kind",
        "calendar_feed",
    ):
        op.drop_table(table)


def _narrow_hours() -> None:
    op.execute("CREATE TABLE hours_before AS SELECT * FROM working_hours WHERE kind_id IS NULL")
    op.drop_table("working_hours")
    op.create_table(
        "working_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= starts_minute AND starts_minute < ends_minute",
            name=op.f("ck_working_hours_starts_before_it_ends"),
        ),
        sa.CheckConstraint("ends_minute <= 1440", name=op.f("ck_working_hours_ends_by_midnight")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_working_hours_iso_weekday")),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapist.id"], name=op.f("fk_working_hours_therapist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_hours")),
    )
    op.create_index(op.f("ix_working_hours_therapist_id"), "working_hours", ["therapist_id"])
    op.execute(
        "INSERT INTO working_hours (therapist_id, weekday, starts_minute, ends_minute)"
        " SELECT therapist_id, weekday, starts_minute, ends_minute FROM hours_before"
        " WHERE ends_minute <= 1440 ORDER BY id"
    )
    op.drop_table("hours_before")


def _hold_steps() -> None:
    op.execute(
        "CREATE TABLE held_before AS"
        " SELECT held_time.therapist_id, held_time.starts_at, held_window.consultation_id AS owner"
        " FROM held_time JOIN held_window ON held_window.id = held_time.window_id"
        " WHERE held_window.consultation_id IS NOT NULL"
    )
    op.drop_table("held_time")
    op.create_table(
        "held_time",
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_held_time_consultation_id")
        ),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_held_time_therapist_id")),
        sa.PrimaryKeyConstraint("therapist_id", "starts_at", name=op.f("pk_held_time")),
    )
    op.create_index(op.f("ix_held_time_consultation_id"), "held_time", ["consultation_id"])
    op.execute("INSERT INTO held_time SELECT therapist_id, starts_at, owner FROM held_before")
    op.drop_table("held_before")
