"""What the practice says of itself, from a terminal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.journal.lines import Hand
from portal.mail.telling import telling_words
from portal.practice.answering import Away
from portal.practice.facts import Facts, practice_facts
from portal.practice.services import (
    NotDescribed,
    UnfitFacts,
    come_back,
    confirm_help_lines,
    describe_practice,
    go_away,
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
    today = _today()
    with transaction() as db:
        confirm_help_lines(db, on=today)
    click.echo(f"Confirmed on {full_date(today)}")


@practice.command()
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="The first day: 2027-07-01.")
@click.option("--until", "last_day", type=click.DateTime(["%Y-%m-%d"]), help="The last day, included.")
@click.option("--stand-in", help="Who is there meanwhile, as clients read it.")
@click.option(
    "--stand-in-email", help="The address by which they sign in here: they are told what cannot wait."
)
@click.option("--words", help="What clients read about it: whom to call, and what can wait.")
def away(
    first_day: datetime | None,
    last_day: datetime | None,
    stand_in: str | None,
    stand_in_email: str | None,
    words: str | None,
) -> None:
    """Say when the practice is away, and who stands in; without --from, show when that is."""
    if last_day and not first_day:
        raise click.UsageError("--until needs --from")
    if first_day:
        try:
            with transaction() as db:
                go_away(
                    db,
                    first_day=first_day.date(),
                    last_day=(last_day or first_day).date(),
                    today=_today(),
                    stand_in=stand_in,
                    stand_in_email=stand_in_email,
                    words=words,
                )
        except UnfitFacts as unfit:
            raise click.ClickException(str(unfit)) from None
    absences = practice_facts(current_db()).absences
    click.echo("\n".join(map(_line, absences)) or "No absence is known.")


@practice.command()
@click.argument("reference")
def back(reference: str) -> None:
    """End the absence of this REFERENCE: from today on the practice is there."""
    try:
        with transaction() as db:
            come_back(db, reference, today=_today())
    except NotFound:
        raise click.ClickException(f"There is no absence {reference} to end") from None
    click.echo("The practice is back.")


def _line(away: Away) -> str:
    days = f"Away from {full_date(away.first_day)} until {full_date(away.last_day)}"
    if not away.stand_in:
        return f"{days}. Nobody stands in. ({away.reference})"
    told = f"told at {away.stand_in_email}" if away.stand_in_email else "not told by the portal"
    return f"{days}. {away.stand_in} stands in, {told}. ({away.reference})"


def _today() -> date:
    return clock.now().astimezone(practice_facts(current_db()).zone).date()


@practice.command("sign-up")
@click.argument("who", type=click.Choice(["everybody", "invited"]))
def sign_up(who: str) -> None:
    """Say who may make an account: everybody, or only who was invited."""
    try:
        with transaction() as db:
            open_sign_up(db, to_everybody=who == "everybody", by=Hand.OPERATOR)
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
