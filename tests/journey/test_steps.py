"""Where the three steps of a client's way stand."""

from __future__ import annotations

import pytest

from portal.journey.steps import Standing, standings

NOTHING = {
    "said_read": False,
    "answers_begun": False,
    "answers_sent": False,
    "time_asked": False,
    "time_confirmed": False,
}


@pytest.mark.parametrize(
    ("done", "reading", "questions", "time", "points_at"),
    [
        ((), Standing.OPEN, Standing.OPEN, Standing.OPEN, "reading"),
        (("said_read",), Standing.DONE, Standing.OPEN, Standing.OPEN, "questions"),
        (("answers_begun",), Standing.OPEN, Standing.BEGUN, Standing.OPEN, "reading"),
        (("said_read", "answers_begun"), Standing.DONE, Standing.BEGUN, Standing.OPEN, "questions"),
        (("said_read", "answers_sent"), Standing.DONE, Standing.DONE, Standing.OPEN, "time"),
        (("time_asked",), Standing.OPEN, Standing.OPEN, Standing.WAITING, "reading"),
        (
            ("said_read", "answers_begun", "answers_sent", "time_asked", "time_confirmed"),
            Standing.DONE,
            Standing.DONE,
            Standing.DONE,
            None,
        ),
    ],
)
def test_each_step_says_how_it_stands_whatever_the_others_say(done, reading, questions, time, points_at):
    found = standings(**NOTHING | dict.fromkeys(done, True))

    assert (found.reading, found.questions, found.time) == (reading, questions, time)
    assert found.next_open == points_at
