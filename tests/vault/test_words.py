"""A client's words are sealed under a key of their own, and are nowhere to be read in the database."""

from __future__ import annotations

import pytest

from portal.vault.keyring import CannotBeOpened, Keyring
from portal.vault.words import make_data_key, seal, unseal
from tests import make

CANARY = "a canary that sings at night"


def test_words_are_unsealed_for_the_row_that_they_were_sealed_for(db, now):
    key = make_data_key(db, now=now)
    sealed = seal(db, key, "Grüße, 日本", of="answer.value:1")

    assert unseal(db, key, sealed, of="answer.value:1") == "Grüße, 日本"
    with pytest.raises(CannotBeOpened):
        unseal(db, key, sealed, of="answer.value:2")


def test_one_client_s_key_does_not_open_another_s_words(db, now):
    mine, theirs = make_data_key(db, now=now), make_data_key(db, now=now)
    sealed = seal(db, mine, "mine", of="answer.value:1")

    with pytest.raises(CannotBeOpened):
        unseal(db, theirs, sealed, of="answer.value:1")


def test_a_data_key_that_was_moved_to_another_row_opens_nothing(app, db, now):
    mine, theirs = make_data_key(db, now=now), make_data_key(db, now=now)
    sealed = seal(db, theirs, "theirs", of="answer.value:1")
    db.flush()
    mine.sealed_key = theirs.sealed_key

    with app.extensions["database"]() as another_session, pytest.raises(CannotBeOpened):
        unseal(another_session, mine, sealed, of="answer.value:1")


def test_a_new_master_key_seals_new_data_keys_and_the_old_one_opens_the_rest(app, db, now):
    before = make_data_key(db, now=now)
    sealed = seal(db, before, "from before", of="answer.value:1")
    old, new = app.config["MASTER_KEYS"][0], bytes(range(32, 64))

    with app.extensions["database"](info={"keyring": Keyring([new, old])}) as rotated:
        after = make_data_key(rotated, now=now)
        assert unseal(rotated, before, sealed, of="answer.value:1") == "from before"
    with app.extensions["database"](info={"keyring": Keyring([new])}) as without_the_old:
        assert seal(without_the_old, after, "from now on", of="answer.value:1")
        with pytest.raises(CannotBeOpened):
            unseal(without_the_old, before, sealed, of="answer.value:1")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_none_of_a_client_s_words_are_in_the_database_s_files(db, tmp_path):
    client = make.client(db, name=CANARY)

    files = {path.name: path.read_bytes() for path in tmp_path.glob("portal.db*")}
    # What is not a word is there, so the words would be.
    assert any(client.reference.encode() in content for content in files.values())
    assert not [name for name, content in files.items() if CANARY.encode() in content]
    assert not [name for name, content in files.items() if b"sings at night" in content]
