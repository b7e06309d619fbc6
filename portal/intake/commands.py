"""Bringing a questionnaire in, from a terminal."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clock
from portal.database import transaction
from portal.intake.questionnaire import Malformed, Questionnaire, parsed
from portal.intake.services import publish

_MOST_BYTES = 2_000_000

questionnaire = AppGroup("questionnaire", help="The questions that clients answer before their consultation.")


@questionnaire.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(file: Path) -> None:
    """Publish the questionnaire in FILE, JSON in the portal's own shape.

    Who has begun to answer stays on the version they began. A definition that was published before is not
    published twice.
    """
    definition = _definition(file)
    now = clock.now()
    with transaction() as db:
        version = publish(db, definition, now=now)
    state = "published" if version.published_at == now else "was published already"
    click.echo(f"{definition.title} ({version.name}, version {version.number}) {state}.")


def _definition(file: Path) -> Questionnaire:
    if file.stat().st_size > _MOST_BYTES:
        raise click.ClickException(f"{file} is larger than {_MOST_BYTES // 1_000_000} MB")
    try:
        return parsed(file.read_bytes())
    except Malformed as malformed:
        lines = "\n".join(f"  {problem}" for problem in malformed.problems)
        raise click.ClickException(f"{file} cannot be used; nothing was published:\n{lines}") from None
