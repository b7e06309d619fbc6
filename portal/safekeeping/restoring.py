"""Bringing a backup back into an empty place: read and compared in full before anything bears its name."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import Engine, MetaData, delete, inspect, select, text
from sqlalchemy.orm import Session, joinedload

from portal import schema
from portal.accounts.models import AddressChange, BegunStep, Client, MailedLink, SignedInPlace
from portal.database import Base, make_engine
from portal.errors import Refused
from portal.journal.lines import Chain, Hand, Stand, What
from portal.journal.noting import note
from portal.journal.queries import head_of, lines_from_the_first
from portal.safekeeping import postgresql, sqlite
from portal.safekeeping.backups import backup_keyring
from portal.safekeeping.container import Manifest, NotABackup, Tell, extract
from portal.safekeeping.files import folder_for_us
from portal.safekeeping.forgetting import forget_client
from portal.safekeeping.keyfile import Keys, keys_in
from portal.safekeeping.tables import digests
from portal.vault.models import DataKey


class PlaceIsTaken(Refused):
    """There is a practice in the database already."""


class AnotherDatabase(Refused):
    """The backup is of the other kind of database."""


class KeysAreOlder(Refused):
    """The key file was written before the backup, so it lacks keys."""


class FromANewerVersion(Refused):
    """The backup's tables have seen migrations that this version does not know."""


def restore(path: Path, key_file: Path, *, now: datetime, tell: Tell) -> int:
    """Bring the backup into this practice's database; how many clients were erased since it was made.

    Those are erased in it before it is done: their keys are gone, and now so are their addresses. Nobody is
    signed in, and no mailed link works. Raises PlaceIsTaken, AnotherDatabase, KeysAreOlder,
    FromANewerVersion, NotABackup, NoKeyFile, CannotBeOpened.
    """
    engine: Engine = current_app.extensions["engine"]
    _refuse_a_taken_place(engine)
    keyring = backup_keyring()
    keys = keys_in(key_file, keyring)
    folder = _beside(engine)
    folder_for_us(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as work:
        content = Path(work) / "portal.db"
        with content.open("wb") as file:
            manifest = extract(path, keyring, file, tell)
        _refuse(manifest, keys, engine)
        if engine.dialect.name == "sqlite":
            erased = _into_sqlite(engine, content, manifest, keys, now)
        else:
            erased = _into_postgresql(engine, content, manifest, keys, now)
    return erased


def _into_sqlite(engine: Engine, content: Path, manifest: Manifest, keys: Keys, now: datetime) -> int:
    if not sqlite.is_whole(content):
        raise NotABackup("its database is damaged")
    made = make_engine(f"sqlite:///{content}")
    try:
        erased = _settle(made, manifest, keys, now)
    finally:
        made.dispose()
    engine.dispose()
    sqlite.take_the_place_of(Path(engine.url.database or ""), content)
    return erased


def _into_postgresql(engine: Engine, content: Path, manifest: Manifest, keys: Keys, now: datetime) -> int:
    rows = [
        [number, reference, keys.sealed.get(reference, b"").hex(), *moments]
        for number, reference, *moments in manifest.keys
    ]
    _make_room(engine)
    try:
        with engine.connect() as connection:
            postgresql.restore(connection, content, rows, current_app.config["POSTGRES_TOOLS"])
        return _settle(engine, manifest, keys, now)
    except BaseException:
        _make_room(engine)
        raise


def _settle(engine: Engine, manifest: Manifest, keys: Keys, now: datetime) -> int:
    """Compare all of it with the manifest, then put the keys in, and forget whom there is to forget."""
    with engine.connect() as connection:
        _compare(digests(connection), manifest.tables)
    schema.upgrade(engine)
    with current_app.extensions["database"](bind=engine) as db, db.begin():
        _compare_journal(db, manifest)
        erased = _put_keys_in(db, keys, now)
        for table in (SignedInPlace, MailedLink, BegunStep, AddressChange):
            db.execute(delete(table))
        note(db, What.RESTORED, by=Hand.OPERATOR, subject=manifest.made_at)
        db.execute(text(f"DROP TABLE IF EXISTS {postgresql.UNFINISHED}"))
    return erased


def _put_keys_in(db: Session, keys: Keys, now: datetime) -> int:
    gone = set()
    for key in db.scalars(select(DataKey).where(DataKey.destroyed_at.is_(None))):
        key.sealed_key = keys.sealed.get(key.reference, b"")
        if not key.sealed_key:
            gone.add(key.id)
    erased = db.scalars(
        select(Client).where(Client.data_key_id.in_(gone)).options(joinedload(Client.data_key))
    ).all()
    for client in erased:
        forget_client(db, client, now=now)
    return len(erased)


def _compare(found: Mapping[str, tuple[int, str]], told: Mapping[str, tuple[int, str]]) -> None:
    differing = [name for name in told if found.get(name) != told[name]]
    if differing:
        raise NotABackup(f"what came out of it differs from its manifest: {', '.join(differing)}")


def _compare_journal(db: Session, manifest: Manifest) -> None:
    chain = Chain([Stand(*manifest.journal)])
    for some in lines_from_the_first(db):
        chain.read(some)
    chain.end(head_of(db).stand)
    if chain.problem:
        raise NotABackup(f"its journal is not what it was, at line {chain.problem.number}")


def _refuse_a_taken_place(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        if sqlite.holds_somebody(Path(engine.url.database or "")):
            raise PlaceIsTaken
        return
    names = set(inspect(engine).get_table_names())
    if postgresql.UNFINISHED in names:
        return
    with engine.connect() as connection:
        for name in {"client", "therapist"} & names:
            if connection.scalar(select(1).select_from(Base.metadata.tables[name]).limit(1)):
                raise PlaceIsTaken


def _make_room(engine: Engine) -> None:
    """Tables without anybody in them, as the first start or an interrupted attempt leaves them, go."""
    with engine.begin() as connection:
        standing = MetaData()
        standing.reflect(connection)
        standing.drop_all(connection)
        connection.execute(text("DROP FUNCTION IF EXISTS refuse_to_alter_the_journal()"))


def _refuse(manifest: Manifest, keys: Keys, engine: Engine) -> None:
    if manifest.database != engine.dialect.name:
        raise AnotherDatabase
    if keys.written_at < datetime.fromisoformat(manifest.made_at):
        raise KeysAreOlder
    if not schema.is_known(manifest.revision):
        raise FromANewerVersion


def _beside(engine: Engine) -> Path:
    """On the same disk as what it takes the place of."""
    if engine.dialect.name == "sqlite":
        return Path(engine.url.database or "").absolute().parent
    instance: Path = current_app.config["INSTANCE"]
    return instance
