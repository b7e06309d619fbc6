"""Looking after keys, backups and the database, from a terminal."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal import clock
from portal.database import current_db
from portal.safekeeping.rotating import how_many_keys, seal_keys_anew, seal_words_anew

keys = AppGroup("keys", help="The keys under which clients' words are sealed.")


@keys.command("rotate")
@click.option("--rows", is_flag=True, help="Give every client a new data key, and seal their words anew.")
def rotate(rows: bool) -> None:
    """Seal all data keys under the first of PORTAL_MASTER_KEYS; the others are not needed afterwards.

    With --rows, every client gets a new data key as well, and all of their words are sealed anew. The portal
    may run meanwhile; what was interrupted goes on where it was when it is begun again.
    """
    many = how_many_keys(current_db())
    locked = 0
    work = seal_words_anew(now=clock.now()) if rows else seal_keys_anew()
    with click.progressbar(length=many, label="Keys", show_pos=True) as bar:
        for done, closed in work:
            bar.update(done)
            locked += closed
    if locked:
        raise click.ClickException(f"{locked} of {many} keys cannot be opened: their master key is not here")
    if rows:
        click.echo(
            "All words are sealed anew. The old data keys are forgotten by the worker, in an hour or two."
        )
    else:
        click.echo(f"All {many} keys are sealed under the newest master key. The older ones can go.")
