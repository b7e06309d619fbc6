"""The blueprint of the diary's pages, and what several of them say and look up."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint

from portal import clock
from portal.accounts.models import Therapist
from portal.database import current_db
from portal.diary.kinds import Kind
from portal.diary.queries import Rules, kind_called, rules_of

blueprint = Blueprint("diary", __name__, url_prefix="/desk/hours")

SAVED = "Saved. What is in your calendar already stays as it is: look whether some of it now lies outside."
KEPT = "Saved. What was asked for already stays as it is."


def today_of(therapist: Therapist) -> date:
    return clock.now().astimezone(ZoneInfo(therapist.time_zone)).date()


def kind_shown(therapist: Therapist, reference: str) -> tuple[Rules, Kind]:
    """Retired or not. Raises NotFound, for another's too."""
    rules = rules_of(current_db(), therapist.id)
    found = kind_called(current_db(), therapist, reference)
    return rules, rules.kind_with_id(found.id)
