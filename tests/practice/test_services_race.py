"""Two who begin to set the practice up at the same moment: what both said is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.database import transaction
from portal.practice.models import Practice
from portal.practice.services import name_practice, say_about
from tests import make
from tests.scheduling.crowd import all_at_once


@pytest.mark.parametrize("_again", range(5))
def test_two_first_pages_sent_at_once_are_one_row_with_both(app, db, _again):
    ada = make.therapist(db)

    def say(service, **said):
        def act():
            with app.app_context(), transaction() as writing:
                service(writing, by=writing.merge(ada, load=False), **said)

        return act

    told = all_at_once(
        [say(name_practice, name="Willow Street"), say(say_about, about="Two chairs.", reached_by="")]
    )

    assert told == [None, None]
    row = db.scalars(select(Practice)).one()
    assert (row.name, row.about) == ("Willow Street", "Two chairs.")
