"""What every page knows of the practice, and for how long it remembers it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal import clock
from portal.practice.facts import Facts, current_practice
from portal.practice.models import Absence
from tests import make


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((1, 2, 3, 4), "Monday to Thursday"),
        ((1, 2, 3, 4, 5, 6, 7), "Monday to Sunday"),
        ((1, 3, 5), "Monday, Wednesday and Friday"),
        ((2, 4), "Tuesday and Thursday"),
        ((1, 2), "Monday and Tuesday"),
        ((6,), "Saturday"),
        ((4, 1), "Monday and Thursday"),
    ],
)
def test_the_days_on_which_somebody_reads_in_words(days, words):
    assert Facts(answering_days=days).watched == (
        f"This portal is not watched around the clock. Messages are read {words}."
    )


def test_a_practice_that_has_said_nothing_has_facts_all_the_same(inside_app, db):
    assert current_practice() == Facts()


def test_what_the_practice_said_is_what_pages_know(inside_app, db):
    make.practice(db, name="Willow Street", country="IE", answering_days="1,3")

    facts = current_practice()

    assert (facts.name, facts.country, facts.answering_days) == ("Willow Street", "IE", (1, 3))


def test_the_facts_are_remembered_for_ten_seconds_and_then_looked_up_again(
    inside_app, db, queries, monkeypatch
):
    monkeypatch.setattr(clock, "ticks", lambda: 1000.0)
    practice = make.practice(db, name="Before")
    assert current_practice().name == "Before"

    practice.name = "After"
    db.flush()

    monkeypatch.setattr(clock, "ticks", lambda: 1009.9)
    with queries() as seen:
        assert current_practice().name == "Before"
    assert seen == []
    monkeypatch.setattr(clock, "ticks", lambda: 1010.0)
    assert current_practice().name == "After"


def test_what_is_forgotten_is_looked_up_at_once(inside_app, app, db):
    practice = make.practice(db, name="Before")
    assert current_practice().name == "Before"

    practice.name = "After"
    db.flush()
    app.extensions["practice"].forget()

    assert current_practice().name == "After"


def test_while_it_is_away_every_page_says_from_when_on_messages_are_read(inside_app, app, db, now, later):
    make.practice(db, answering_days="1,2,3,4")
    db.add(Absence(first_day=date(2027, 3, 1), last_day=date(2027, 3, 4)))
    db.flush()
    app.extensions["practice"].forget()

    facts = current_practice()
    assert facts.away is not None
    # Friday is no answering day.
    assert facts.watched == (
        "This portal is not watched now. The practice is away, and reads messages from Monday 8 March on."
    )
    later(now + timedelta(days=4))
    app.extensions["practice"].forget()
    assert current_practice().away is None
    assert current_practice().watched.endswith("Messages are read Monday to Thursday.")
