"""The blueprint of the workshop's pages, and a therapist's zone, in which they are all written."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint

from portal.accounts.models import Therapist

blueprint = Blueprint("making", __name__, url_prefix="/desk/questionnaire")


def zone_of(therapist: Therapist) -> ZoneInfo:
    return ZoneInfo(therapist.time_zone)
