"""What the operator does about the list of clients, at a terminal."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from portal import clock
from portal.clients.deriving import clients_after, derive
from portal.database import transaction

clients = AppGroup("clients", help="The lists of clients.")


@clients.command("derive")
def derive_command() -> None:
    """Derive anew how far each client has come and by what they are found: after an upgrade or a repair."""
    last, number = 0, 0
    while True:
        with transaction() as db:
            some = clients_after(db, last)
            if not some:
                break
            derive(db, some, now=clock.now())
        last, number = some[-1], number + len(some)
    click.echo(f"Derived anew for {number} client{'' if number == 1 else 's'}.")


def init_app(app: Flask) -> None:
    app.cli.add_command(clients)
