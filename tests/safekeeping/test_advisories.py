"""A report of what is known against the libraries is read for what it is, or refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from portal.safekeeping.advisories import (
    Advisory,
    UnfitReport,
    known_against,
    read_report,
    rely_on,
)
from tests.safekeeping.conftest import written

LIBRARIES = {"flask": "3.1.3", "jinja2": "3.1.6", "typing-extensions": "4.16.0"}
BAD = {
    "id": "PYSEC-2027-1",
    "fix_versions": ["3.1.4", "3.2.0"],
    "aliases": ["CVE-2027-1"],
    "description": "…",
}
MENDED_NOWHERE = {"id": "GHSA-aaaa-bbbb-cccc", "fix_versions": []}


def refusal(path, libraries=LIBRARIES, now=datetime(2027, 3, 1, 9, tzinfo=UTC)):
    with pytest.raises(UnfitReport) as unfit:
        rely_on(read_report(path), libraries, now=now)
    return str(unfit.value)


def test_it_is_as_old_as_its_file(report, now):
    made = read_report(report(LIBRARIES, at=now - timedelta(hours=47)))

    assert made.made_at == now - timedelta(hours=47)
    rely_on(made, LIBRARIES, now=now)


def test_what_it_knows_is_told_of_the_versions_that_are_used_and_no_others(report):
    advisories = {"flask": [BAD, MENDED_NOWHERE], "jinja2": [BAD]}
    made = read_report(report(LIBRARIES, advisories))

    (known,) = known_against(made, LIBRARIES | {"jinja2": "3.1.7"})
    assert known == (
        "flask",
        "3.1.3",
        [
            Advisory(id="PYSEC-2027-1", fix_versions=["3.1.4", "3.2.0"]),
            Advisory(id="GHSA-aaaa-bbbb-cccc", fix_versions=[]),
        ],
    )


def test_names_and_versions_are_the_same_in_whatever_way_they_are_written(report, now):
    names = {"Flask": "v3.1.3", "JINJA2": "3.1.6", "typing_extensions": "4.16"}
    made = read_report(report(names, {"Flask": [BAD], "typing_extensions": [BAD]}))

    rely_on(made, LIBRARIES, now=now)
    assert [name for name, *_ in known_against(made, LIBRARIES)] == ["flask", "typing-extensions"]


def test_a_library_that_it_names_twice_has_all_that_is_known(tmp_path):
    twice = [{"name": "flask", "version": "3.1.3", "vulns": each} for each in ([BAD], [])]
    (tmp_path / "report").write_text(json.dumps({"dependencies": twice}))

    assert len(list(known_against(read_report(tmp_path / "report"), LIBRARIES))) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"No known vulnerabilities found\n",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'[{"name": "flask", "version": "3.1.3", "vulns": []}]',
        b"null",
        b"{}",
        b'{"dependencies": {}}',
        b'{"dependencies": ["flask"]}',
        b'{"dependencies": [{"name": "flask", "version": "3.1.3"}]}',
        b'{"dependencies": [{"name": "flask", "version": 3, "vulns": []}]}',
        b'{"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": "none"}]}',
        b'{"dependencies": [{"name": "flask", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]}',
        b'{"dependencies": [{"name": "flask", "version": "1", "vulns": [{"id": null, "fix_versions": []}]}]}',
    ],
    ids=range(14),
)
def test_what_is_no_report_is_refused(tmp_path, content):
    (tmp_path / "report").write_bytes(content)

    assert refusal(tmp_path / "report") == "is not a report of pip-audit in JSON"


@pytest.mark.parametrize("words", ["\x1b[2J", "PYSEC-1\nNothing was found", "", "x" * 101, "\u202e1-CESYP"])
@pytest.mark.parametrize("where", ["id", "fix_versions"])
def test_nothing_that_a_terminal_would_obey_is_taken_from_it(report, where, words):
    harmful = BAD | {where: words if where == "id" else [words]}

    assert "is not a report" in refusal(report(LIBRARIES, {"flask": [harmful]}))


def test_one_that_is_not_there_or_cannot_be_read_is_refused(tmp_path):
    assert refusal(tmp_path / "report") == "is not there"
    assert refusal(tmp_path) == "cannot be read (Is a directory)"


def test_no_more_of_one_is_read_than_a_report_has(tmp_path):
    with (tmp_path / "report").open("wb") as file:
        file.truncate(30_000_000)

    assert refusal(tmp_path / "report") == "is larger than 20 MB"


def test_an_old_one_says_nothing_of_today(report, now):
    path = report(LIBRARIES, at=now - timedelta(days=2, minutes=1))

    assert refusal(path) == "is from 2027-02-27 08:59 UTC, more than 2 days ago"


def test_nobody_knows_how_old_one_is_that_is_from_a_time_to_come(report, now):
    path = report(LIBRARIES, at=now + timedelta(minutes=4))
    rely_on(read_report(path), LIBRARIES, now=now)

    written(path, now + timedelta(minutes=6))
    assert refusal(path) == "is from 2027-03-01 09:06 UTC, which is still to come"


def test_one_about_another_lock_does_not_count(report):
    path = report(LIBRARIES | {"jinja2": "3.1.5"})
    assert refusal(path) == "says nothing of jinja2 3.1.6"

    several = LIBRARIES | {f"library{number}": "1.0" for number in range(1, 6)}
    assert refusal(path, several) == (
        "says nothing of jinja2 3.1.6, library1 1.0, library2 1.0, library3 1.0, library4 1.0 and 1 more"
    )


def test_what_was_skipped_was_not_looked_at(report):
    assert refusal(report(LIBRARIES, skipped=["flask"])) == "says nothing of flask 3.1.3"
    assert refusal(report({})) == "says nothing of flask 3.1.3, jinja2 3.1.6, typing-extensions 4.16.0"
