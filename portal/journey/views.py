"""Welcome, and the next step."""

from __future__ import annotations

from datetime import tzinfo

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only, public, visitor_kind
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db
from portal.intake.queries import given_questionnaire
from portal.journey.queries import way_of
from portal.journey.steps import minutes_together
from portal.practice.facts import Facts, current_practice
from portal.reading.queries import published_readings

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
    zone = zone_of(client)
    way = way_of(current_db(), client, now=now)
    return render_template("journey/next_step.html", so_far=way, zone=zone, now=now, greeting=_greeting(zone))


@blueprint.get("/to/<string:reference>")
@public
def lead(reference: str) -> ResponseReturnValue:
    """Where a mailed link about an appointment leads; its address tells nothing to who sees it (P2)."""
    pages = {"client": "scheduling.show", "therapist": "review.show"}
    page = pages.get(visitor_kind() or "")
    if page is None:
        here = url_for("journey.lead", reference=reference)
        return redirect(url_for("accounts.sign_in", next=here), code=303)
    return redirect(url_for(page, reference=reference), code=303)


def _welcome() -> str:
    first = next(iter(published_readings(current_db())), None)
    questions = given_questionnaire(current_db())
    minutes = minutes_together(first.minutes if first else 0, questions.minutes if questions else 0)
    return render_template("journey/welcome.html", first_reading=first, questions=questions, minutes=minutes)


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
