"""Keys and words are sealed anew while the portal runs, also after an interruption, and nothing is lost."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.accounts.services import keep_name, own_key
from portal.app import create_app
from portal.database import transaction
from portal.intake.models import Intake
from portal.intake.sent import sent_intake_of
from portal.journal.models import JournalLine
from portal.safekeeping.rotating import drop_idle_keys, seal_keys_anew, seal_words_anew
from portal.safekeeping.sealed import SEALED
from portal.vault.keyring import CannotBeOpened, key_id
from portal.vault.models import DataKey
from portal.vault.words import unseal
from tests import make
from tests.safekeeping.filled import everything_sealed

NEW = bytes(range(32, 64))


@pytest.fixture
def sam(app, now):
    with app.test_request_context():
        return everything_sealed(app, now)[1]


@pytest.fixture
def under(settings):
    """Another process of the same practice, started with these keys."""
    started = []

    def start(*master_keys):
        started.append(create_app(dataclasses.replace(settings, master_keys=master_keys)))
        return started[-1]

    yield start
    for each in started:
        each.extensions["engine"].dispose()


def everybodys_keys(db):
    db.expire_all()
    return list(db.scalars(select(DataKey)))


def keys_seal_with(db):
    return {bytes(key.sealed_key[1:5]) for key in everybodys_keys(db)}


def all_words(db):
    """Every word there is, opened with a session that has opened nothing yet."""
    db.expire_all()
    db.info.pop("opened_keys", None)
    return sorted(
        unseal(db, key, sealed, of=place)
        for key in db.scalars(select(DataKey).where(DataKey.destroyed_at.is_(None)))
        for column in SEALED
        for _, place, sealed in column.sealed_with(db, key.id)
    )


def later_client(db, sam):
    client = db.scalars(
        select(Client).where(Client.id == sam.id).execution_options(populate_existing=True)
    ).one()
    db.refresh(client, ["data_key"])
    return client


def test_after_a_rotation_the_old_master_key_is_needed_no_more(app, db, settings, sam, under):
    before, (old,) = all_words(db), settings.master_keys
    both = under(NEW, old)

    outcome = both.test_cli_runner().invoke(args=["keys", "rotate"])

    assert outcome.exit_code == 0
    assert "The older ones can go." in outcome.output
    assert keys_seal_with(db) == {key_id(NEW)}
    with under(NEW).extensions["database"]() as alone:
        assert all_words(alone) == before
    lines = select(JournalLine.what).order_by(JournalLine.number)
    assert db.scalars(lines).all()[-1] == "keys-sealed-anew"


def test_a_rotation_that_was_interrupted_goes_on_where_it_was(app, db, settings, sam, under):
    both = under(NEW, *settings.master_keys)
    with both.app_context(), contextlib.closing(seal_keys_anew(at_once=1)) as work:
        assert next(work) == (1, 0)
    assert len(keys_seal_with(db)) == 2

    with both.app_context():
        assert list(seal_keys_anew()) == [(len(everybodys_keys(db)), 0)]
    assert keys_seal_with(db) == {key_id(NEW)}


def test_a_key_whose_master_key_is_lost_is_counted_and_left_as_it_is(app, db, settings, sam, under):
    with_another = under(NEW)

    outcome = with_another.test_cli_runner().invoke(args=["keys", "rotate"])

    assert outcome.exit_code == 1
    count = len(everybodys_keys(db))
    assert f"{count} of {count} keys cannot be opened" in outcome.output
    assert all_words(db)


def sealed_bytes(db):
    db.expire_all()
    return {
        (column.column.key, place): sealed
        for key in db.scalars(select(DataKey))
        for column in SEALED
        for _, place, sealed in column.sealed_with(db, key.id)
    }


def test_every_word_is_sealed_anew_with_a_new_key(app, db, now, later, sam):
    words, before = all_words(db), sealed_bytes(db)

    outcome = app.test_cli_runner().invoke(args=["keys", "rotate", "--rows"])

    assert "All words are sealed anew." in outcome.output
    after = sealed_bytes(db)
    assert after.keys() == before.keys()
    assert [name for name in before if before[name][:5] == after[name][:5]] == []
    assert all_words(db) == words
    # An hour later the worker forgets the old keys, and nothing is missing.
    with app.app_context(), transaction() as writing:
        drop_idle_keys(writing, now=now + timedelta(minutes=59))
    assert all(key.renewed_at for key in db.scalars(select(DataKey)))
    with app.app_context(), transaction() as writing:
        drop_idle_keys(writing, now=now + timedelta(hours=1))
    assert all_words(db) == words
    assert {key.renewed_at for key in db.scalars(select(DataKey))} == {None}
    # What was sealed before, a stolen copy of it, is not opened any more.
    key = db.scalars(select(DataKey).where(DataKey.id == sam.data_key_id)).one()
    with pytest.raises(CannotBeOpened):
        unseal(
            db, key, before["sealed_name", f"client.name:{sam.reference}"], of=f"client.name:{sam.reference}"
        )


def test_who_writes_meanwhile_with_the_key_from_before_loses_nothing(app, db, now, sam):
    """They had opened the page before the key was renewed, and press the button afterwards."""
    with app.app_context():
        with app.extensions["database"]() as slow:
            writer = later_client(slow, sam)
            assert name_of(slow, writer) == "Sam Quokka"
            list(seal_words_anew(now=now))
            keep_name(slow, writer, "Sam Written Late")
            late = writer.sealed_name
            slow.rollback()
        with transaction() as writing:
            writing.execute(update(Client).where(Client.id == sam.id).values(sealed_name=late))
        with transaction() as writing:
            drop_idle_keys(writing, now=now + timedelta(hours=2))

    db.info.pop("opened_keys", None)
    assert name_of(db, later_client(db, sam)) == "Sam Written Late"


def test_who_reads_meanwhile_with_the_key_from_before_reads_on(app, db, now, sam):
    reader = later_client(db, sam)
    assert name_of(db, reader) == "Sam Quokka"

    with app.app_context():
        list(seal_words_anew(now=now))

    assert sent_intake_of(db, reader).rows[0].shown == ["Sam"]


def test_a_row_that_changes_in_this_moment_is_not_overwritten(app, db, now, sam):
    column = next(each for each in SEALED if each.column is Client.sealed_name)
    row, _, sealed = next(column.sealed_with(db, sam.data_key_id))
    with app.app_context():
        with transaction() as writing:
            keep_name(writing, later_client(writing, sam), "Sam Meanwhile")
        with transaction() as writing:
            writing.execute(column.replacing(row, sealed, b"sealed from what was read before"))

    assert name_of(db, later_client(db, sam)) == "Sam Meanwhile"


def test_sealing_anew_twice_changes_nothing_the_second_time(app, db, now, sam):
    with app.app_context():
        list(seal_words_anew(now=now))
        once = sealed_bytes(db)
        list(seal_words_anew(now=now))

    assert sealed_bytes(db) == once


def test_a_page_that_was_drawn_before_is_not_out_of_date_because_of_it(app, db, now, sam):
    version = db.scalar(select(Intake.version))

    with app.app_context():
        list(seal_words_anew(now=now))

    db.expire_all()
    assert db.scalar(select(Intake.version)) == version


def test_a_therapist_has_a_data_key_of_their_own_once_it_is_asked_for(app, db, now):
    ada = make.therapist(db)
    with app.app_context():
        made = []
        for _ in range(2):
            with transaction() as writing:
                made.append(own_key(writing, writing.merge(ada), now=now).id)

    assert made[0] == made[1]
