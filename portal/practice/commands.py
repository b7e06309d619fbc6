"""What the practice says of itself, from a terminal."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.database import current_db, transaction
from portal.mail.telling import telling_words
from portal.practice.facts import Facts, practice_facts
from portal.practice.services import (
    NotDescribed,
    UnfitFacts,
    confirm_help_lines,
    describe_practice,
    open_sign_up,
)
from portal.web.formatting import full_date

practice = AppGroup("practice", help="What the practice says of itself.")


class _Days(click.ParamType[tuple[int, ...]]):
    """Weekdays as numbers between commas: 1,2,3,4 is Monday to Thursday."""

    name = "days"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail("write the days as numbers between commas: 1,2,3,4 is Monday to Thursday", param, ctx)


@practice.command()
@click.option("--name", help="How the practice is called, on every page and in every mail.")
@click.option("--country", help="Two letters, as GB: decides which help lines are shown.")
@click.option("--time-zone", help="An IANA zone, as Europe/London.")
@click.option("--answering-days", type=_Days(), help="The days on which requests are answered: 1,2,3,4.")
@click.option("--answers-within-days", type=int, help="Within so many of those days a request is answered.")
@click.option("--answers-by-hour", type=int, help="By this hour of the last of them, 0 to 23.")
def describe(**said: Any) -> None:
    """Say what the practice is called, where it is, and when it answers. What is left out stays as it is."""
    facts = practice_facts(current_db())
    changes = {key: value for key, value in said.items() if value is not None}
    if changes:
        facts = _described({key: getattr(facts, key) for key in said} | changes)
    click.echo(
        f"{facts.name} ({facts.country or 'no country'}, {facts.time_zone}). {facts.watched} "
        f"{facts.answers_in_words}"
    )
    for word in telling_words(facts.name)[:1]:
        click.echo(
            f"Warning: the name tells what people come for ({word}). Every mail and every title bears it.",
            err=True,
        )
    if current_app.extensions["help_for"](facts) is None:
        click.echo(
            f"Warning: no help lines are known for {facts.country or 'a practice without a country'}. "
            "Pages will name the local emergency number and findahelpline.com.",
            err=True,
        )


@practice.command("confirm-help-lines")
@click.option("--yes", is_flag=True, help="Confirm without being asked.")
def confirm(yes: bool) -> None:
    """Say that the numbers for help are right today. Every page then says on which day they were checked."""
    facts = practice_facts(current_db())
    here = current_app.extensions["help_for"](facts)
    if here is None:
        raise click.ClickException(f"No help lines are known for {facts.country or 'no country'}")
    click.echo(f"Emergency: {here.emergency}{f', police: {here.police}' if here.police else ''}")
    for line in here.lines:
        click.echo(f"{line.name}: {line.call or line.text}")
    if not yes:
        click.confirm(f"Have you checked that these are right for {here.name}?", abort=True)
    today = clock.now().astimezone(facts.zone).date()
    with transaction() as db:
        confirm_help_lines(db, on=today)
    click.echo(f"Confirmed on {full_date(today)}")


@practice.command("sign-up")
@click.argument("who", type=click.Choice(["everybody", "invited"]))
def sign_up(who: str) -> None:
    """Say who may make an account: everybody, or only who was invited."""
    try:
        with transaction() as db:
            open_sign_up(db, to_everybody=who == "everybody")
    except NotDescribed:
        raise click.ClickException("Describe the practice first: practice describe --name …") from None
    click.echo(
        "Everybody can make an account." if who == "everybody" else "Only who was invited makes an account."
    )


def _described(facts: dict[str, Any]) -> Facts:
    try:
        with transaction() as db:
            describe_practice(db, **facts)
            db.flush()
            return practice_facts(db)
    except UnfitFacts as unfit:
        raise click.ClickException(str(unfit)) from None
