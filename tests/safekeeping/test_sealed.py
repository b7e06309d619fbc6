"""No column holds sealed words that the portal could not seal anew, or erase."""

from __future__ import annotations

from sqlalchemy import LargeBinary, select

from portal.accounts.models import Client
from portal.calendars.models import CalendarSource
from portal.database import Base, transaction
from portal.intake.models import Intake
from portal.privacy.models import Erasure
from portal.privacy.queries import note_row
from portal.privacy.retention import Reason
from portal.privacy.services import ask_for_copy_of_all
from portal.safekeeping.sealed import SEALED
from portal.scheduling.models import Consultation
from portal.vault.models import DataKey
from portal.vault.words import seal, unseal
from tests import make
from tests.safekeeping.filled import everything_sealed

# Bytes that are no sealed words, each with the reason why they are not on the list.
NO_WORDS = {
    "data_key.sealed_key": "it is what seals the others; the master key seals it",
    "journal_head.seal": "the journal's own, written anew with each line",
    "passkey.credential_id": "not sealed: a passkey's name for itself, by which it is found",
    "passkey.public_key": "not sealed: it opens nothing",
    "begun_step.challenge": "not sealed: random, and good for ten minutes",
    "brought_file.content": "not sealed: a file of questions, in which nobody says anything",
}


def test_every_column_of_sealed_bytes_is_on_the_list():
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    listed = {f"{each.table.name}.{each.column.key}" for each in SEALED}

    assert found - set(NO_WORDS) == listed, "say in safekeeping/sealed.py how its words are opened"


def test_the_list_says_for_which_place_each_of_them_is_sealed(app, db, now):
    """Each column, in a row with words in it, opens as the list says."""
    with app.test_request_context():
        ada, sam = everything_sealed(app, now)
        with transaction() as writing:
            ask_for_copy_of_all(writing, writing.merge(ada), now=now)
            note = seal(writing, writing.get_one(DataKey, sam.data_key_id), "x", of=note_row(sam.reference))
            kept = {"client_id": sam.id, "begun_at": now, "due_at": now, "sealed_note": note}
            writing.add(Erasure(reason=Reason.KEPT_LONG_ENOUGH, **kept))

    opened = {}
    for column in SEALED:
        for key in db.scalars(select(DataKey)):
            for _, place, sealed in column.sealed_with(db, key.id):
                opened[f"{column.table.name}.{column.column.key}"] = unseal(db, key, sealed, of=place)
    assert {name for name, words in opened.items() if words} == {
        f"{each.table.name}.{each.column.key}" for each in SEALED
    }


def test_words_of_one_client_are_found_by_their_key_alone(db, now):
    sam, kit = make.client(db, name="Sam"), make.client(db, name="Kit")
    make.intake(db, client=kit, said={"name": "Kit"}, sent_at=now)

    def words_under(client):
        return [sealed for each in SEALED for _, _, sealed in each.sealed_with(db, client.data_key_id)]

    assert words_under(sam) == [sam.sealed_name]
    assert len(words_under(kit)) == 3


def test_nothing_else_of_these_tables_is_sealed():
    """A sealed column is called so, as a reader of the tables expects."""
    for table in (Client, CalendarSource, Intake, Consultation):
        for column in table.__table__.columns:
            assert column.name.startswith("sealed_") == isinstance(column.type, LargeBinary), column
