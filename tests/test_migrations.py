"""The migrations lead to exactly the tables that the models describe, and back."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from config import ROOT
from portal.database import Base


@pytest.fixture
def alembic(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    with engine.connect() as connection:
        yield Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection})
    engine.dispose()


def test_migrations_and_models_agree(alembic):
    command.upgrade(alembic, "head")

    context = MigrationContext.configure(alembic.attributes["connection"])
    assert compare_metadata(context, Base.metadata) == []


def test_every_migration_can_be_undone(alembic):
    command.upgrade(alembic, "head")
    command.downgrade(alembic, "base")

    assert inspect(alembic.attributes["connection"]).get_table_names() == ["alembic_version"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_held_before_there_were_windows_is_held_in_one(database, tmp_path, request):
    engine = create_engine(_empty_database(database, tmp_path, request))
    with engine.connect() as connection:
        alembic = Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection})
        command.upgrade(alembic, "0001")
        for statement in _FIRST_RELEASE.split(";"):
            connection.execute(text(statement))
        command.upgrade(alembic, "head")

        windows = connection.execute(
            text(
                "SELECT reference, gap_before, is_first, held_time.starts_at"
                " FROM held_time JOIN held_window ON held_window.id = held_time.window_id"
            )
        ).all()
        hours = connection.execute(text("SELECT weekday, ends_minute, weeks FROM working_hours")).all()
        command.downgrade(alembic, "0001")
        before = connection.execute(text("SELECT consultation_id FROM held_time")).all()
        connection.rollback()
    engine.dispose()

    assert [(reference, gap, bool(first)) for reference, gap, first, _ in windows] == [("kept", 10, True)] * 2
    assert hours == [(2, 1440, "every")]
    assert before == [(1,), (1,)]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_reading_has_what_it_says_as_its_first_revision(database, tmp_path, request):
    """As the sixth migration stored them: one that is published, and a draft."""
    engine = create_engine(_empty_database(database, tmp_path, request))
    with engine.connect() as connection:
        alembic = Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection})
        command.upgrade(alembic, "0006")
        for statement in _READINGS_BEFORE.split(";"):
            connection.execute(text(statement))
        command.upgrade(alembic, "0007")

        references = connection.scalars(text("SELECT reference FROM reading")).all()
        revisions = connection.execute(
            text(
                "SELECT slug, reading.version, number, reading_revision.markdown, reading_revision.version"
                " FROM reading JOIN reading_revision ON reading.id = reading_id ORDER BY reading.id"
            )
        ).all()
        takes = connection.scalars(text("SELECT takes_messages FROM practice")).all()
        command.downgrade(alembic, "0006")
        before = connection.scalars(text("SELECT slug FROM reading ORDER BY id")).all()
        connection.rollback()
    engine.dispose()

    assert [len(reference) for reference in set(references)] == [18, 18]
    assert [tuple(row) for row in revisions] == [("up", 1, 1, "Words.", 1), ("draft", 0, 1, "", None)]
    assert [bool(each) for each in takes] == [True]
    assert before == ["up", "draft"]


def test_an_older_portal_finds_first_answers_and_no_amendments(alembic):
    connection = alembic.attributes["connection"]
    command.upgrade(alembic, "head")
    for statement in _AMENDED.split(";"):
        connection.execute(text(statement))

    command.downgrade(alembic, "0003")

    assert connection.execute(text("SELECT reference FROM intake")).scalars().all() == ["first"]
    assert connection.execute(text("SELECT link_id FROM answer")).scalars().all() == ["sleep"]
    assert connection.execute(text("SELECT count(*) FROM lamp")).scalar() == 0
    assert "amends_id" not in {each["name"] for each in inspect(connection).get_columns("intake")}
    command.upgrade(alembic, "head")
    kept = connection.execute(text("SELECT says_more, amends_id FROM intake")).one()
    assert (bool(kept[0]), kept[1]) == (False, None)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_lamps_from_before_know_their_question_and_the_unseen_are_told_of_again(database, tmp_path, request):
    engine = create_engine(_empty_database(database, tmp_path, request))
    with engine.connect() as connection:
        alembic = Config(toml_file=ROOT / "pyproject.toml", attributes={"connection": connection})
        command.upgrade(alembic, "0001")
        for statement in (*_FIRST_RELEASE.split(";")[:3], *_LAMPS.split(";")):
            connection.execute(text(statement))
        command.upgrade(alembic, "head")

        lamps = connection.execute(text("SELECT question, status, times_told FROM lamp ORDER BY id")).all()
        jobs = connection.execute(text("SELECT kind, subject FROM job")).all()
        command.downgrade(alembic, "0001")
        kept = connection.execute(text("SELECT count(*) FROM lamp")).scalar()
        connection.rollback()
    engine.dispose()

    assert lamps == [("Are you safe?", "lit", 1), ("", "seen", 0)]
    assert jobs == [("tell-of-lamp", "unseen")]
    assert kept == 2


def test_migrations_are_one_numbered_line(alembic):
    revisions = [step.revision for step in ScriptDirectory.from_config(alembic).walk_revisions()]

    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]


def _empty_database(database, tmp_path, request):
    if database == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    server = request.getfixturevalue("migrated_postgres").url
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"old_{tmp_path.name}".replace("-", "_")[:60].lower()
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return server.set(database=name)


# Sent, and amended twice: one of them was sent, and the other dropped.
_AMENDED = """
INSERT INTO data_key (id, reference, sealed_key, made_at) VALUES (1, 'key', 'x', '2027-01-01 00:00:00');
INSERT INTO client (id, reference, email, password_hash, data_key_id, joined_at, reminders)
VALUES (1, 'sam', 'sam@example.org', '', 1, '2027-01-01 00:00:00', '');
INSERT INTO questionnaire_version (id, name, number, definition, definition_hash, published_at)
VALUES (1, 'q', 1, '{}', 'ab', '2027-01-01 00:00:00');
INSERT INTO intake (id, reference, client_id, version_id, begun_at, saved_at, sent_at, version)
VALUES (1, 'first', 1, 1, '2027-01-01 00:00:00', '2027-01-01 00:00:00', '2027-01-02 00:00:00', 1);
INSERT INTO intake (id, reference, client_id, version_id, amends_id, begun_at, saved_at, dropped_at, version)
VALUES (2, 'dropped', 1, 1, 1, '2027-01-01 00:00:00', '2027-01-01 00:00:00', '2027-01-02 00:00:00', 1);
INSERT INTO intake (id, reference, client_id, version_id, amends_id, begun_at, saved_at, sent_at, version)
VALUES (3, 'amended', 1, 1, 1, '2027-01-01 00:00:00', '2027-01-01 00:00:00', '2027-01-02 00:00:00', 1);
INSERT INTO answer (intake_id, link_id, state, saved_at, revision, page, turn)
VALUES (1, 'sleep', 'skipped', '2027-01-01 00:00:00', 1, '', 0);
INSERT INTO answer (intake_id, link_id, state, saved_at, revision, page, turn)
VALUES (3, 'sleep', 'skipped', '2027-01-01 00:00:00', 1, '', 0);
INSERT INTO earlier_answer (intake_id, link_id, version_id, sealed_words) VALUES (3, 'gone', 1, 'x');
INSERT INTO lamp (reference, client_id, intake_id, link_id, lit_at)
VALUES ('lamp', 1, 2, 'sleep', '2027-01-01 00:00:00')
"""
# As the first release stored them: one consultation that holds its time, and one that does not.
_FIRST_RELEASE = """
INSERT INTO therapist (id, reference, name, email, password_hash, time_zone, added_at)
VALUES (1, 'ada', 'Ada', 'ada@example.org', '', 'Europe/London', '2027-01-01 00:00:00');
INSERT INTO data_key (id, reference, sealed_key, made_at) VALUES (1, 'key', 'x', '2027-01-01 00:00:00');
INSERT INTO client (id, reference, email, password_hash, therapist_id, data_key_id, joined_at)
VALUES (1, 'sam', 'sam@example.org', '', 1, 1, '2027-01-01 00:00:00');
INSERT INTO working_hours (therapist_id, weekday, starts_minute, ends_minute) VALUES (1, 2, 600, 1440);
INSERT INTO consultation (id, reference, client_id, therapist_id, starts_at, ends_at, status, asked_at,
answer_by, calendar_uid, calendar_sequence, version)
VALUES (1, 'kept', 1, 1, '2027-03-02 10:00:00', '2027-03-02 10:10:00', 'confirmed', '2027-01-01 00:00:00',
'2027-01-01 00:00:00', 'one', 0, 1);
INSERT INTO consultation (id, reference, client_id, therapist_id, starts_at, ends_at, status, asked_at,
answer_by, calendar_uid, calendar_sequence, version)
VALUES (2, 'over', 1, 1, '2027-03-02 10:00:00', '2027-03-02 10:10:00', 'declined', '2027-01-01 00:00:00',
'2027-01-01 00:00:00', 'two', 0, 1);
INSERT INTO held_time (therapist_id, starts_at, consultation_id) VALUES (1, '2027-03-02 10:00:00', 1);
INSERT INTO held_time (therapist_id, starts_at, consultation_id) VALUES (1, '2027-03-02 10:05:00', 1)
"""

_READINGS_BEFORE = """
INSERT INTO reading (id, slug, title, summary, position, minutes, markdown, published_at, imported_at)
VALUES (1, 'up', 'Up', '', 1, 1, 'Words.', '2027-01-01 00:00:00', '2027-01-01 00:00:00');
INSERT INTO reading (id, slug, title, summary, position, minutes, markdown, published_at, imported_at)
VALUES (2, 'draft', 'Draft', '', 2, 1, '', NULL, '2027-01-01 00:00:00');
INSERT INTO practice (id, name, country, time_zone, answering_days, answers_within_days, answers_by_hour)
VALUES (1, 'Willow Street', 'GB', 'Europe/London', '1,2', 2, 18)
"""

# A lamp that nobody has seen, and one that was seen, of a question that its questionnaire does not have.
_LAMPS = """
INSERT INTO questionnaire_version (id, name, number, definition, definition_hash, published_at)
VALUES (1, 'first', 1, '{"items": [{"link_id": "safe", "text": "Are you safe?"}]}', '',
'2027-01-01 00:00:00');
INSERT INTO intake (id, reference, client_id, version_id, begun_at, saved_at, version)
VALUES (1, 'intake', 1, 1, '2027-01-01 00:00:00', '2027-01-01 00:00:00', 1);
INSERT INTO lamp (id, reference, client_id, intake_id, link_id, lit_at)
VALUES (1, 'unseen', 1, 1, 'safe', '2027-01-01 00:00:00');
INSERT INTO lamp (id, reference, client_id, intake_id, link_id, lit_at, seen_at)
VALUES (2, 'seen', 1, 1, 'gone', '2027-01-01 00:00:00', '2027-01-01 00:00:00')
"""
