"""A therapist's notes: theirs alone, sealed with a key of their own, and never lost between two windows."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Therapist
from portal.notes.models import Note, NotesKey
from portal.notes.queries import notes_about
from portal.notes.services import write_note
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import unseal
from tests import make
from tests.browser import Browser

_WORDS = "Spoke softly of the lake.\nAsk about it again."


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def desk(ada, browser):
    browser.sign_in(ada)
    return browser


def test_a_note_is_written_changed_and_removed(sam, desk):
    desk.open(f"/desk/clients/{sam.reference}")
    desk.follow("Write a note")
    desk.fill("A note for yourself", _WORDS)
    page = desk.press("Keep this note")
    assert "Spoke softly of the lake." in page.text

    page = desk.open(f"/desk/clients/{sam.reference}")
    assert "Spoke softly of the lake." in page.text

    link = next(each for each in page.root.all("a") if each.text.startswith("Change or remove"))
    desk.open(link.get("href"))
    desk.fill("A note for yourself", "Only this.")
    page = desk.press("Keep it like this")
    assert "Only this." in page.text
    assert "lake" not in page.text

    link = next(each for each in page.root.all("a") if each.text.startswith("Change or remove"))
    desk.open(link.get("href"))
    page = desk.press("Remove it")
    assert "Nothing noted yet." in page.text


def test_of_two_windows_neither_text_is_lost(app, db, ada, sam, desk, now):
    note = _noted(app, ada, sam, now, "As it was.")
    elsewhere = Browser(app)
    elsewhere.sign_in(ada)
    for each in (desk, elsewhere):
        each.open(f"/desk/clients/{sam.reference}/notes/{note}")
    elsewhere.fill("A note for yourself", "What the other window says.")
    elsewhere.press("Keep it like this")

    desk.fill("A note for yourself", "What this window says.")
    page = desk.press("Keep it like this")
    assert "What the other window says." in page.text
    assert page.field_labelled("A note for yourself").text == "What this window says."
    assert [each.words for each in notes_about(db, ada, sam)] == ["What the other window says."]

    page = desk.press("Keep it like this")
    assert "What this window says." in page.text


def test_an_empty_note_is_asked_for_again(sam, desk):
    desk.open(f"/desk/clients/{sam.reference}/notes")
    desk.fill("A note for yourself", "   ")

    page = desk.press("Keep this note")

    assert page.errors == ["Write the note first"]


def test_the_clients_own_key_opens_no_note(app, db, ada, sam, now):
    _noted(app, ada, sam, now, _WORDS)
    note, key = db.scalars(select(Note)).one(), db.scalars(select(NotesKey)).one()

    assert key.data_key_id != sam.data_key_id
    assert b"lake" not in note.sealed_words
    with pytest.raises(CannotBeOpened):
        unseal(db, sam.data_key, note.sealed_words, of=f"note.words:{note.reference}")


def test_all_notes_about_one_client_share_one_key(app, db, ada, sam, now):
    _noted(app, ada, sam, now, "One.")
    _noted(app, ada, sam, now, "Two.")

    assert db.scalar(select(func.count()).select_from(NotesKey)) == 1
    assert [each.words for each in notes_about(db, ada, sam)] == ["Two.", "One."]


def test_a_colleague_who_takes_over_sees_no_note(app, db, ada, sam, now, browser):
    note = _noted(app, ada, sam, now, _WORDS)
    sam.therapist = make.therapist(db, name="Bea Lund")
    db.commit()
    browser.sign_in(db.scalars(select(Therapist).where(Therapist.name == "Bea Lund")).one())

    page = browser.open(f"/desk/clients/{sam.reference}/notes")
    assert "Nothing noted yet." in page.text
    browser.open(f"/desk/clients/{sam.reference}/notes/{note}", expect=404)


def test_notes_are_not_found_by_the_client_nor_by_another_therapist(app, db, ada, sam, now, browser):
    note = _noted(app, ada, sam, now, _WORDS)
    for person in (sam, make.therapist(db, name="Bea Lund")):
        browser.sign_in(person)
        for path in ("", f"/{note}"):
            browser.open(f"/desk/clients/{sam.reference}/notes{path}", expect=404)


def test_three_notes_cost_as_many_queries_as_one(app, ada, sam, now, desk, queries):
    _noted(app, ada, sam, now, "One.")
    desk.open(f"/desk/clients/{sam.reference}")
    with queries() as of_one:
        desk.open(f"/desk/clients/{sam.reference}")
    _noted(app, ada, sam, now, "Two.")
    _noted(app, ada, sam, now, "Three.")

    with queries() as of_three:
        desk.open(f"/desk/clients/{sam.reference}")

    assert len(of_three) == len(of_one)


def _noted(app, ada, sam, now, words) -> str:
    with app.extensions["database"]() as db:
        db.connection(execution_options={"write": True})
        note = write_note(db, ada, sam, words, now=now)
        db.commit()
        return note.reference
