"""A backup is whole, sealed, and comes back as it was; what is not whole, or not ours, changes nothing."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from portal.accounts.models import Client, SignedInPlace
from portal.accounts.queries import name_of
from portal.app import create_app
from portal.database import make_engine, transaction
from portal.journal.models import JournalLine
from portal.safekeeping.backups import backups_in
from portal.safekeeping.container import Manifest, NotABackup, extract, write
from portal.safekeeping.tables import digests
from portal.vault.keyring import Keyring
from tests import make
from tests.browser import Browser
from tests.journal.test_noting import without_triggers
from tests.safekeeping.filled import CANARIES
from tests.safekeeping.places import empty_place


@pytest.fixture
def folder(app):
    return app.config["BACKUPS"]


@pytest.fixture
def made(run, people, folder):
    """A backup of Ada's practice."""
    code, said = run("backup", "create")
    assert code == 0, said
    (path,) = backups_in(folder)
    return path


def all_rows(url):
    engine = make_engine(url)
    with engine.connect() as connection:
        found = digests(connection)
    engine.dispose()
    return found


def without_doors(rows):
    """What differs on purpose: nobody is signed in, no link works, and that it was restored is noted."""
    differs = {"signed_in_place", "mailed_link", "journal_line", "journal_head"}
    return {name: each for name, each in rows.items() if name not in differs}


def test_a_backup_comes_back_with_every_row_as_it_was(
    app, run, made, another, database_url, tmp_path, people
):
    before, place = all_rows(database_url), empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place)

    code, said = run("backup", "restore", made, app=elsewhere)

    assert code == 0, said
    assert "Everything is back as it was" in said
    after = all_rows(place)
    assert without_doors(after) == without_doors(before)
    assert after["client"][0] == 1
    # And it is a practice: its words open, its journal is whole, and it goes on.
    with elsewhere.extensions["database"]() as db:
        sam = db.scalars(select(Client)).one()
        db.refresh(sam, ["data_key"])
        assert name_of(db, sam) == "Sam Quokka"
    assert run("journal", "verify", app=elsewhere)[0] == 0
    with elsewhere.app_context(), transaction() as db:
        make.client(db)


def test_nobody_reads_in_a_backup_what_was_written_or_to_whom(made, people, app, settings):
    """Not even the address, which stands in the clear in the database."""
    content = made.read_bytes() + (made.parent / "data.keys").read_bytes()

    for word in (*CANARIES, people[1].email, people[1].reference, "SQLite format", "PGDMP"):
        assert word.encode() not in content
    assert [path.name for path in made.parent.iterdir() if path.stat().st_mode & 0o077] == []
    assert sorted(path.name for path in made.parent.iterdir()) == ["data.keys", made.name]


def test_a_backup_made_while_everybody_writes_is_of_one_moment(
    app, run, people, folder, another, settings, database_url, tmp_path
):
    """Two rows that are written together are both in it, or neither."""
    with _writers(settings) as written:
        for _ in range(2):
            assert run("backup", "create")[0] == 0
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place)

    assert run("backup", "restore", backups_in(folder)[-1], app=elsewhere)[0] == 0

    assert sum(written) > 4
    with elsewhere.extensions["database"]() as db:
        numbers = db.execute(
            text(
                "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM data_key), (SELECT count(*)"
                " FROM calendar_source) + (SELECT count(data_key_id) FROM therapist)"
                " + (SELECT count(*) FROM search_key) + (SELECT count(*) FROM notes_key)"
            )
        ).one()
        assert numbers[0] + numbers[2] == numbers[1]
    assert run("journal", "verify", app=elsewhere)[0] == 0


@contextmanager
def _writers(settings):
    """Two who add clients, each with a key, as fast as they can."""
    stop, written = threading.Event(), [0, 0]

    def write(which):
        app = create_app(settings)
        with app.app_context():
            while not stop.is_set():
                with transaction() as db:
                    make.client(db)
                written[which] += 1
        app.extensions["engine"].dispose()

    threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        yield written
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_the_wrong_key_opens_nothing_and_changes_nothing(run, made, another, database_url, tmp_path):
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place, backup_keys=(bytes(range(100, 132)),))

    code, said = run("backup", "restore", made, app=elsewhere)

    assert code == 1
    assert "sealed with another key" in said
    assert _is_untouched(place)


def test_after_the_backup_key_was_renewed_older_backups_open_with_the_key_of_then(
    run, made, another, database_url, tmp_path, settings
):
    new = bytes(range(100, 132))
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place, backup_keys=(new, *settings.backup_keys))

    assert run("backup", "restore", made, app=elsewhere)[0] == 0


def _is_untouched(place):
    engine = make_engine(place)
    if engine.dialect.name == "sqlite":
        return not Path(engine.url.database).exists()
    with engine.connect() as connection:
        tables = connection.scalar(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        )
    engine.dispose()
    return tables == 0


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:20],
        lambda content: b"",
        lambda content: content + b"x",
        lambda content: content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
        lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    ],
    ids=[
        "half",
        "one byte short",
        "a beginning",
        "nothing",
        "more at the end",
        "a flipped bit",
        "in the head",
    ],
)
def test_what_is_not_whole_is_refused_before_anything_is_changed(
    run, made, another, database_url, tmp_path, harm
):
    harmed = tmp_path / "harmed.backup"
    harmed.write_bytes(harm(made.read_bytes()))
    place = empty_place(database_url, tmp_path)

    code, said = run(
        "backup", "restore", harmed, "--keys", made.parent / "data.keys", app=another(database_url=place)
    )

    assert code == 1
    assert "Nothing was changed" in said
    assert _is_untouched(place)


def test_pieces_that_changed_places_are_refused(run, people, app, db, folder, tmp_path):
    """Each is sealed for its place, so a large backup cannot be put together differently."""
    keyring, path = Keyring([bytes(range(32))]), tmp_path / "large.backup"
    said = Manifest(
        made_at="", database="", revision="", tables={}, journal=(0, ""), keys=[], digest="", size=0
    )
    write(path, said, io.BytesIO(bytes(3 << 20)), keyring, lambda _: None)
    content = path.read_bytes()
    first = content.index(b"backup 1\n") + len(b"backup 1\n")
    begins = first + 4 + int.from_bytes(content[first : first + 4], "big")
    piece = 4 + (1 << 20) + 16
    pieces = [content[begins + place * piece :][:piece] for place in range(3)]

    path.write_bytes(content[:begins] + pieces[1] + pieces[0] + pieces[2])
    with pytest.raises(NotABackup):
        extract(path, keyring, io.BytesIO(), lambda _: None)
    # The last one cut off: what comes before was not sealed as the last.
    path.write_bytes(content[:begins] + pieces[0] + pieces[1])
    with pytest.raises(NotABackup):
        extract(path, keyring, io.BytesIO(), lambda _: None)


def test_a_practice_is_never_written_over(run, made, people, database_url):
    before = all_rows(database_url)

    code, said = run("backup", "restore", made)

    assert code == 1
    assert "There is a practice in the database already" in said
    assert all_rows(database_url) == before


def test_a_restore_that_is_interrupted_leaves_what_was_and_can_be_begun_again(
    run, made, another, database_url, tmp_path, monkeypatch
):
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place)
    with monkeypatch.context() as patched:
        patched.setattr("portal.safekeeping.restoring._put_keys_in", _interrupted)
        with pytest.raises(AssertionError, match="killed"):
            run("backup", "restore", made, app=elsewhere)
    assert _is_untouched(place)

    assert run("backup", "restore", made, app=elsewhere)[0] == 0


def _interrupted(*_arguments):
    raise AssertionError("killed")


def test_whoever_was_signed_in_has_to_sign_in_anew(
    app, run, people, folder, another, database_url, tmp_path, db
):
    Browser(app).sign_in(people[1])
    assert run("backup", "create")[0] == 0
    place = empty_place(database_url, tmp_path)
    elsewhere = another(database_url=place)

    run("backup", "restore", *backups_in(folder), app=elsewhere)

    with elsewhere.extensions["database"]() as there:
        assert there.scalar(select(func.count()).select_from(SignedInPlace)) == 0


def test_a_backup_says_what_it_holds_and_whether_it_is_whole(run, made):
    code, said = run("backup", "verify", made)

    assert code == 0
    assert "Made 2027-03-01 09:00 UTC" in said
    assert "and whole" in said
    made.write_bytes(made.read_bytes()[:-1])
    assert run("backup", "verify", made)[0] == 1


def test_the_oldest_are_let_go(run, people, folder, now, later):
    for day in range(4):
        later(now + timedelta(days=day))
        code, said = run("backup", "create", "--keep", 2)

    assert code == 0
    assert "1 older ones were let go" in said
    assert [path.name for path in backups_in(folder)] == [
        "foyer-20270303-090000.backup",
        "foyer-20270304-090000.backup",
    ]


def test_each_backup_is_a_line_of_the_journal_and_an_anchor_for_it(app, db, run, made, people):
    assert db.scalars(select(JournalLine.what).order_by(JournalLine.number)).all()[-1] == "backed-up"
    # Who sets the journal back to what it was before that backup is found by it.
    without_triggers(
        db,
        "DELETE FROM journal_line",
        "UPDATE journal_head SET number = 0, hash = '', seal = ''",
    )

    code, said = run("journal", "verify")
    assert code == 1
    assert "it ends here, but once had" in said


def test_without_a_key_no_backup_is_made(run, another, people):
    code, said = run("backup", "create", app=another(backup_keys=()))

    assert (code, "PORTAL_BACKUP_KEY is not set" in said) == (1, True)


def test_a_key_file_from_before_the_backup_lacks_keys_and_is_refused(
    run, made, now, later, another, database_url, tmp_path, folder, people
):
    kept = tmp_path / "older.keys"
    kept.write_bytes((folder / "data.keys").read_bytes())
    later(now + timedelta(days=1))
    run("backup", "create")
    place = empty_place(database_url, tmp_path)

    code, said = run(
        "backup", "restore", backups_in(folder)[-1], "--keys", kept, app=another(database_url=place)
    )

    assert (code, "data.keys is older than the backup" in said) == (1, True)


def test_a_row_that_differs_from_the_manifest_is_found(
    run, made, another, database_url, tmp_path, monkeypatch
):
    """Whatever went wrong on the way in."""
    place = empty_place(database_url, tmp_path)
    real = digests

    def differing(connection):
        return real(connection) | {"client": (1, "0" * 64)}

    monkeypatch.setattr("portal.safekeeping.restoring.digests", differing)

    code, said = run("backup", "restore", made, app=another(database_url=place))

    assert code == 1
    assert "what came out of it differs from its manifest: client" in said
    assert _is_untouched(place)


def test_rows_are_compared_by_all_that_is_in_them(db, people, database_url):
    before = all_rows(database_url)["client"]

    db.execute(update(Client).values(reminders="60"))
    changed = all_rows(database_url)["client"]
    db.execute(update(Client).values(reminders="1440"))

    assert before != changed
    assert all_rows(database_url)["client"] == before
    db.execute(delete(SignedInPlace))
