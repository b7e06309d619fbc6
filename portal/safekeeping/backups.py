"""Making a backup while the portal runs, looking whether one is whole, and letting the oldest go."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Engine, select, text

from portal.database import current_db, make_engine, transaction
from portal.journal.lines import Hand, Stand, What
from portal.journal.models import JournalHead
from portal.journal.noting import note
from portal.safekeeping import postgresql, sqlite
from portal.safekeeping.container import Manifest, NotABackup, Tell, extract, manifest_of, write
from portal.safekeeping.files import folder_for_us
from portal.safekeeping.keyfile import keys_in, missing_from, path_in, write_keys
from portal.safekeeping.tables import digests
from portal.vault.keyring import CannotBeOpened, Keyring
from portal.vault.models import DataKey

_SUFFIX = ".backup"
_HASHED_AT_ONCE = 1 << 20


class NoBackupKey(Exception):
    """There is nothing to seal a backup with."""


@dataclass(frozen=True)
class Made:
    """A backup that was made, and how many older ones were let go."""

    path: Path
    let_go: int


def backup_keyring() -> Keyring:
    """Raises NoBackupKey."""
    keys = current_app.config["BACKUP_KEYS"]
    if not keys:
        raise NoBackupKey
    return Keyring(keys)


def size_of(engine: Engine) -> int:
    """How many bytes there are to be gone through, about: once to be copied, once to be sealed."""
    if engine.dialect.name == "sqlite":
        return 2 * Path(engine.url.database or "").stat().st_size
    with engine.connect() as connection:
        return 2 * int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def create(folder: Path, *, keep: int, now: datetime, tell: Tell) -> Made:
    """A backup of this moment, and the key file that goes with it; the newest `keep` backups stay."""
    keyring = backup_keyring()
    path = folder / f"foyer-{now.astimezone(UTC):%Y%m%d-%H%M%S}{_SUFFIX}"
    folder_for_us(folder)
    with _content(folder, tell) as (content, said):
        manifest = Manifest(
            made_at=now.isoformat(), digest=_hash_of(content), size=content.stat().st_size, **said
        )
        with content.open("rb") as plain:
            write(path, manifest, plain, keyring, tell)
    write_keys(current_db(), folder, keyring, now=now)
    with transaction() as db:
        note(db, What.BACKED_UP, by=Hand.OPERATOR, subject=path.name)
    return Made(path, _let_go(folder, keep))


def renew_key_file(*, now: datetime) -> None:
    """Where backups are made here, the key file holds what there is now, and nothing that is gone."""
    folder: Path = current_app.config["BACKUPS"]
    if current_app.config["BACKUP_KEYS"] and path_in(folder).exists():
        write_keys(current_db(), folder, backup_keyring(), now=now)


def look_at(path: Path, key_file: Path, tell: Tell) -> tuple[Manifest, list[str]]:
    """Read all of a backup; its manifest, and the references of the data keys that are gone by now.

    Raises NotABackup, NoKeyFile, CannotBeOpened.
    """
    keyring = backup_keyring()
    with tempfile.TemporaryFile() as nowhere:
        manifest = extract(path, keyring, nowhere, tell)
    return manifest, missing_from(keys_in(key_file, keyring), manifest.keys)


def backups_in(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(folder.glob(f"foyer-*{_SUFFIX}"))


def stands_in_backups() -> list[Stand]:
    """Where the journal stood when each backup was made that is still here and can be opened."""
    found = []
    for path in backups_in(current_app.config["BACKUPS"]):
        try:
            found.append(Stand(*manifest_of(path, backup_keyring()).journal))
        except (NotABackup, NoBackupKey, CannotBeOpened):
            continue
    return found


@contextmanager
def _content(folder: Path, tell: Tell) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The database of one moment as a file that nobody else can read, and what the manifest says of it."""
    engine: Engine = current_app.extensions["engine"]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as work:
        content = Path(work) / "content"
        if engine.dialect.name == "sqlite":
            sqlite.copy(Path(engine.url.database or ""), content, tell)
            copied = make_engine(f"sqlite:///{content}")
            with copied.connect() as connection:
                said = _facts(connection)
            copied.dispose()
        else:
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                said = _facts(connection)
                postgresql.dump(connection, content, current_app.config["POSTGRES_TOOLS"])
        yield content, said


def _facts(connection: Connection) -> dict[str, Any]:
    head = connection.execute(select(JournalHead.number, JournalHead.hash)).one()
    return {
        "database": connection.dialect.name,
        "keys": _keys(connection),
        "revision": connection.scalar(text("SELECT version_num FROM alembic_version")),
        "tables": digests(connection),
        "journal": tuple(head),
    }


def _keys(connection: Connection) -> list[list[Any]]:
    found = connection.execute(
        select(
            DataKey.id, DataKey.reference, DataKey.made_at, DataKey.renewed_at, DataKey.destroyed_at
        ).order_by(DataKey.id)
    )
    return [[*row[:2], *(moment.isoformat() if moment else None for moment in row[2:])] for row in found]


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def _let_go(folder: Path, keep: int) -> int:
    old = backups_in(folder)[:-keep]
    for path in old:
        path.unlink()
    return len(old)
