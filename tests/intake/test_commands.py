"""Bringing a questionnaire in from a file."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from portal.accounts.leading import make_lead
from portal.intake.models import QuestionnaireVersion
from portal.intake.replies import AnswerState
from portal.making.models import QuestionnaireDraft
from portal.making.queries import answered_warnings
from tests import make
from tests.intake import fhir
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

    first = run(args=["questionnaire", "import", written(item("a")), "--yes"])
    again = run(args=["questionnaire", "import", written(item("a"))])
    changed = run(args=["questionnaire", "import", written(item("b")), "--yes"])

    assert first.output.endswith("Own (own, version 1) published.\n")
    assert again.output.startswith("Own (own, version 1) ")
    assert changed.output.endswith("Own (own, version 2) published.\n")
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 2


def test_an_unfit_file_is_refused_with_the_place_at_fault(app, db, written):
    refused = app.test_cli_runner().invoke(args=["questionnaire", "import", written(item("a", "essay"))])

    assert refused.exit_code == 1
    assert "items.0" in refused.output
    assert db.scalars(select(QuestionnaireVersion)).all() == []


def test_what_the_lint_calls_an_error_is_not_published_from_a_terminal_either(app, db, fhir_file):
    danger = fhir.scored("a") | {"code": [{"system": "http://loinc.org", "code": "44260-8"}]}

    refused = app.test_cli_runner().invoke(args=["questionnaire", "import", fhir_file(danger), "--yes"])

    assert refused.exit_code == 1
    assert "a: error: A question about danger has no lamp" in refused.output
    assert "/desk/questionnaire" in refused.output
    assert db.scalars(select(QuestionnaireVersion)).all() == []


def test_what_cannot_be_published_yet_is_taken_in_as_a_draft(app, db, fhir_file):
    danger = fhir_file(fhir.scored("a") | {"code": [{"system": "http://loinc.org", "code": "44260-8"}]})
    run = app.test_cli_runner().invoke
    early = run(args=["questionnaire", "import", danger, "--draft"])
    make.therapist(db, name="Ada")

    made = [run(args=["questionnaire", "import", danger, "--draft"]) for _ in range(2)]

    assert early.exit_code == 1
    assert "add one first" in early.output
    assert [each.exit_code for each in made] == [0, 0]
    assert "https://portal.test/desk/questionnaire/evenings/draft" in made[0].output
    # What is there already is not overwritten.
    drafts = db.scalars(select(QuestionnaireDraft).order_by(QuestionnaireDraft.id)).all()
    assert [each.name for each in drafts] == ["evenings", "evenings-2"]
    assert db.scalars(select(QuestionnaireVersion)).all() == []


def test_what_the_lint_warns_of_is_asked_about(app, db, written):
    why = {"text": "Why do you not sleep?"}

    asked = app.test_cli_runner().invoke(
        args=["questionnaire", "import", written(item("a", **why))], input="n\n"
    )

    assert asked.exit_code == 1
    assert "a: It may sound like blame: It begins with why." in asked.output
    assert db.scalars(select(QuestionnaireVersion)).all() == []


BLAMES = {"text": "Why do you not sleep?"}


def kept(db) -> list[tuple[str, str, str | None, str]]:
    return [
        (each.rule, each.answer, each.link_id, each.therapist.name)
        for each in answered_warnings(db, "own", 1)
        if each.rule == "blaming"
    ]


def test_why_it_stays_as_it_is_is_asked_and_kept_as_the_word_of_who_leads(app, db, written):
    make.therapist(db, name="Bo")
    ada = make.therapist(db, name="Zoe")
    make_lead(db, ada)

    made = app.test_cli_runner().invoke(
        args=["questionnaire", "import", written(item("a", **BLAMES))], input="y\nThey asked me to.\n"
    )

    assert made.exit_code == 0, made.output
    assert "kept with it, as the word of Zoe." in made.output
    assert kept(db) == [("blaming", "They asked me to.", "a", "Zoe")]


def test_who_accepts_it_beforehand_says_why_beforehand_and_for_whom(app, db, written):
    make_lead(db, make.therapist(db, name="Ada"))
    bo = make.therapist(db, name="Bo")
    run = app.test_cli_runner().invoke
    because = ["--yes", "--because", "It is how I ask.", "--by"]

    nobody = run(args=["questionnaire", "import", written(item("a", **BLAMES)), *because, "no@example.org"])
    made = run(args=["questionnaire", "import", written(item("a", **BLAMES)), *because, bo.email.upper()])

    assert (nobody.exit_code, made.exit_code) == (1, 0)
    assert kept(db) == [("blaming", "It is how I ask.", "a", "Bo")]


def test_that_nobody_said_why_is_kept_too(app, db, written):
    run = app.test_cli_runner().invoke
    early = run(args=["questionnaire", "import", written(item("z", **BLAMES)), "--yes"])
    make.therapist(db, name="Ada")

    made = run(args=["questionnaire", "import", written(item("a", **BLAMES)), "--yes"])

    assert "no word of anybody's is kept" in early.output
    assert "version 2) published." in made.output
    assert [each.answer for each in answered_warnings(db, "own", 2)][0] == (
        "Accepted at a terminal; nobody said why."
    )


@pytest.fixture
def fhir_file(tmp_path):
    def write(*items, **more) -> str:
        path = tmp_path / "evenings.json"
        path.write_text(json.dumps(fhir.resource(*items, **more)))
        return str(path)

    return write


def test_a_fhir_file_is_published_only_once_its_report_is_accepted(app, db, fhir_file):
    run = app.test_cli_runner().invoke
    file = fhir_file(fhir.item("a", "choice", required=True), fhir.item("b", "choice"), title="E\u001b[31m")

    asked = run(args=["questionnaire", "import", file], input="n\n")
    assert db.scalars(select(QuestionnaireVersion)).all() == []
    accepted = run(args=["questionnaire", "import", file], input="y\n")
    again = run(args=["questionnaire", "import", file, "--yes"])

    assert asked.exit_code == 1
    assert "item[0].required: becomes a wish" in asked.output
    assert "item[0], item[1]: has no options that are known" in asked.output
    assert "\x1b" not in asked.output
    assert "version 1) published." in accepted.output
    assert "version 1)" in again.output
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 1


def test_a_fhir_file_in_a_circle_is_refused_with_its_path(app, db, fhir_file):
    circle = fhir.item("a", enableWhen=[fhir.when("a", "exists", answerBoolean=True)])

    refused = app.test_cli_runner().invoke(args=["questionnaire", "import", fhir_file(circle), "--yes"])

    assert refused.exit_code == 1
    assert "item[0].enableWhen[0]: 'a' waits for itself" in refused.output
    assert db.scalars(select(QuestionnaireVersion)).all() == []


def test_a_version_is_written_as_it_came(app, db, fhir_file, tmp_path):
    run = app.test_cli_runner().invoke
    file = fhir_file(fhir.scored("a"), fhir.scored("b"))
    run(args=["questionnaire", "import", file, "--yes"])
    make.questionnaire_version(db)

    latest = run(args=["questionnaire", "export", "evenings"])
    first = run(args=["questionnaire", "export", "evenings/1"])
    shipped = run(args=["questionnaire", "export", "first-questions"])

    made = json.loads(latest.output)
    assert made == json.loads(first.output)
    # It had no address of its own, and is given one, so that answers can name it.
    assert made.pop("url") == "https://foyer.example/fhir/Questionnaire/evenings"
    assert made.pop("version").startswith("1-")
    assert made == fhir.resource(fhir.scored("a"), fhir.scored("b"))
    assert json.loads(shipped.output)["item"][0]["linkId"] == "name"
    for unknown in ("evenings/2", "evenings/x", "mornings"):
        assert run(args=["questionnaire", "export", unknown]).exit_code == 1


def test_what_was_sent_is_written_by_the_reference_of_intake_or_client(app, db, now):
    kit = make.client(db)
    said = {"name": "Kit", "sleep": "mixed", "support": AnswerState.IN_PERSON}
    intake = make.intake(db, client=kit, version=make.questionnaire_version(db), said=said, sent_at=now)
    sam = make.client(db)
    run = app.test_cli_runner().invoke

    by_intake = run(args=["questionnaire", "response", intake.reference])
    by_client = run(args=["questionnaire", "response", kit.reference])

    made = json.loads(by_intake.output)
    assert made == json.loads(by_client.output)
    assert made["item"][0]["answer"] == [{"valueString": "Kit"}]
    assert "what-helped" not in str(made)
    assert run(args=["questionnaire", "response", sam.reference]).exit_code == 1
