"""what becomes of lamps, the days on which the practice is away, and agreements"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_STATUSES = ("lit", "seen", "acted-on", "closed")
_MOVES = ("light", "change", "tell", "see", "note", "close", "reopen")
_PARTIES = ("client", "therapist", "portal")
_TEXTS = ("draft", "published", "replaced", "retired")
_AGREEMENTS = ("proposed", "active", "inactive", "rejected")


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
    _make_agreements()


def _make_agreements() -> None:
    op.create_table(
        "consent_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_document")),
        sa.UniqueConstraint("reference", name=op.f("uq_consent_document_reference")),
        sa.UniqueConstraint("slug", name=op.f("uq_consent_document_slug")),
    )
    op.create_table(
        "consent_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("status", _names(_TEXTS, "textstatus"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("markdown", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=True),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'draft') = (number IS NULL)", name=op.f("ck_consent_version_numbered_once_published")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["consent_document.id"], name=op.f("fk_consent_version_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_version")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_consent_version_document_id_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_consent_version_reference")),
    )
    op.create_index(op.f("ix_consent_version_document_id"), "consent_version", ["document_id"])
    _only_one("uq_one_draft", "consent_version", ["document_id"], "status = 'draft'")
    _only_one("uq_one_published", "consent_version", ["document_id"], "status = 'published'")
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("status", _names(_AGREEMENTS, "agreementstatus"), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("sealed_signature", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_agreement_client_id")),
        sa.ForeignKeyConstraint(["version_id"], ["consent_version.id"], name=op.f("fk_agreement_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("reference", name=op.f("uq_agreement_reference")),
    )
    op.create_index(op.f("ix_agreement_client_id"), "agreement", ["client_id"])
    op.create_index(op.f("ix_agreement_version_id"), "agreement", ["version_id"])
    _only_one("uq_one_standing_agreement", "agreement", ["client_id", "version_id"], "ended_at IS NULL")


def _only_one(name: str, table: str, columns: list[str], of: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(of), postgresql_where=sa.text(of))


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
    """What was noted about lamps, and all that was agreed to, is lost."""
    for table in ("agreement", "consent_version", "consent_document"):
        op.drop_table(table)
    op.execute("DELETE FROM job WHERE kind IN ('tell-of-lamp', 'tell-of-text')")
    op.drop_table("lamp_event")
    with op.batch_alter_table("lamp") as lamp:
        for column in ("tell_at", "times_told", "changed_at", "status", "tells_stand_in", "question"):
            lamp.drop_column(column)
    op.drop_table("absence")
