"""Every list of the desk's that no other test counts costs the same for three rows as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.care.help_lines import Country, Line, kept
from portal.consent.lifecycle import TextStatus
from portal.intake.models import Intake
from portal.journal.lines import What
from portal.journal.noting import note
from portal.practice.models import Absence, Practice
from portal.privacy.models import CopyOfAll
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Phrase
from portal.vault.words import make_data_key
from tests import make


@pytest.fixture
def ada(db):
    make.practice(db)
    ada = make.therapist(db, name="Ada Marsh")
    ada.is_lead = True
    ada.data_key = make_data_key(db, now=ada.added_at)
    db.flush()
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


def phrases(db, ada, _sam, now, number):
    db.add(Phrase(therapist_id=ada.id, words=f"Words {number}."))


def readings(db, _ada, _sam, _now, number):
    make.reading(db, title=f"Reading {number}", position=number)


def colleagues(db, _ada, _sam, _now, number):
    make.therapist(db, name=f"Bea {number}")


def absences(db, _ada, _sam, now, number):
    day = now.date() + timedelta(days=10 * number)
    db.add(Absence(first_day=day, last_day=day))


def lines_of_help(db, _ada, _sam, _now, number):
    lines = tuple(
        Line(name=f"Line {each}", call=f"020 7946 000{each}", hours="at any hour")
        for each in range(number + 1)
    )
    row = db.scalars(select(Practice)).one()
    row.help_lines = kept(Country(code="GB", name="United Kingdom", emergency="999", lines=lines))


def lines_of_the_journal(db, ada, sam, _now, _number):
    note(db, What.RECORD_OPENED, by=ada, about=sam.reference)
    db.commit()


def intakes(db, _ada, sam, now, _number):
    last = db.scalars(select(Intake).where(Intake.client_id == sam.id).order_by(Intake.id.desc())).first()
    made = make.intake(db, client=sam, said={"name": "Sam"}, sent_at=now)
    made.amends_id = last.id if last else None


def kinds(db, ada, _sam, _now, number):
    make.kind(db, ada, name=f"Kind {number}", position=number)


def times_outside_hours(db, ada, sam, now, number):
    starts_at = now + timedelta(days=number + 1)
    make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=Status.CONFIRMED)


def texts(db, _ada, _sam, _now, number):
    make.agreement_text(db, title=f"Text {number}", status=TextStatus.PUBLISHED)


def copies(db, ada, _sam, now, _number):
    db.add(CopyOfAll(therapist_id=ada.id, asked_at=now, sealed_key=b"", finished_at=None))


LISTS = {
    "/desk/phrases": phrases,
    "/desk/clients/{sam}/suggestions": readings,
    "/desk/readings": readings,
    "/desk/colleagues": colleagues,
    "/desk/clients/{sam}/colleague": colleagues,
    "/desk/practice/away": absences,
    "/desk/practice/help-lines": lines_of_help,
    "/desk/journal": lines_of_the_journal,
    "/desk/journal?about={sam}": lines_of_the_journal,
    "/desk/clients/{sam}/answers/{first}": intakes,
    "/desk/hours": kinds,
    "/desk/hours/kinds": kinds,
    "/desk/hours/outside": times_outside_hours,
    "/desk/calendar": times_outside_hours,
    "/desk/calendar?view=agenda": times_outside_hours,
    "/desk/agreements": texts,
    "/desk/copies": copies,
}


@pytest.mark.parametrize(("address", "add"), LISTS.items(), ids=LISTS)
def test_three_rows_cost_the_same_queries_as_one(db, ada, sam, browser, queries, now, address, add):
    browser.sign_in(ada)
    add(db, ada, sam, now, 0)
    db.flush()
    first = db.scalar(select(Intake.reference).where(Intake.client_id == sam.id))
    path = address.format(sam=sam.reference, first=first)

    def cost():
        browser.open(path)
        with queries() as seen:
            browser.open(path)
        return len(seen), browser.page.text

    one, shown = cost()
    for number in (1, 2):
        add(db, ada, sam, now, number)
    db.flush()
    three, more = cost()

    assert three == one
    assert len(more) > len(shown), "the rows stand on the page"
