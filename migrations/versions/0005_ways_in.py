"""passkeys, a second step, signed-in places that can be ended, invitations, limits"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_STEPS = (
    "passkey-sign-in",
    "second-step",
    "passkey-second",
    "passkey-confirm",
    "passkey-add",
    "passkey-first",
)
_PROOFS = ("password", "passkey")


def upgrade() -> None:
    # With a constraint in the same line, which SQLite takes only there.
    op.execute(
        "ALTER TABLE therapist ADD COLUMN data_key_id INTEGER"
        " CONSTRAINT fk_therapist_data_key_id REFERENCES data_key (id)"
    )
    op.create_index("ix_therapist_data_key_id", "therapist", ["data_key_id"], unique=True)
    op.add_column(
        "practice", sa.Column("self_sign_up", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.drop_table("signed_in_place")
    # Everybody signs in once more: what is remembered of a place from now on was not asked for before.
    _table_of_one_person(
        "signed_in_place",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("is_strong", sa.Boolean(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column(
            "confirmed_by", sa.Enum(*_PROOFS, name="proof", native_enum=False, length=40), nullable=True
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_signed_in_place_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signed_in_place_token_hash")),
    )
    _add_factors()
    _add_what_waits()
    op.create_table(
        "counter",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_counter")),
    )
    op.create_index(op.f("ix_counter_expires_at"), "counter", ["expires_at"])


def _add_factors() -> None:
    _table_of_one_person(
        "known_browser",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("token_hash", "client_id", name=op.f("uq_known_browser_token_hash_client_id")),
        sa.UniqueConstraint(
            "token_hash", "therapist_id", name=op.f("uq_known_browser_token_hash_therapist_id")
        ),
    )
    _table_of_one_person(
        "passkey",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.UniqueConstraint("reference", name=op.f("uq_passkey_reference")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    _table_of_one_person(
        "authenticator_app",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("reference", name=op.f("uq_authenticator_app_reference")),
        sa.UniqueConstraint("client_id", "is_active", name=op.f("uq_authenticator_app_client_id_is_active")),
        sa.UniqueConstraint(
            "therapist_id", "is_active", name=op.f("uq_authenticator_app_therapist_id_is_active")
        ),
    )
    _table_of_one_person(
        "recovery_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )


def _add_what_waits() -> None:
    op.create_table(
        "begun_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("step", sa.Enum(*_STEPS, name="step", native_enum=False, length=40), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_begun_step_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_begun_step_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_begun_step")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_begun_step_token_hash")),
    )
    for column in ("client_id", "therapist_id", "expires_at"):
        op.create_index(op.f(f"ix_begun_step_{column}"), "begun_step", [column])
    _table_of_one_person(
        "address_change",
        sa.Column("old_email", sa.String(), nullable=False),
        sa.Column("new_email", sa.String(), nullable=False),
        sa.Column("proof_hash", sa.String(), nullable=False),
        sa.Column("stop_hash", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("stoppable_until", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.UniqueConstraint("proof_hash", name=op.f("uq_address_change_proof_hash")),
        sa.UniqueConstraint("stop_hash", name=op.f("uq_address_change_stop_hash")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("joined_at", sa.DateTime(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_invitation_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f("fk_invitation_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("reference", name=op.f("uq_invitation_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    for column in ("client_id", "therapist_id"):
        op.create_index(op.f(f"ix_invitation_{column}"), "invitation", [column])


def _table_of_one_person(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        *parts,
        sa.CheckConstraint(
            "(client_id IS NULL) <> (therapist_id IS NULL)", name=op.f(f"ck_{name}_exactly_one_person")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f(f"fk_{name}_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapist.id"], name=op.f(f"fk_{name}_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for column in ("client_id", "therapist_id"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def downgrade() -> None:
    """Who signs in with a passkey alone has to ask for a password afterwards."""
    for table in (
        "counter",
        "invitation",
        "address_change",
        "begun_step",
        "recovery_code",
        "authenticator_app",
        "passkey",
        "known_browser",
        "signed_in_place",
    ):
        op.drop_table(table)
    _table_of_one_person(
        "signed_in_place",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signed_in_place_token_hash")),
    )
    op.drop_column("practice", "self_sign_up")
    op.drop_index("ix_therapist_data_key_id", "therapist")
    op.drop_column("therapist", "data_key_id")
