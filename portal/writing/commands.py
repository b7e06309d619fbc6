"""Bringing readings in, from a terminal."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clock
from portal.database import transaction
from portal.reading.models import Reading
from portal.reading.pages import Article, UnfitReading, has_front_matter, read_series
from portal.reading.services import import_readings, shipped_readings
from portal.writing.files import NotAText, text_of
from portal.writing.importing import BroughtIn, brought_in
from portal.writing.services import bring_in

reading = AppGroup("reading", help="The readings that clients find before their consultation.")


@reading.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(files: tuple[Path, ...]) -> None:
    """Bring in FILES of Markdown, HTML or plain text, or the readings that come with the portal.

    A file with front matter is taken as it says of itself, and changes the reading that has its slug. Any
    other is mended and becomes a draft, which clients do not see. If one is unfit, none is brought in.
    """
    whole, others = _read(files) if files else (shipped_readings(), [])
    try:
        with transaction() as db:
            brought = import_readings(db, whole, now=clock.now())
            brought += [bring_in(db, each, by=None, now=clock.now()) for each in others]
    except UnfitReading as unfit:
        raise click.ClickException(str(unfit)) from None
    for each in brought:
        _say(each)


def _read(files: tuple[Path, ...]) -> tuple[list[Article], list[BroughtIn]]:
    """Those that say what they are, and those that do not."""
    try:
        texts = {str(path): _text(path) for path in files}
        whole = {name: text for name, text in texts.items() if has_front_matter(text)}
        others = [_other(text, name) for name, text in texts.items() if name not in whole]
        return read_series(whole), others
    except (UnfitReading, OSError) as unfit:
        raise click.ClickException(str(unfit)) from None


def _text(path: Path) -> str:
    try:
        return text_of(path.read_bytes())
    except NotAText as problem:
        raise UnfitReading(f"{path}: {problem}") from None


def _other(text: str, name: str) -> BroughtIn:
    try:
        return brought_in(text, name=name)
    except UnfitReading as problem:
        raise UnfitReading(f"{name}: {problem}") from None


def _say(brought: Reading) -> None:
    state = "published" if brought.published_at else "draft, which clients do not see"
    click.echo(f"{brought.title} ({state}, {brought.minutes} min, /reading/{brought.slug})")
