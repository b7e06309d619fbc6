"""The one page of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db
from portal.figures.drawing import bars, bars_of_hours, by_hour, by_time_to_answer, by_weekday
from portal.figures.queries import MOST, requests_to, way_of_many, weeks_to_come

blueprint = Blueprint("figures", __name__, url_prefix="/desk")

_WEEKS = 6


@blueprint.get("/how-it-goes")
@therapist_only
def show(therapist: Therapist) -> str:
    db, now, zone = current_db(), clock.now(), zone_of(therapist)
    asked = requests_to(db, therapist, now=now)
    weeks = _weeks_from(now, zone)
    hours = weeks_to_come(db, therapist, weeks)
    labelled = [(f"{begins.day} {begins:%B}", *each) for (begins, _), each in zip(weeks, hours, strict=True)]
    return render_template(
        "figures/show.html",
        way=bars(way_of_many(db, therapist, now=now)),
        to_answer=bars(by_time_to_answer(asked)),
        weekdays=bars(by_weekday(asked, zone)),
        hours=bars(by_hour(asked, zone)),
        weeks=bars_of_hours(labelled),
        most=MOST,
    )


def _weeks_from(now: datetime, zone: ZoneInfo) -> Sequence[tuple[datetime, datetime]]:
    """This week and those that follow, each from its Monday to the next."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    edges = [datetime.combine(monday + timedelta(weeks=week), time(), zone) for week in range(_WEEKS + 1)]
    return list(pairwise(edges))
