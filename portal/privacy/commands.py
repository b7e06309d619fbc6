"""What a worker does about erasures and copies, and the same from a terminal."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.journal.lines import By, Hand
from portal.privacy.copying import copy_all_of, copy_of_clients, references_of_all
from portal.privacy.erasing import erase, go_on_erasing, look_again, order_erasure
from portal.privacy.gathering import Scope
from portal.privacy.queries import client_called
from portal.safekeeping.backups import renew_key_file
from portal.safekeeping.files import replaced_whole
from portal.safekeeping.forgetting import overwrite_traces

client = AppGroup("client", help="What is a client's by right.")


def go_on(reference: str) -> None:
    """A job's handler: the next step of an erasure. What was taken back is none of its business."""
    with contextlib.suppress(NotFound):
        with transaction() as db:
            is_erased = go_on_erasing(db, reference, now=clock.now())
        if is_erased:
            leave_no_trace(reference)


def leave_no_trace(reference: str) -> None:
    """After an erasure: neither beside the rows, nor in the key file that backups are read with.

    What still lies about is looked for again, by a worker.
    """
    is_gone = overwrite_traces(current_app.extensions["engine"])
    renew_key_file(now=clock.now())
    if not is_gone:
        with transaction() as db:
            look_again(db, reference, now=clock.now())


def make_copy(reference: str) -> None:
    """A job's handler: everything of all of a therapist's clients, into a sealed file."""
    with contextlib.suppress(NotFound):
        copy_all_of(reference)


@client.command("erase")
@click.argument("reference")
@click.option("--at-once", is_flag=True, help="Do not wait until the last letters to them are delivered.")
@click.option("--yes", is_flag=True, help="Without being asked.")
def erase_(reference: str, at_once: bool, yes: bool) -> None:
    """Erase everything of the client of this REFERENCE, without the days to think again.

    Their times to come are cancelled and a last letter is sent; then the worker destroys their key.
    """
    now = clock.now()
    person = _client(reference)
    if not yes:
        click.confirm(
            "It cannot be undone, not from a backup either. Erase everything of theirs?", abort=True
        )
    with transaction() as db:
        order_erasure(db, person, now=now)
    if not at_once:
        click.echo("It is begun. The worker goes on with it once the last letters are delivered.")
        return
    # Letters are written as in a request to the portal's own address.
    with current_app.test_request_context(base_url=current_app.config["BASE_URL"]), transaction() as db:
        if not go_on_erasing(db, reference, now=now):
            erase(db, client_called(db, reference), now=now)
    leave_no_trace(reference)
    click.echo("Everything of theirs is erased.")


@client.command("export")
@click.argument("reference", required=False)
@click.option("--all", "everybody", is_flag=True, help="Of all clients.")
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), required=True)
def export(reference: str | None, everybody: bool, file: Path) -> None:
    """Write everything of the client of this REFERENCE, or of all, into a ZIP file, in the clear."""
    if everybody == bool(reference):
        raise click.UsageError("Name a client's reference, or --all")
    if reference:
        _client(reference)
    references = references_of_all(current_db()) if everybody else [reference or ""]
    with (
        replaced_whole(file) as into,
        click.progressbar(length=len(references), label="Clients", show_pos=True) as bar,
    ):
        into.writelines(
            copy_of_clients(
                references,
                scope=Scope(for_therapist=False),
                by=By(Hand.OPERATOR, None),
                folders=everybody,
                tell=bar.update,
            )
        )
    click.echo(f"{file} holds clients' words in the clear: keep it safe, and delete it when it has served")


def _client(reference: str) -> Client:
    try:
        found = client_called(current_db(), reference)
    except NotFound:
        raise click.ClickException(f"there is no client {reference}") from None
    if found.erased_at is not None:
        raise click.ClickException(f"everything of {reference} was erased already")
    return found
