"""Readings from a terminal."""

from __future__ import annotations

from sqlalchemy import select

from portal.reading.models import Reading

A_FILE = "---\ntitle: On rest\nslug: on-rest\npublished: true\n---\n\nA few words.\n"


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["reading", "import", *map(str, arguments)])


def test_without_a_file_the_readings_of_the_portal_are_imported(app, db):
    outcome = run(app)

    assert outcome.exit_code == 0, outcome.output
    assert "The Difference Between Coping and Healing (published, 3 min" in outcome.output
    assert "(draft, which clients do not see" in outcome.output
    assert len(db.scalars(select(Reading)).all()) == 3


def test_a_file_of_ones_own_is_imported(app, db, tmp_path):
    (tmp_path / "rest.md").write_text("\N{BYTE ORDER MARK}" + A_FILE, encoding="utf-8")

    outcome = run(app, tmp_path / "rest.md")

    assert outcome.exit_code == 0, outcome.output
    assert db.scalars(select(Reading.title)).all() == ["On rest"]


def test_if_one_file_is_unfit_none_is_imported(app, db, tmp_path):
    (tmp_path / "rest.md").write_text(A_FILE)
    (tmp_path / "unfit.md").write_text("---\ntitle: Only words\npublishd: true\n---\n")

    outcome = run(app, tmp_path / "rest.md", tmp_path / "unfit.md")

    assert outcome.exit_code == 1
    assert "unfit.md: 'publishd' in the front matter is not one of" in outcome.output
    assert db.scalars(select(Reading)).all() == []


def test_a_file_that_is_not_text_is_refused(app, db, tmp_path):
    (tmp_path / "picture.md").write_bytes(b"\x89PNG\xff\xfe")

    outcome = run(app, tmp_path / "picture.md")

    assert outcome.exit_code == 1
    assert "picture.md" in outcome.output
    assert "This is a picture" in outcome.output
