"""A line is written with the change that it tells of, or not at all, and nobody alters it afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.app import create_app
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.journal.keeping import keep_an_anchor
from portal.journal.lines import Hand, What
from portal.journal.models import JournalHead, JournalLine
from portal.journal.noting import END, by_the_operator, goes_on_from, note
from portal.statements import rows
from tests import make
from tests.scheduling.crowd import all_at_once


@pytest.fixture
def ada(db):
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


def written(db):
    lines = db.scalars(select(JournalLine).order_by(JournalLine.number)).all()
    return [(each.what, each.hand, each.person, each.about, each.subject) for each in lines]


def verified(app):
    return app.test_cli_runner().invoke(args=["journal", "verify"])


@pytest.fixture
def three_lines(app, db, ada, sam):
    with app.app_context():
        for what in (What.SIGNED_IN, What.RECORD_OPENED, What.LAMPS_SEEN):
            with transaction() as writing:
                note(writing, what, by=ada, about=sam.reference)


def test_a_line_says_who_did_what_about_whom(app, db, ada, sam, now):
    with app.app_context(), transaction() as writing:
        note(writing, What.RECORD_OPENED, by=ada, about=sam.reference, subject="thing")
        note(writing, What.ANSWERS_SENT, by=sam, about=sam.reference)
        note(writing, What.TIME_EXPIRED, by=Hand.PORTAL)

    assert written(db) == [
        ("record-opened", "therapist", ada.reference, sam.reference, "thing"),
        ("answers-sent", "client", sam.reference, sam.reference, None),
        ("time-expired", "portal", None, None, None),
    ]
    assert {line.at for line in db.scalars(select(JournalLine))} == {now}
    assert "All 3 lines are as they were written." in verified(app).output


def test_what_is_done_at_a_terminal_is_the_operators_doing(app, db, ada):
    with app.app_context(), transaction() as writing:
        by_the_operator(writing)
        note(writing, What.DIARY_CHANGED, by=ada)

    assert written(db) == [("diary-changed", "operator", None, None, None)]


def test_what_came_to_nothing_leaves_no_line(app, db, ada):
    with app.app_context():
        with pytest.raises(NotFound), transaction() as writing:
            _note_and_fail(writing, ada)
        with transaction() as writing:
            note(writing, What.FEED_MADE, by=ada)

    assert [line[0] for line in written(db)] == ["feed-made"]


def _note_and_fail(writing, ada):
    note(writing, What.DIARY_CHANGED, by=ada)
    raise NotFound


def test_what_is_undone_to_a_savepoint_takes_no_other_line_with_it(app, db, ada):
    with app.app_context(), transaction() as writing:
        note(writing, What.DIARY_CHANGED, by=ada)
        with pytest.raises(ZeroDivisionError), writing.begin_nested():
            raise ZeroDivisionError
        with writing.begin_nested():
            note(writing, What.FEED_MADE, by=ada)

    assert [line[0] for line in written(db)] == ["diary-changed", "feed-made"]


@pytest.mark.parametrize("somebody_else_was_quicker", [False, True])
def test_who_has_read_where_it_ends_goes_on_from_there_if_it_still_does(
    app, db, ada, sam, queries, somebody_else_was_quicker
):
    def write(what):
        with app.app_context(), transaction() as writing:
            note(writing, what, by=ada, about=sam.reference)

    write(What.SIGNED_IN)
    with app.app_context():
        (end,) = rows(current_db(), END, {})
        goes_on_from(current_db(), *end)
        if somebody_else_was_quicker:
            write(What.LAMPS_SEEN)
        with queries() as seen, transaction() as writing:
            note(writing, What.RECORD_OPENED, by=ada, about=sam.reference)

    begun = ["UPDATE", "SELECT"] if somebody_else_was_quicker else []
    assert [each.split()[0] for each in seen] == [*begun, "UPDATE", "INSERT"]
    quicker = ["lamps-seen"] if somebody_else_was_quicker else []
    assert [line[0] for line in written(db)] == ["signed-in", *quicker, "record-opened"]
    assert "they were written" in verified(app).output


@pytest.mark.usefixtures("three_lines")
@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE journal_line SET about = 'kit' WHERE number = 2",
        "DELETE FROM journal_line WHERE number = 3",
        "DELETE FROM journal_head",
    ],
)
def test_the_database_itself_refuses_to_alter_the_journal(db, attempt):
    with pytest.raises(DBAPIError, match="journal"):
        db.execute(text(attempt))

    assert len(written(db)) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("three_lines")
def test_postgresql_refuses_to_empty_the_journal(db):
    with pytest.raises(DBAPIError, match="journal"):
        db.execute(text("TRUNCATE journal_line"))


def without_triggers(db, *statements):
    """As somebody does it to whom the database itself belongs."""
    if db.get_bind().dialect.name == "sqlite":
        triggers = db.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'journal%'")
        ).all()
        for name, _ in triggers:
            db.execute(text(f"DROP TRIGGER {name}"))
    else:
        triggers = []
        db.execute(text("SET session_replication_role = replica"))
    for statement in statements:
        db.execute(text(statement))
    for _, definition in triggers:
        db.execute(text(definition))
    if not triggers:
        db.execute(text("SET session_replication_role = DEFAULT"))


@pytest.mark.usefixtures("three_lines")
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE journal_line SET about = 'kit' WHERE number = 2", "at line 2: it was altered"),
        ("DELETE FROM journal_line WHERE number = 2", "at line 3: line 2 is missing"),
        ("DELETE FROM journal_line WHERE number = 3", "at line 2: it ends here, but had 3 lines"),
        ("UPDATE journal_head SET seal = 'x'", "at line 3: the seal of its end is missing"),
        (
            "DELETE FROM journal_line; UPDATE journal_head SET number = 0, hash = ''",
            "at line 0: it ends here",
        ),
    ],
)
def test_whoever_goes_past_the_triggers_is_found(app, db, statement, told):
    without_triggers(db, *statement.split(";"))

    outcome = verified(app)
    assert outcome.exit_code == 1
    assert f"The journal is not what it was, {told}" in outcome.output


@pytest.mark.usefixtures("three_lines")
def test_an_end_that_was_tampered_with_is_not_sealed_again_by_what_follows(app, db, ada, caplog):
    """Cut off the last line, set the head back: the portal's next line does not make it good."""
    second = db.scalar(select(JournalLine.hash).where(JournalLine.number == 2))
    without_triggers(
        db,
        "DELETE FROM journal_line WHERE number = 3",
        f"UPDATE journal_head SET number = 2, hash = '{second}'",
    )
    with app.app_context(), transaction() as writing:
        note(writing, What.FEED_MADE, by=ada)

    assert "the end of the journal is not the one that was sealed" in caplog.text
    assert db.scalar(select(JournalHead.number)) == 3
    assert verified(app).exit_code == 1


@pytest.mark.usefixtures("three_lines")
def test_an_end_that_is_accepted_is_sealed_and_that_it_was_is_written_down(app, db):
    db.execute(text("UPDATE journal_head SET seal = 'x'"))

    outcome = app.test_cli_runner().invoke(args=["journal", "accept", "--yes"])

    assert outcome.output == "Accepted as it stands, at line 3.\n"
    assert written(db)[-1] == ("journal-accepted", "operator", None, None, None)
    assert verified(app).exit_code == 0


def test_forty_at_once_write_one_chain(app, db, ada, settings):
    apps = [create_app(settings) for _ in range(4)]

    def write(place):
        with apps[place % 4].app_context(), transaction() as writing:
            note(writing, What.SIGNED_IN, by=ada)

    outcomes = all_at_once([lambda place=place: write(place) for place in range(40)])
    for each in apps:
        each.extensions["engine"].dispose()

    assert outcomes == [None] * 40
    assert "All 40 lines are as they were written." in verified(app).output


@pytest.mark.usefixtures("three_lines")
def test_where_the_journal_stands_is_kept_beside_the_database_once_a_day(app, db, now):
    for _ in range(2):
        with app.app_context(), transaction() as writing:
            keep_an_anchor(writing, now=now)
    path = app.config["INSTANCE"] / "journal.anchors"
    assert len(path.read_text().splitlines()) == 1
    assert path.stat().st_mode & 0o077 == 0
    # Nobody reads there how far it was, or makes one up.
    assert db.scalar(select(JournalHead.hash)) not in path.read_text()

    # Whoever has kept an old head sets the journal back to it, with its seal.
    seal = db.scalar(select(JournalHead.seal))
    with app.app_context(), transaction() as writing:
        note(writing, What.FEED_MADE, by=Hand.PORTAL)
    with app.app_context(), transaction() as writing:
        keep_an_anchor(writing, now=now + timedelta(days=1))
    third = db.scalar(select(JournalLine.hash).where(JournalLine.number == 3))
    without_triggers(db, "DELETE FROM journal_line WHERE number = 4")
    db.execute(
        text("UPDATE journal_head SET number = 3, hash = :hash, seal = :seal"), {"hash": third, "seal": seal}
    )

    assert "at line 3: it ends here, but once had 4 lines" in verified(app).output
