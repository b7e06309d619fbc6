"""Taking a questionnaire and what was answered out, from a terminal; telling of lamps when it is time."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from portal import clock
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.intake.fhir_response import response
from portal.intake.fhir_shapes import Json
from portal.intake.fhir_writing import version_of, written
from portal.intake.lamps import tell_when_due
from portal.intake.queries import version_called
from portal.intake.questionnaire import parsed
from portal.intake.sent import sent_answers

questionnaire = AppGroup("questionnaire", help="The questions that clients answer before their consultation.")


@questionnaire.command("export")
@click.argument("version", metavar="VERSION")
def export(version: str) -> None:
    """Write VERSION as a FHIR R4 Questionnaire: a name for its latest version, or name/2 for its second."""
    name, _, number = version.partition("/")
    try:
        found = version_called(current_db(), name, int(number) if number else None)
    except (NotFound, ValueError):
        raise click.ClickException(f"there is no version {version}") from None
    called = version_of(found.number, found.definition_hash)
    click.echo(_json(written(parsed(found.definition), version=called)))


@questionnaire.command("response")
@click.argument("reference")
def export_response(reference: str) -> None:
    """Write what was sent as a FHIR R4 QuestionnaireResponse, by the REFERENCE of the intake or the client.

    It holds a client's words in the clear.
    """
    try:
        sent = sent_answers(current_db(), reference)
    except NotFound:
        raise click.ClickException(f"nothing was sent under {reference}") from None
    made = response(sent.copy, sent.questionnaire, reference=sent.reference, zone=zone_of(sent.client))
    click.echo(_json(made))


def tell_of_lamp(reference: str) -> None:
    """Tell of the lamp of this reference, if that is due and nobody has seen it: a job's handler."""
    with transaction() as db:
        tell_when_due(db, reference, now=clock.now())


def _json(resource: Json) -> str:
    return json.dumps(resource, ensure_ascii=False, indent=2)
