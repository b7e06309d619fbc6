"""Welcome, and the next step."""

from __future__ import annotations

from datetime import tzinfo

from flask import Blueprint, render_template

from portal import clock
from portal.accounts.access import client_only, public, visitor_kind
from portal.accounts.models import Client
from portal.database import current_db
from portal.journey.queries import way_of
from portal.practice.facts import Facts, current_practice
from portal.reading.queries import published_readings
from portal.web.formatting import zone_called

blueprint = Blueprint("journey", __name__)

# The page for strangers, and the facts it was made with. It is the same for all of them, and most never come
# back: it is made anew when the practice's facts are looked up anew, and asks for nothing in between.
_kept: tuple[Facts | None, str] = (None, "")


@blueprint.get("/")
@public
def welcome() -> str:
    return _welcome() if visitor_kind() else _welcome_for_strangers()


@blueprint.get("/next")
@client_only
def next_step(client: Client) -> str:
    now = clock.now()
    zone = zone_called(client.time_zone, current_practice().zone)
    way = way_of(current_db(), client, now=now)
    return render_template("journey/next_step.html", so_far=way, zone=zone, greeting=_greeting(zone))


def _welcome() -> str:
    first = next(iter(published_readings(current_db())), None)
    return render_template("journey/welcome.html", first_reading=first)


def _welcome_for_strangers() -> str:
    global _kept
    facts, page = _kept
    if facts is not current_practice():
        facts, page = _kept = current_practice(), _welcome()
    return page


def _greeting(zone: tzinfo) -> str:
    hour = clock.now().astimezone(zone).hour
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"
