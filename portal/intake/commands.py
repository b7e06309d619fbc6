"""Bringing a questionnaire in, and taking it and what was answered out, from a terminal; telling of lamps."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clock
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.intake.fhir_reading import Brought, brought_in
from portal.intake.fhir_response import response
from portal.intake.fhir_shapes import MOST_BYTES, Json, Remark, Unusable, is_fhir
from portal.intake.fhir_writing import version_of, written
from portal.intake.lamps import tell_when_due
from portal.intake.queries import version_called
from portal.intake.questionnaire import Malformed, Questionnaire, parsed
from portal.intake.sent import sent_answers
from portal.intake.services import publish

_MOST_PATHS = 4
_MOST_LINES = 300

questionnaire = AppGroup("questionnaire", help="The questions that clients answer before their consultation.")


@questionnaire.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--language", metavar="CODE", help="Which of a FHIR file's languages to take, such as en.")
@click.option("--yes", is_flag=True, help="Accept what is not carried over from a FHIR file.")
def import_(file: Path, language: str | None, yes: bool) -> None:
    """Publish the questionnaire in FILE: JSON in the portal's own shape, or a FHIR R4 Questionnaire.

    Of a FHIR file all that is not carried over is listed first, and nothing is published until that is
    accepted. Who has begun to answer stays on the version they began. A definition that was published before
    is not published twice.
    """
    definition = _definition(file, language, accepted=yes)
    now = clock.now()
    with transaction() as db:
        version = publish(db, definition, now=now)
    state = "published" if version.published_at == now else "was published already"
    click.echo(f"{definition.title} ({version.name}, version {version.number}) {state}.")


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


def _definition(file: Path, language: str | None, *, accepted: bool) -> Questionnaire:
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file} is larger than {MOST_BYTES // 1_000_000} MB")
    source = file.read_bytes()
    try:
        if not is_fhir(source):
            return parsed(source)
        brought = brought_in(source, otherwise=file.stem, language=language)
    except Malformed as malformed:
        raise _cannot_be_used(file, malformed.problems) from None
    except Unusable as problem:
        raise _cannot_be_used(file, [str(problem)]) from None
    _report(brought)
    if not accepted:
        click.confirm("Publish it like this?", abort=True)
    return brought.questionnaire


def _cannot_be_used(file: Path, problems: list[str]) -> click.ClickException:
    lines = "\n".join(f"  {_shown(problem)}" for problem in problems)
    return click.ClickException(f"{file} cannot be used; nothing was published:\n{lines}")


def _report(brought: Brought) -> None:
    """What there is to know before it is published: each remark once, with the places that it is about."""
    definition = brought.questionnaire
    asked = sum(item.kind not in {"note", "section"} for item in definition.items)
    click.echo(_shown(f"{definition.title}: {asked} questions; minutes, about: {definition.minutes}."))
    click.echo("  Whoever begins from now on answers this questionnaire, and no other.")
    if not definition.lights_lamps:
        click.echo("  No answer lights a lamp, and no question says more of why it is asked than that it")
        click.echo("  belongs to this questionnaire: a FHIR file has no place for either.")
    gathered = _gathered(brought.remarks)
    if len(gathered) > _MOST_LINES:
        click.echo(f"  There are {len(gathered)} remarks; these are the first {_MOST_LINES}:")
    for words, paths in islice(gathered.items(), _MOST_LINES):
        more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
        click.echo(_shown(f"  {', '.join(paths[:_MOST_PATHS])}{more}: {words}"))


def _gathered(remarks: list[Remark]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = {}
    for remark in remarks:
        gathered.setdefault(remark.words, []).append(remark.path)
    return gathered


def _shown(text: str) -> str:
    """Without what could move a terminal's cursor or change its colours."""
    return "".join(each if each.isprintable() else " " for each in text)


def _json(resource: Json) -> str:
    return json.dumps(resource, ensure_ascii=False, indent=2)
