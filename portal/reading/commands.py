"""Bringing readings in, from a terminal."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clock
from portal.database import transaction
from portal.reading.pages import Article, UnfitReading, read_series
from portal.reading.services import import_readings, shipped_readings

reading = AppGroup("reading", help="The readings that clients find before their consultation.")


@reading.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(files: tuple[Path, ...]) -> None:
    """Bring in FILES of Markdown with front matter, or the readings that come with the portal.

    A file whose slug is known changes that reading. If one file is unfit, none is brought in.
    """
    articles = _articles(files) if files else shipped_readings()
    with transaction() as db:
        brought = import_readings(db, articles, now=clock.now())
    for each in brought:
        state = "published" if each.published_at else "draft, which clients do not see"
        click.echo(f"{each.title} ({state}, {each.minutes} min, /reading/{each.slug})")


def _articles(files: tuple[Path, ...]) -> list[Article]:
    try:
        return read_series({str(path): _text(path) for path in files})
    except (UnfitReading, OSError) as unfit:
        raise click.ClickException(str(unfit)) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnfitReading(f"{path}: it is not written in UTF-8") from None
