"""Looking after keys, backups and the database, from a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from portal import clock
from portal.database import current_db, make_engine
from portal.jobs.heartbeat import is_any_worker_alive
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.safekeeping import backups, moving, restoring
from portal.safekeeping.checking import findings
from portal.safekeeping.container import Manifest, NotABackup, Tell
from portal.safekeeping.keyfile import NoKeyFile, path_in
from portal.safekeeping.postgresql import NoTools, ToolFailed
from portal.safekeeping.rotating import how_many_keys, seal_keys_anew, seal_words_anew
from portal.vault.keyring import CannotBeOpened

backup = AppGroup("backup", help="Sealed copies of the whole practice.")
keys = AppGroup("keys", help="The keys under which clients' words are sealed.")


@keys.command("rotate")
@click.option("--rows", is_flag=True, help="Give every client a new data key, and seal their words anew.")
def rotate(rows: bool) -> None:
    """Seal all data keys under the first of PORTAL_MASTER_KEYS; the others are not needed afterwards.

    With --rows, every client gets a new data key as well, and all of their words are sealed anew. The portal
    may run meanwhile; what was interrupted goes on where it was when it is begun again.
    """
    many = how_many_keys(current_db())
    locked = 0
    work = seal_words_anew(now=clock.now()) if rows else seal_keys_anew()
    with click.progressbar(length=many, label="Keys", show_pos=True) as bar:
        for done, closed in work:
            bar.update(done)
            locked += closed
    backups.renew_key_file(now=clock.now())
    if locked:
        raise click.ClickException(f"{locked} of {many} keys cannot be opened: their master key is not here")
    if rows:
        click.echo(
            "All words are sealed anew. The old data keys are forgotten by the worker, in an hour or two."
        )
    else:
        click.echo(f"All {many} keys are sealed under the newest master key. The older ones can go.")


@backup.command("create")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Another folder.")
@click.option("--keep", type=click.IntRange(min=1), default=30, show_default=True, help="So many stay.")
def create(folder: Path | None, keep: int) -> None:
    """Make a backup into PORTAL_BACKUPS while the portal runs, and let those before the newest go.

    Beside it lies data.keys, which is replaced each time: a backup cannot be read without it. Keep a copy of
    both elsewhere, of data.keys only the newest: what was erased is erased once the older ones are gone.
    """
    engine: Engine = current_app.extensions["engine"]
    folder = folder or current_app.config["BACKUPS"]
    with _in_one_line(), _bar("Backup", backups.size_of(engine)) as tell:
        made = backups.create(folder, keep=keep, now=clock.now(), tell=tell)
    click.echo(f"{made.path}, and {path_in(folder).name} beside it")
    if made.let_go:
        click.echo(f"{made.let_go} older ones were let go")


@backup.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--keys", "key_file", type=click.Path(path_type=Path), help="data.keys, if it lies elsewhere.")
def verify(file: Path, key_file: Path | None) -> None:
    """Read all of a backup FILE, and say what it holds; nothing is changed."""
    with _in_one_line(), _bar("Backup", file.stat().st_size) as tell:
        manifest, gone = backups.look_at(file, key_file or path_in(file.parent), tell)
    click.echo(_told(manifest))
    if gone:
        click.echo(f"Of {len(gone)} of its data keys nothing is left: what they sealed is erased")


@backup.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--keys", "key_file", type=click.Path(path_type=Path), help="data.keys, if it lies elsewhere.")
def restore(file: Path, key_file: Path | None) -> None:
    """Bring a backup FILE back into the database of PORTAL_DATABASE_URL, which has to be empty.

    It is read and compared in full before anything bears its name. The portal must not run meanwhile.
    """
    with _in_one_line(), _bar("Backup", file.stat().st_size) as tell:
        erased = restoring.restore(file, key_file or path_in(file.parent), now=clock.now(), tell=tell)
    click.echo("Everything is back as it was, and was compared. Everybody has to sign in anew.")
    if erased:
        click.echo(f"{erased} clients were erased since this backup was made, and are erased in it too")


@click.command("move-to")
@click.argument("url")
@click.option("--even-while-running", is_flag=True, help="Although a worker seems to be alive.")
@with_appcontext
def move_to(url: str, even_while_running: bool) -> None:
    """Copy the practice into the empty database at URL.

    All of it is compared; what goes wrong leaves nothing. Stop the portal before, and set
    PORTAL_DATABASE_URL afterwards. The database from before stays as it is.
    """
    if is_any_worker_alive(current_db(), now=clock.now()) and not even_while_running:
        raise click.ClickException("A worker is alive. Stop the portal first, so that nothing is left behind")
    source: Engine = current_app.extensions["engine"]
    with _in_one_line(), _engine_at(url) as target:
        with _bar("Rows", moving.rows_in(source)) as tell:
            moving.move(source, target, tell)
        with current_app.extensions["database"](bind=target) as db, db.begin():
            note(db, What.MOVED, by=Hand.OPERATOR)
    click.echo("Everything is there, and was compared. Set PORTAL_DATABASE_URL to it, and start the portal.")


@click.command("check")
@with_appcontext
def check() -> None:
    """Say what is not safe yet, and how to mend it.

    In production it ends with 1 if anything is serious.
    """
    found = list(findings(now=clock.now()))
    for each in found:
        click.echo(f"{'SERIOUS' if each.serious else 'Worth a look'}: {each.words}\n  {each.mend}")
    serious = sum(each.serious for each in found)
    if not found:
        click.echo("Nothing was found that is not safe.")
    else:
        click.echo(f"{len(found)} things to look at, {serious} of them serious.")
    if serious and not current_app.config["DEVELOPMENT"]:
        raise click.exceptions.Exit(1)


_KINDS = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
_WORDS: dict[type[Exception], str] = {
    backups.NoBackupKey: "PORTAL_BACKUP_KEY is not set, so there is nothing to seal a backup with",
    NoKeyFile: "There is no data.keys here; name it with --keys",
    CannotBeOpened: "It was sealed with another key than that of PORTAL_BACKUP_KEY. Nothing was changed",
    restoring.PlaceIsTaken: "There is a practice in the database already. Move it away, or name another"
    " place with PORTAL_DATABASE_URL",
    restoring.AnotherDatabase: "It was made of the other kind of database: restore it into one of that kind,"
    " then move it with move-to",
    restoring.KeysAreOlder: "data.keys is older than the backup, so it lacks keys",
    restoring.FromANewerVersion: "It was made by a newer version of Foyer than this one",
    ArgumentError: "The address has to read like postgresql+psycopg://name:password@host/portal",
}
_WITH_DETAIL: dict[type[Exception], str] = {
    NotABackup: "This is not a whole backup: {}. Nothing was changed",
    NoTools: "{}",
    ToolFailed: "PostgreSQL says: {}",
    moving.NotEmpty: "The other database is not empty: there is something in {}",
    moving.DiffersAfterwards: "What arrived differs in {}, so nothing of it was kept",
}


_TOLD = (*_WORDS, *_WITH_DETAIL)


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except _TOLD as refusal:
        words = _WORDS.get(type(refusal)) or _WITH_DETAIL[type(refusal)].format(refusal)
        raise click.ClickException(words) from None
    except SQLAlchemyError as problem:
        # The words of a driver may repeat what it was sent.
        raise click.ClickException(f"The database does not answer: {type(problem).__name__}") from None


@contextlib.contextmanager
def _engine_at(url: str) -> Iterator[Engine]:
    if url.partition("://")[0] not in _KINDS:
        raise ArgumentError
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _bar(label: str, length: int) -> Iterator[Tell]:
    """How far it has come; the length is an estimate, so at the end all of it is done."""
    with click.progressbar(length=length, label=label) as bar:
        yield bar.update
        bar.update(max(0, length - bar.pos))


def _told(manifest: Manifest) -> str:
    when = datetime.fromisoformat(manifest.made_at)
    rows = sum(count for count, _ in manifest.tables.values())
    return (
        f"Made {when:%Y-%m-%d %H:%M %Z} of a {manifest.database} database, and whole:"
        f" {rows} rows in {len(manifest.tables)} tables, {manifest.journal[0]} lines of the journal"
    )
