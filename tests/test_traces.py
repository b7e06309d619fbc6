"""A log says where something broke, and nothing of what was typed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.database import make_engine
from portal.traces import without_words


def raised(problem, behind=None):
    try:
        raise problem from behind
    except Exception as caught:
        return caught


def test_places_and_kinds_are_told_but_no_words():
    told = without_words(raised(ValueError("I cannot sleep"), raised(KeyError("sam@example.org"))))

    lines = told.splitlines()
    assert (lines[0], lines[2], lines[3]) == ("builtins.KeyError", "and from it", "builtins.ValueError")
    assert lines[1].startswith("  tests/test_traces.py:")
    assert "sleep" not in told
    assert "sam@" not in told


def test_the_database_s_own_complaint_does_not_repeat_what_it_was_sent():
    engine = make_engine("sqlite://")

    with pytest.raises(OperationalError) as complaint, engine.connect() as connection:
        connection.execute(text("SELECT :words FROM nowhere"), {"words": "I cannot sleep"})
    assert "sleep" not in str(complaint.value)
    engine.dispose()


def test_a_chain_that_bites_its_own_tail_is_told_once():
    problem = ValueError()
    raised(problem, problem)

    assert without_words(problem).count("ValueError") == 1
