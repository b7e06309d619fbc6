"""Each line holds on to the one before, so nothing of a journal is altered, taken out or moved unseen."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.journal.lines import EMPTY, Chain, Hand, Line, Stand, What, chained, hash_of

MONDAY = datetime(2027, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC)


def line(place, **said):
    dull = {
        "number": 0,
        "at": MONDAY + timedelta(minutes=place),
        "what": What.RECORD_OPENED,
        "hand": Hand.THERAPIST,
        "person": "ada",
        "about": "sam",
        "subject": None,
        "hash": "",
    }
    return Line(**dull | said)


def journal(many):
    return list(chained(map(line, range(many)), after=EMPTY))


def end_of(lines):
    return Stand(lines[-1].number, lines[-1].hash)


def problem_with(lines, *, head, anchors=()):
    chain = Chain(anchors)
    chain.read(lines)
    chain.end(head)
    return chain.problem


def test_a_line_is_hashed_as_the_documentation_says():
    """Whoever wants to check the journal with a program of their own can."""
    written = b'[7,"2027-03-01T09:00:00.250000+00:00","record-opened","therapist","ada","sam",null,"before"]'
    same = line(0, number=7, at=MONDAY.astimezone(timezone(timedelta(hours=2))))

    assert hash_of(same, "before") == hashlib.sha256(written).hexdigest()


def test_lines_are_numbered_from_one_without_a_gap():
    lines = journal(3)

    assert [each.number for each in lines] == [1, 2, 3]
    assert problem_with(lines, head=end_of(lines)) is None


def test_what_is_appended_later_goes_on_where_the_journal_stood():
    whole, first = journal(5), journal(2)
    rest = list(chained(map(line, range(2, 5)), after=end_of(first)))

    assert first + rest == whole


def test_a_journal_of_nothing_is_whole():
    assert problem_with([], head=EMPTY) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": MONDAY + timedelta(microseconds=1)},
        {"what": What.SIGNED_IN},
        {"hand": Hand.OPERATOR},
        {"person": None},
        {"about": "kit"},
        {"subject": "something"},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_line_is_found_whatever_of_it_was_altered(change):
    lines = journal(4)
    head = end_of(lines)
    lines[1] = lines[1]._replace(**change)

    assert problem_with(lines, head=head).number in {2, 3}


@given(taken=some.integers(0, 5))
def test_a_line_that_was_taken_out_is_found(taken):
    lines = journal(6)
    head = end_of(lines)
    del lines[taken]

    found = problem_with(lines, head=head)
    if taken == 5:
        assert found == (5, "it ends here, but had 6 lines")
    else:
        assert found == (taken + 2, f"line {taken + 1} is missing")


def test_two_lines_that_changed_places_are_found():
    lines = journal(4)
    head = end_of(lines)
    lines[1], lines[2] = lines[2]._replace(number=2), lines[1]._replace(number=3)

    assert problem_with(lines, head=head) == (2, "it was altered, or the line before it was")


def test_a_journal_that_was_written_anew_from_some_line_on_has_another_end():
    lines = journal(4)
    forged = list(chained([*lines[:2], line(2, about="kit"), line(3)], after=EMPTY))

    assert problem_with(forged, head=end_of(lines)) == (4, "its end is not the end that was sealed")


def test_an_end_whose_seal_does_not_hold_is_found():
    found = problem_with(journal(2), head=None)

    assert found == (2, "the seal of its end is missing, altered, or of another key")


def test_a_journal_that_was_set_back_with_its_end_is_found_by_where_it_stood_once():
    lines = journal(4)
    anchor = end_of(lines[:3])

    assert problem_with(lines, head=end_of(lines), anchors=[anchor]) is None
    set_back = lines[:2]
    found = problem_with(set_back, head=end_of(set_back), anchors=[anchor])
    assert found == (2, "it ends here, but once had 3 lines")


def test_a_journal_that_was_written_anew_with_its_end_is_found_by_where_it_stood_once():
    lines = journal(4)
    forged = list(chained([*lines[:2], line(2, about="kit"), line(3)], after=EMPTY))

    found = problem_with(forged, head=end_of(forged), anchors=[end_of(lines[:3])])
    assert found == (3, "it is not the line that stood here once")
