"""what becomes of lamps, and the days on which the practice is away"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_STATUSES = ("lit", "seen", "acted-on", "closed")
_MOVES = ("light", "change", "tell", "see", "note", "close", "reopen")
_PARTIES = ("client", "therapist", "portal")


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stand_in", sa.String(), nullable=True),
        sa.Column("stand_in_email", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absence_first_before_last")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        sa.UniqueConstraint("reference", name=op.f("uq_absence_reference")),
    )
    _widen_lamps()


def _widen_lamps() -> None:
    for column in (
        sa.Column("question", sa.String(), nullable=False, server_default=""),
        sa.Column("tells_stand_in", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("status", _names(_STATUSES, "lampstatus"), nullable=False, server_default="lit"),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("times_told", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tell_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("lamp", column)
    op.create_table(
        "lamp_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("lamp_id", sa.Integer(), nullable=False),
        sa.Column("move", _names(_MOVES, "lampmove"), nullable=False),
        sa.Column("party", _names(_PARTIES, "lampparty"), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["lamp_id"], ["lamp.id"], name=op.f("fk_lamp_event_lamp_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_lamp_event_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lamp_event")),
        sa.UniqueConstraint("reference", name=op.f("uq_lamp_event_reference")),
    )
    op.create_index(op.f("ix_lamp_event_lamp_id"), "lamp_event", ["lamp_id"])
    _take_up_lamps()


def _take_up_lamps() -> None:
    """Each gets its question's words; one that nobody has seen yet is told of again from now on."""
    db = op.get_bind()
    lamp = sa.table(
        "lamp", *map(sa.column, ("id", "reference", "intake_id", "link_id", "question", "status"))
    )
    lit = db.execute(
        sa.text(
            "SELECT lamp.id, lamp.reference, lamp.link_id, lamp.lit_at, lamp.seen_at, definition FROM lamp"
            " JOIN intake ON intake.id = lamp.intake_id"
            " JOIN questionnaire_version ON questionnaire_version.id = intake.version_id"
        )
    ).all()
    db.execute(sa.text("UPDATE lamp SET times_told = 1, tell_at = lit_at WHERE seen_at IS NULL"))
    for number, reference, link_id, lit_at, seen_at, definition in lit:
        words = {each["link_id"]: each.get("text", "") for each in json.loads(definition)["items"]}
        status = "seen" if seen_at else "lit"
        db.execute(
            lamp.update().where(lamp.c.id == number).values(question=words.get(link_id, ""), status=status)
        )
        if seen_at is None:
            db.execute(
                sa.text(
                    "INSERT INTO job (kind, subject, due_at, attempts) VALUES ('tell-of-lamp', :of, :at, 0)"
                ),
                {"of": reference, "at": lit_at},
            )


def _names(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def downgrade() -> None:
    """What was noted about lamps is lost."""
    op.execute("DELETE FROM job WHERE kind = 'tell-of-lamp'")
    op.drop_table("lamp_event")
    with op.batch_alter_table("lamp") as lamp:
        for column in ("tell_at", "times_told", "changed_at", "status", "tells_stand_in", "question"):
            lamp.drop_column(column)
    op.drop_table("absence")
