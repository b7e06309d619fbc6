"""The blueprint of the diary's pages, and what several of them say and look up."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.models import Therapist
from portal.database import current_db
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, kind_called, rules_of

blueprint = Blueprint("diary", __name__, url_prefix="/desk/hours")

KEPT = "Saved. What was asked for already stays as it is."


def today_of(therapist: Therapist) -> date:
    return clock.now().astimezone(ZoneInfo(therapist.time_zone)).date()


def saved(page: str, *, kind: str | None = None, words: str = "Saved.") -> ResponseReturnValue:
    """After a change of hours: to what is in the calendar and lies outside them now, or back to the page.

    `page` is one of those that the list of what lies outside knows.
    """
    flash(words)
    return redirect(url_for("review.outside", after=page, kind=kind), code=303)


def kind_shown(therapist: Therapist, reference: str) -> tuple[Rules, Kind]:
    """Retired or not. Raises NotFound, for another's too."""
    rules = rules_of(current_db(), therapist.id)
    found = kind_called(current_db(), therapist, reference)
    return rules, rules.kind_with_id(found.id)
