"""Where the three steps of a client's way stand."""

from __future__ import annotations

import pytest

from portal.journey.steps import Standing, minutes_together, standings
from portal.scheduling.lifecycle import Status

NOTHING = {"said_read": False, "questions": 8, "answers_begun": False, "answers_sent": False, "held": []}
CONFIRMED, REQUESTED = Status.CONFIRMED, Status.REQUESTED
OPEN, BEGUN, DONE = Standing.OPEN, Standing.BEGUN, Standing.DONE


@pytest.mark.parametrize(
    ("so", "reading", "questions", "time", "points_at"),
    [
        ({}, OPEN, OPEN, OPEN, "reading"),
        ({"said_read": True}, DONE, OPEN, OPEN, "questions"),
        ({"said_read": None}, Standing.ABSENT, OPEN, OPEN, "questions"),
        ({"said_read": None, "questions": 0}, Standing.ABSENT, Standing.ABSENT, OPEN, "time"),
        ({"answers_begun": True}, OPEN, BEGUN, OPEN, "reading"),
        ({"said_read": True, "answers_begun": True}, DONE, BEGUN, OPEN, "questions"),
        ({"said_read": True, "answers_sent": True}, DONE, DONE, OPEN, "time"),
        ({"said_read": True, "answers_sent": True, "questions": 0}, DONE, DONE, OPEN, "time"),
        ({"held": [REQUESTED]}, OPEN, OPEN, Standing.WAITING, "reading"),
        ({"held": [Status.PROPOSED]}, OPEN, OPEN, BEGUN, "reading"),
        ({"held": [Status.KEPT]}, OPEN, OPEN, BEGUN, "reading"),
        ({"held": [CONFIRMED, REQUESTED]}, OPEN, OPEN, Standing.MOVING, "reading"),
        ({"said_read": True, "answers_sent": True, "held": [CONFIRMED]}, DONE, DONE, DONE, None),
        ({"said_read": True, "answers_sent": True, "held": [Status.PROPOSED]}, DONE, DONE, BEGUN, "time"),
    ],
)
def test_each_step_says_how_it_stands_whatever_the_others_say(so, reading, questions, time, points_at):
    found = standings(**NOTHING | so)

    assert (found.reading, found.questions, found.time) == (reading, questions, time)
    assert found.next_open == points_at


@pytest.mark.parametrize(("parts", "minutes"), [((4, 5), 10), ((5, 5), 10), ((6, 5), 15), ((1,), 5), ((), 0)])
def test_what_it_takes_in_all_is_never_said_to_be_less(parts, minutes):
    assert minutes_together(*parts) == minutes
