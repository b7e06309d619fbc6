"""What the practice does about people at a terminal."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.accounts.forms import WORDS_FOR, address_in
from portal.accounts.leading import make_lead
from portal.accounts.models import Therapist
from portal.accounts.passwords import Cost, hash_password, problem_with
from portal.accounts.queries import person_with_address
from portal.accounts.services import AddressTaken, add_therapist
from portal.database import transaction
from portal.practice.facts import current_practice
from portal.web.zones import real_zone

therapist = AppGroup("therapist", help="The therapists of the practice.")


@therapist.command("add")
@click.argument("name")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--time-zone", help="An IANA zone, like Europe/London; the practice's own if none is given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(name: str, email: str, time_zone: str | None, password_stdin: bool) -> None:
    """Add NAME, who can then sign in with this address."""
    name, now = name.strip(), clock.now()
    if not name:
        raise click.ClickException("A therapist needs a name")
    address = address_in(email.strip())
    if address is None:
        raise click.ClickException(f"{email} is not an email address")
    zone = real_zone(time_zone or current_practice().time_zone)
    if zone is None:
        raise click.ClickException(f"{time_zone} is not a time zone; one reads like Europe/London")
    password = _password(address, from_stdin=password_stdin)
    password_hash = hash_password(password, cost=Cost(*current_app.config["ARGON2"]))
    try:
        with transaction() as db:
            add_therapist(db, name=name, email=address, password_hash=password_hash, time_zone=zone, now=now)
    except AddressTaken:
        raise click.ClickException(f"{address} is taken: somebody signs in with it already") from None
    click.echo(f"{name} can sign in with {address}")
    _say_what_comes_next(address)


@therapist.command("lead")
@click.argument("email")
def lead(email: str) -> None:
    """Let the therapist with this address see in numbers how work is spread; nobody else then does."""
    with transaction() as db:
        chosen = person_with_address(db, email.strip().lower())
        if not isinstance(chosen, Therapist):
            raise click.ClickException(f"No therapist signs in with {email}")
        make_lead(db, chosen)
    click.echo(f"{chosen.name} leads now, and nobody else")


def _say_what_comes_next(address: str) -> None:
    page = f"{current_app.config['BASE_URL']}/desk/hours"
    click.echo(f"Nobody can ask for a time before there are working hours: {page}")
    click.echo(f'or: hours set "Mon-Thu 09:00-12:00, 13:00-17:00" --therapist {address}')


def _password(address: str, *, from_stdin: bool) -> str:
    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt("Password", hide_input=True, confirmation_prompt="The same once more")
    problem = problem_with(typed, address=address, words=current_practice().name.split())
    if problem is not None:
        raise click.ClickException(WORDS_FOR[problem])
    return typed
