"""The demonstration, as a command."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal import clock
from portal.database import current_db
from portal.demo import loading

demo = AppGroup("demo", help="A practice to look around in.")


@demo.command("load")
@click.option(
    "--clients", type=click.IntRange(min=0), default=0, help="Make so many more clients, with a past."
)
def load(clients: int) -> None:
    """Load the demonstration practice; what is there already stays."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.config["DEVELOPMENT"]:
        raise click.ClickException("Everybody knows the password of the demonstration: not in production")
    # In a context of its own: a reader that stayed would keep SQLite from putting away what is written.
    with app.app_context():
        is_ours = loading.is_ours(current_db())
    if clients and not is_ours:
        raise click.ClickException("Somebody real is in this database: a crowd belongs in one of its own")
    now = clock.now()
    loading.load(app, now=now)
    if clients:
        with click.progressbar(length=clients, label="Clients") as bar:
            for made in loading.load_more_clients(app, clients, now=now):
                bar.update(made)
    click.echo("\n".join(loading.sign_ins(current_db())))
