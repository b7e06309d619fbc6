"""Working hours from a terminal."""

from __future__ import annotations

from datetime import date

import pytest

from portal.diary import commands
from portal.diary.queries import rules_of
from tests import make

CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Mornings
DTSTART;TZID=Europe/London:20260105T090000
DTEND;TZID=Europe/London:20260105T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
END:VEVENT
BEGIN:VEVENT
SUMMARY:Spring
DTSTART;VALUE=DATE:20270405
DTEND;VALUE=DATE:20270410
END:VEVENT
BEGIN:VEVENT
SUMMARY:Supervision
DTSTART:20270302T180000
DTEND:20270302T193000
RRULE:FREQ=MONTHLY
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def run(app, now, ada):
    return lambda *arguments: app.test_cli_runner().invoke(args=["hours", *arguments])


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "hours.ics"
        path.write_bytes(text.encode())
        return str(path)

    return written


def hours(db, ada):
    return sorted(rules_of(db, ada.id).hours.get(None, []))


def test_hours_are_typed(run, db, ada):
    outcome = run("set", "Mon-Tue 09:00-12:00, Fri odd weeks 22:00-02:00+1")

    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.splitlines() == [
        "Ada Marsh takes consultations (Europe/London):",
        "  Monday 09:00–12:00",
        "  Tuesday 09:00–12:00",
        "  Friday 22:00–02:00 (next day), every other week, next on 5 and 19 March",
        "What is in the diary already stays as it is: look at /desk/hours/outside",
    ]
    assert hours(db, ada) == [(1, 540, 720, 0), (2, 540, 720, 0), (5, 1320, 1560, 1)]


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ("whenever", "'whenever' cannot be read. Write hours like: Mon-Thu 09:00-12:00, 13:00-17:00"),
        ("Mon 12:00-09:00", "Monday 12:00–09:00 is over before it begins."),
        ("Mon 9-12, 11-13", "Monday 09:00–12:00 and Monday 11:00–13:00 overlap."),
        ("Mon " + ", ".join(["9-12"] * 100), "A week has at most 70 stretches"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_in_words(run, db, ada, week, words):
    make.working_hours(db, ada)

    outcome = run("set", week)

    assert outcome.exit_code == 1
    assert words in outcome.output
    assert hours(db, ada) == [(2, 600, 780, 0)]


def test_where_there_are_several_therapists_one_is_named(run, db, ada):
    bo = make.therapist(db, name="Bo Hart")

    unnamed = run("set", "Mon 9-12")
    unknown = run("set", "Mon 9-12", "--therapist", "kit@example.org")
    named = run("set", "Mon 9-12", "--therapist", bo.email.upper())

    assert (unnamed.exit_code, unknown.exit_code, named.exit_code) == (1, 1, 0)
    assert "Say whose hours: --therapist EMAIL" in unnamed.output
    assert "No therapist signs in with kit@example.org" in unknown.output
    assert hours(db, ada) == []
    assert hours(db, bo) == [(1, 540, 720, 0)]


def test_a_calendar_file_is_taken_over_and_what_is_left_is_told(run, db, ada, file):
    outcome = run("import", file(CALENDAR))

    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.splitlines() == [
        "Ada Marsh takes consultations (Europe/London):",
        "  Monday 09:00–12:00",
        "  Tuesday 09:00–12:00",
        "What is in the diary already stays as it is: look at /desk/hours/outside",
        "  5 April 2027 to 9 April 2027: no consultations",
        "Not taken over:",
        "  Supervision: it does not repeat every week or every other week",
    ]
    assert hours(db, ada) == [(1, 540, 720, 0), (2, 540, 720, 0)]
    assert rules_of(db, ada.id).differ == [(date(2027, 4, 5), date(2027, 4, 9), [])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\x89PNG", "This is not a calendar file, or not all of one."),
        (CALENDAR[:-20], "This is not a calendar file, or not all of one."),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "Nothing in the calendar says when consultations are taken."),
        (
            CALENDAR.replace("FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=SECONDLY;COUNT=10000000").replace(
                "202704", "202604"
            ),
            "Mornings: it does not repeat every week or every other week",
        ),
        (
            CALENDAR.replace("FREQ=MONTHLY", "FREQ=WEEKLY;INTERVAL=2").replace("T180000", "T110000"),
            "Tuesday 09:00–12:00 and Tuesday 11:00–19:30 overlap.",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_over_changes_nothing(run, db, ada, file, text, words):
    make.working_hours(db, ada)

    outcome = run("import", file(text))

    assert outcome.exit_code == 1
    assert words in outcome.output
    assert hours(db, ada) == [(2, 600, 780, 0)]
    assert rules_of(db, ada.id).differ == []


def test_a_file_that_is_too_large_is_refused_without_being_read(run, db, ada, file, monkeypatch):
    monkeypatch.setattr(commands, "MOST_BYTES", len(CALENDAR) - 1)

    outcome = run("import", file(CALENDAR))

    assert outcome.exit_code == 1
    assert "The file is larger than" in outcome.output
    assert hours(db, ada) == []
