"""What is left to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.founding.first_pages import Page
from portal.founding.leftover import Left, Standing, left_to_do

TODAY = date(2027, 3, 1)
WHOLE = Standing(
    is_named=True,
    name_tells=False,
    has_second_step=True,
    has_country=True,
    has_help_lines=True,
    help_lines_confirmed_on=TODAY,
    today=TODAY,
    has_hours=True,
    mail_arrives=True,
    settled=frozenset(Page),
)
ALMOST_A_YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("so", "left"),
    [
        ({}, []),
        ({"is_named": False}, [Left.NAME]),
        ({"name_tells": True}, [Left.NAME_TELLS]),
        ({"has_second_step": False}, [Left.SECOND_STEP]),
        (
            {"has_country": False, "has_help_lines": False, "help_lines_confirmed_on": None},
            [Left.COUNTRY],
        ),
        ({"has_help_lines": False, "help_lines_confirmed_on": None}, [Left.NO_HELP_LINES]),
        ({"help_lines_confirmed_on": None}, [Left.HELP_LINES]),
        ({"help_lines_confirmed_on": TODAY - ALMOST_A_YEAR}, []),
        ({"help_lines_confirmed_on": TODAY - ALMOST_A_YEAR - timedelta(days=1)}, [Left.HELP_LINES_OLD]),
        ({"has_hours": False}, [Left.HOURS]),
        ({"mail_arrives": False}, [Left.MAIL]),
        ({"settled": frozenset([Page.NAME])}, [Left.ANSWERS, Left.ABOUT]),
        # Described at a terminal: nobody walks through its pages.
        ({"settled": frozenset()}, []),
    ],
)
def test_each_thing_is_left_until_it_is_done(so, left):
    assert left_to_do(replace(WHOLE, **so)) == left


def test_what_clients_would_be_worse_off_for_is_serious():
    assert [each for each in Left if not each.is_serious] == [
        Left.NAME_TELLS,
        Left.HELP_LINES_OLD,
        Left.ANSWERS,
        Left.ABOUT,
    ]


def test_everything_that_may_be_left_is_done_on_some_page():
    assert {each.page for each in Left} == set(Page)
