"""A practice moves into another database with every row, or stays where it is."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.database import Base, make_engine, transaction
from portal.jobs.heartbeat import beat
from portal.journal.models import JournalLine
from portal.safekeeping.tables import digest
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from tests import make
from tests.safekeeping.places import empty_place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, database_url, migrated_postgres, tmp_path):
    """An empty database of either kind, whichever kind the practice is in."""
    server = migrated_postgres.url.render_as_string(hide_password=False)
    near = database_url if database_url.startswith(request.param) else server
    return empty_place(near, tmp_path, name="moved", kind=request.param)


def all_rows(url):
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: digest(connection, table)
            for table in Base.metadata.sorted_tables
            # That it was moved is a line more.
            if not table.name.startswith("journal_")
        }
    engine.dispose()
    return found


def test_a_practice_moves_into_another_database(run, another, people, database_url, place, db, now):
    ada, sam = people
    later = make.consultation(db, client=sam, therapist=ada, starts_at=now, status=Status.REPLACED)
    earlier = db.scalars(select(Consultation).where(Consultation.id != later.id)).one()
    # A row that refers to one which comes after it.
    earlier.replaces_id = later.id
    db.flush()
    before = all_rows(database_url)

    code, said = run("move-to", place)

    assert code == 0, said
    assert "Everything is there, and was compared" in said
    assert all_rows(place) == before == all_rows(database_url)
    elsewhere = another(database_url=place)
    with elsewhere.extensions["database"]() as there:
        client = there.scalars(select(Client)).one()
        there.refresh(client, ["data_key"])
        assert name_of(there, client) == "Sam Quokka"
        assert there.scalars(select(JournalLine.what).order_by(JournalLine.number)).all()[-1] == "moved"
    assert run("journal", "verify", app=elsewhere)[0] == 0
    # New rows get numbers of their own.
    with elsewhere.app_context(), transaction() as writing:
        make.client(writing)
        make.consultation(
            writing, client=make.client(writing), therapist=make.therapist(writing), starts_at=now
        )


def test_nothing_is_moved_over_something_else(run, another, people, place):
    assert run("move-to", place)[0] == 0
    before = all_rows(place)

    code, said = run("move-to", place)

    assert (code, "The other database is not empty" in said) == (1, True)
    assert all_rows(place) == before


def test_what_arrives_differently_does_not_stay(run, people, place, monkeypatch):
    real = digest

    def differing(connection, table, **more):
        same = real(connection, table, **more)
        return (0, "") if table.name == "client" and str(connection.engine.url) in place else same

    monkeypatch.setattr("portal.safekeeping.moving.digest", differing)

    code, said = run("move-to", place)

    assert (code, "What arrived differs in client" in said) == (1, True)
    assert {count for count, _ in all_rows(place).values()} == {0}


def test_it_is_said_when_the_portal_still_runs(app, run, people, place, now):
    with app.app_context(), transaction() as writing:
        beat(writing, "a worker", now=now)

    code, said = run("move-to", place)

    assert (code, "Stop the portal first" in said) == (1, True)
    assert run("move-to", place, "--even-while-running")[0] == 0


@pytest.mark.parametrize("address", ["nonsense", "oracle://x", "postgresql://nobody@127.0.0.1:1/x"])
def test_an_address_where_nothing_can_be_is_said_in_one_line(run, people, address):
    code, said = run("move-to", address)

    assert code == 1
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 2


def test_an_old_row_that_no_table_of_ours_holds_is_not_in_the_way(run, people, place, db):
    db.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))

    assert run("move-to", place)[0] == 0
    db.execute(text("DROP TABLE somebody_elses"))
