"""Bringing a questionnaire in from a terminal: published once its report and its lint are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock
from portal.accounts.leading import colleagues
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.fhir_reading import Brought, brought_in
from portal.intake.fhir_shapes import MOST_BYTES, Remark, Unusable, is_fhir
from portal.intake.queries import definitions_called
from portal.intake.questionnaire import Malformed, Question, Questionnaire, parsed
from portal.making.lint import findings
from portal.making.services import begin_questionnaire, publish_from_file
from portal.making.sheet import Judged, of_definition

_MOST_PATHS = 4
_MOST_LINES = 300
_NO_REASON = "Accepted at a terminal; nobody said why."


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--language", metavar="CODE", help="Which of a FHIR file's languages to take, such as en.")
@click.option("--draft", is_flag=True, help="Make it a draft on the desk, and publish nothing.")
@click.option("--yes", is_flag=True, help="Accept what is listed, but for errors.")
@click.option("--because", metavar="SENTENCE", help="Why it stays as it is, whatever the lint warns of.")
@click.option("--by", metavar="ADDRESS", help="The therapist whose word that is; else who leads.")
@with_appcontext
def import_(
    file: Path, language: str | None, draft: bool, yes: bool, because: str | None, by: str | None
) -> None:
    """Publish the questionnaire in FILE: JSON in the portal's own shape, or a FHIR R4 Questionnaire.

    What is not carried over of a FHIR file, and what the lint for tenderness finds, is listed first, and
    nothing is published until that is accepted. What the lint calls an error stops it: as a draft, with
    --draft or taken in on the desk, it can be mended there. What it warns of is answered with one sentence,
    which is kept with the version and shown on the desk. Who has begun to answer stays on the version they
    began. A definition that was published before is not published twice.
    """
    author = _author(by)
    definition, is_reported = _definition(file, language)
    if draft:
        _make_draft(definition, author)
        return
    is_warned = _report_findings(file, definition)
    if (is_reported or is_warned) and not yes:
        click.confirm("Publish it like this?", abort=True)
    why = _why(because, asks=not yes) if is_warned else ""
    now = clock.now()
    with transaction() as db:
        version = publish_from_file(db, definition, why=why, by=author, now=now)
    state = "published" if version.published_at == now else "was published already"
    click.echo(f"{definition.title} ({version.name}, version {version.number}) {state}.")
    if is_warned:
        click.echo(_where_it_is_kept(author))


def _make_draft(definition: Questionnaire, author: Therapist | None) -> None:
    """Nobody is given it until somebody publishes it on the desk; so it needs no accepting here."""
    if author is None:
        raise click.ClickException("a draft is a therapist's: add one first, with therapist add")
    with transaction() as db:
        made = begin_questionnaire(
            db,
            of_definition(definition),
            name=definition.name,
            source=definition.source,
            by=author,
            now=clock.now(),
        )
    place = f"{current_app.config['BASE_URL']}/desk/questionnaire/{made.name}/draft"
    click.echo(f"{definition.title} is a draft now, and nobody is given it until it is published: {place}")


def _author(address: str | None) -> Therapist | None:
    """Whose word is kept: theirs, else that of who leads, who is there from the first therapist on."""
    everybody = colleagues(current_db())
    if address is None:
        return next((each for each in everybody if each.is_lead), next(iter(everybody), None))
    found = next((each for each in everybody if each.email == address.strip().lower()), None)
    if found is None:
        raise click.ClickException(f"No therapist signs in with {address}")
    return found


def _why(because: str | None, *, asks: bool) -> str:
    """One sentence for all that the lint warns of."""
    if because is None and asks:
        because = click.prompt("Why does it stay as it is, in a sentence")
    return (because or "").strip() or _NO_REASON


def _where_it_is_kept(author: Therapist | None) -> str:
    if author is None:
        return "There is no therapist yet, so that no word of anybody's is kept with it."
    return f"Why it is as it is was kept with it, as the word of {author.name}."


def _definition(file: Path, language: str | None) -> tuple[Questionnaire, bool]:
    """What is in the file, and whether there was anything to say of it."""
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file} is larger than {MOST_BYTES // 1_000_000} MB")
    source = file.read_bytes()
    try:
        if not is_fhir(source):
            return parsed(source), False
        brought = brought_in(source, otherwise=file.stem, language=language)
    except Malformed as malformed:
        raise _cannot_be_used(file, malformed.problems) from None
    except Unusable as problem:
        raise _cannot_be_used(file, [str(problem)]) from None
    _report(brought)
    return brought.questionnaire, True


def _report_findings(file: Path, definition: Questionnaire) -> bool:
    """What the lint finds in one that was not published yet; whether that is anything. Errors stop it."""
    known = definitions_called(current_db(), definition.name)
    if definition in known.values():
        return False
    found = findings(Judged([], definition), known)
    gathered: dict[str, list[str]] = {}
    for each in found:
        said = f"{'error: ' if each.is_error else ''}{each.heading}: {each.words}"
        gathered.setdefault(said, []).append(each.link_id or "all of it")
    _say(gathered)
    if any(each.is_error for each in found):
        raise _cannot_be_used(
            file,
            ["there are errors. Take it in with --draft, or at /desk/questionnaire, and mend them there"],
        )
    return bool(found)


def _cannot_be_used(file: Path, problems: list[str]) -> click.ClickException:
    lines = "\n".join(f"  {_shown(problem)}" for problem in problems)
    return click.ClickException(f"{file} cannot be used; nothing was published:\n{lines}")


def _report(brought: Brought) -> None:
    """What there is to know before it is published: each remark once, with the places that it is about."""
    definition = brought.questionnaire
    asked = sum(isinstance(item, Question) and item.asked for item in definition.items)
    click.echo(_shown(f"{definition.title}: {asked} questions; minutes, about: {definition.minutes}."))
    click.echo("  Whoever begins from now on answers this questionnaire, and no other.")
    if not definition.lights_lamps:
        click.echo("  No answer lights a lamp, and no question says more of why it is asked than that it")
        click.echo("  belongs to this questionnaire: a FHIR file has no place for either.")
    _say(_gathered(brought.remarks))


def _say(gathered: Mapping[str, list[str]]) -> None:
    """Each with the places that it is about."""
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
