"""Bringing texts to agree to in, from a terminal; and telling of new ones."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clock
from portal.consent import telling
from portal.consent.services import import_documents, shipped_documents
from portal.consent.wording import LONGEST_TEXT, LONGEST_TITLE
from portal.database import transaction
from portal.reading.pages import Article, UnfitReading, read_series

agreement = AppGroup("agreement", help="The texts that clients read and may agree to.")


@agreement.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(files: tuple[Path, ...]) -> None:
    """Bring in FILES of Markdown with front matter as drafts, or the three that come with the portal.

    Nothing is published: that is done on the desk, once the text has been read. A file whose slug is known
    becomes the draft of the next version.
    """
    articles = _articles(files) if files else shipped_documents()
    with transaction() as db:
        drafts = import_documents(db, articles, now=clock.now())
    for draft in drafts:
        click.echo(f"{draft.title} (draft, /desk/agreements/{draft.document.reference})")


def tell_of_text(reference: str) -> None:
    """Tell of the version of this reference: a job's handler."""
    with transaction() as db:
        telling.tell_of_text(db, reference, now=clock.now())


def _articles(files: tuple[Path, ...]) -> list[Article]:
    try:
        articles = read_series({str(path): path.read_text("utf-8-sig") for path in files})
    except UnicodeDecodeError:
        raise click.ClickException("One of these files is not written in UTF-8") from None
    except (UnfitReading, OSError) as unfit:
        raise click.ClickException(str(unfit)) from None
    for article in articles:
        if len(article.title) > LONGEST_TITLE or len(article.markdown) > LONGEST_TEXT:
            raise click.ClickException(f"{article.slug}: its title or its text is too long")
    return articles
