"""Erasing destroys the key, in every backup too: for whoever has an old one and every key of today (P1)."""

from __future__ import annotations

import io
import subprocess

import pytest
from sqlalchemy import select

from portal.accounts.models import Client
from portal.database import transaction
from portal.intake.models import Answer, Intake
from portal.intake.sent import sent_intake_of
from portal.safekeeping.backups import backups_in
from portal.safekeeping.container import extract
from portal.safekeeping.keyfile import keys_in, path_in
from portal.vault.keyring import CannotBeOpened, Keyring
from portal.vault.models import DataKey
from tests import make
from tests.postgres import folder_of_binaries
from tests.privacy.scene import ask_and_wait, everything_stored
from tests.safekeeping.places import empty_place


def test_an_old_backup_is_restored_and_the_words_of_the_erased_cannot_be_read(
    app, db, people, sam, sams, later, now, work, another, database_url, tmp_path
):
    kit_words = _kit_with_words(app, people[0], now)
    assert app.test_cli_runner().invoke(args=["backup", "create"]).exit_code == 0
    (old,) = backups_in(app.config["BACKUPS"])
    ask_and_wait(sams, later, now, work)
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place)

    outcome = elsewhere.test_cli_runner().invoke(args=["backup", "restore", str(old)])

    assert outcome.exit_code == 0, outcome.output
    assert "1 clients were erased since this backup was made" in outcome.output
    with elsewhere.extensions["database"]() as restored:
        gone = restored.scalars(select(Client).where(Client.reference == sam.reference)).one()
        assert gone.erased_at is not None
        assert gone.email != sam.email
        theirs = select(Answer).join(Intake, Intake.id == Answer.intake_id)
        assert restored.scalars(theirs.where(Intake.client_id == gone.id)).all() == []
        # Everybody else's are there, and open.
        kit = restored.scalars(select(Client).where(Client.reference != sam.reference)).one()
        restored.refresh(kit, ["data_key"])
        assert sent_intake_of(restored, kit).rows[0].shown == kit_words
    with elsewhere.extensions["database"]() as restored:
        assert sam.email not in everything_stored(elsewhere, restored)


def _kit_with_words(app, ada, now):
    with app.app_context(), transaction() as db:
        kit = make.client(db, name="Kit Lowe", therapist=db.merge(ada))
        make.intake(db, client=kit, said={"name": "Kit Lowe"}, sent_at=now)
    return ["Kit Lowe"]


def test_not_even_by_hand_with_the_content_of_the_old_backup_and_all_the_keys_of_today(
    app, db, people, sam, sams, later, now, work, settings, tmp_path
):
    """Somebody takes the backup apart: its rows are there, sealed, and what opens them is nowhere."""
    run = app.test_cli_runner().invoke
    assert run(args=["backup", "create"]).exit_code == 0
    (old,) = backups_in(app.config["BACKUPS"])
    master, backup = Keyring(settings.master_keys), Keyring(settings.backup_keys)
    place = f"data_key.sealed_key:{_key_of(db, sam).reference}"
    before = keys_in(path_in(old.parent), backup).sealed[_key_of(db, sam).reference]
    assert master.open(before, of=place)

    ask_and_wait(sams, later, now, work)

    content = io.BytesIO()
    manifest = extract(old, backup, content, lambda _: None)
    # The words are in it, as bytes of no meaning; the key is not, in no form.
    rows = _readable(content.getvalue(), tmp_path)
    assert sam.reference in rows
    assert before.hex() not in rows
    assert _key_of(db, sam).reference in {key[1] for key in manifest.keys}
    today = keys_in(path_in(old.parent), backup)
    assert _key_of(db, sam).reference not in today.sealed
    for sealed in today.sealed.values():
        with pytest.raises(CannotBeOpened):
            master.open(sealed, of=place)


def _readable(content, tmp_path):
    """All that is in it as text, bytes in hexadecimal: of a database's file, or PostgreSQL's archive."""
    path = tmp_path / "content"
    path.write_bytes(content)
    if content.startswith(b"PGDMP"):
        command = [folder_of_binaries() / "pg_restore", "--file=-", path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return content.hex() + content.decode("latin-1")


def _key_of(db, client):
    db.expire_all()
    return db.get(DataKey, client.data_key_id)


def test_a_raw_copy_of_the_database_is_noise_too_once_the_master_key_was_changed(
    app, db, people, sam, sams, later, now, work, settings, another
):
    """Who copied the database by other means has the sealed key; what seals it can be changed and let go."""
    stolen = _key_of(db, sam).sealed_key
    place = f"data_key.sealed_key:{_key_of(db, sam).reference}"
    new = bytes(range(32, 64))
    both = another(master_keys=(new, *settings.master_keys))
    assert both.test_cli_runner().invoke(args=["keys", "rotate"]).exit_code == 0

    with pytest.raises(CannotBeOpened):
        Keyring([new]).open(stolen, of=place)
    assert Keyring([new]).open(_key_of(db, sam).sealed_key, of=place)
