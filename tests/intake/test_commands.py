"""Bringing a questionnaire in from a file."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from portal.intake.models import QuestionnaireVersion
from tests.intake.definitions import item


@pytest.fixture
def written(tmp_path):
    def write(*items) -> str:
        path = tmp_path / "questions.json"
        path.write_text(json.dumps({"name": "own", "title": "Own", "minutes": 2, "items": items}))
        return str(path)

    return write


def test_a_file_is_published_once_and_numbered(app, db, written):
    run = app.test_cli_runner().invoke

    first = run(args=["questionnaire", "import", written(item("a"))])
    again = run(args=["questionnaire", "import", written(item("a"))])
    changed = run(args=["questionnaire", "import", written(item("b"))])

    assert first.output == "Own (own, version 1) published.\n"
    assert "version 1" in again.output
    assert changed.output == "Own (own, version 2) published.\n"
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 2


def test_an_unfit_file_is_refused_with_the_place_at_fault(app, db, written):
    refused = app.test_cli_runner().invoke(args=["questionnaire", "import", written(item("a", "essay"))])

    assert refused.exit_code == 1
    assert "items.0" in refused.output
    assert db.scalars(select(QuestionnaireVersion)).all() == []
