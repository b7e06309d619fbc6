"""Looking at the journal from a terminal: whether it is what it was, and accepting it where it is not."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.database import current_db, transaction
from portal.journal.keeping import anchors
from portal.journal.lines import Chain
from portal.journal.queries import head_of, lines_from_the_first
from portal.journal.services import accept_journal

journal = AppGroup("journal", help="The record of who did or opened what.")


@journal.command("verify")
def verify() -> None:
    """Read all of it, and say whether a line was altered, taken out, put in or cut off; 1 if one was."""
    db = current_db()
    head = head_of(db)
    chain = Chain(anchors(db))
    with click.progressbar(length=head.stand.number, label="Lines", show_pos=True) as bar:
        for some in lines_from_the_first(db):
            chain.read(some)
            bar.update(len(some))
    chain.end(head.sealed)
    if chain.problem:
        raise click.ClickException(
            f"The journal is not what it was, at line {chain.problem.number}: {chain.problem.words}."
        )
    click.echo(f"All {chain.stand.number} lines are as they were written. The last: {chain.stand.hash}")


@journal.command("accept")
@click.option("--yes", is_flag=True, help="Accept without being asked.")
def accept(yes: bool) -> None:
    """Go on from where the journal ends, although the seal of its end does not hold.

    For when the master keys were lost, or somebody has found out what happened. That it was accepted becomes
    a line of it.
    """
    if not yes:
        click.confirm("Let the journal go on from its end as it is?", abort=True)
    with transaction() as db:
        stand = accept_journal(db)
    click.echo(f"Accepted as it stands, at line {stand.number}.")
