"""What takes everything along, or away, is done only by who has just proved who they are."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.journal.models import JournalLine
from portal.privacy.models import CopyOfAll, Erasure
from tests.accounts.pages import post

_LATER = timedelta(minutes=10, seconds=1)


def done(db):
    db.expire_all()
    copied = db.scalars(select(JournalLine).where(JournalLine.what == "copy-taken")).all()
    return [*copied, *db.scalars(select(Erasure)), *db.scalars(select(CopyOfAll))]


def test_a_copy_and_an_erasure_ask_first_who_it_is(db, sams, now, later):
    for path in ("/account/copy", "/account/erasure"):
        sams.open("/account")
        later(now + _LATER)

        answer = post(sams, path)

        assert (answer.status_code, "Is it you?" in answer.text) == (403, True), path
    assert done(db) == []
    assert sams.open("/account/copy").heading == "Is it you?"


def test_so_do_copies_at_the_desk(db, adas, sam, now, later):
    for path in ("/desk/copies", f"/desk/clients/{sam.reference}/copy"):
        adas.open("/account")
        later(now + _LATER)

        answer = post(adas, path)

        assert (answer.status_code, "Is it you?" in answer.text) == (403, True), path
        assert adas.open(path).heading == "Is it you?", path
    assert done(db) == []
