"""Where the way through the questions leads: the addresses of their pages, and which comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for

from portal import clock
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.intake.path import Path, Stop
from portal.intake.questionnaire import Item, Question, Section
from portal.web.formatting import at_or_on

blueprint = Blueprint("intake", __name__)

# In an address: who comes from the check goes back to it. A section's name there does the same, once all that
# was passed by in it has been asked.
CHECK = "check"


def came_from() -> str | None:
    return request.args.get("from")


def place_of(stop: Stop, *, came_from: str | None = None, at: Question | None = None) -> str:
    """The address of a page; with `at`, of that question on it."""
    return place_called(stop.link_id, came_from=came_from, at=at.link_id if at else None)


def place_called(link_id: str, *, came_from: str | None = None, at: str | None = None) -> str:
    query: dict[str, Any] = {"from": came_from} if came_from else {}
    return url_for("intake.ask", link_id=link_id, _anchor=at, **query)


def place_of_answers(section: Section) -> str:
    """Where the page of a section is sent to."""
    origin = came_from()
    query: dict[str, Any] = {"from": origin} if origin else {}
    return url_for("intake.save_section", link_id=section.link_id, **query)


def place_of_question(path: Path, question: Question, *, came_from: str | None = None) -> str:
    """Where it is asked: alone, or among the others of its section."""
    stop = path.stop_of(question)
    return place_of(stop, came_from=came_from, at=question if isinstance(stop, Section) else None)


def place_after(path: Path, link_id: str) -> str:
    """The next page; for who came from the check, what is to be asked before, and then the check again."""
    origin = came_from()
    if origin is None:
        stop = path.after(link_id)
        return place_of(stop) if stop else url_for("intake.check")
    part = path.questionnaire.by_link_id.get(origin)
    left = path.untouched_in(part) if isinstance(part, Section) else None
    if left is not None:
        return place_of_question(path, left, came_from=origin)
    return place_to_check(path)


def place_to_check(path: Path) -> str:
    """The check, or the first question that has been opened since and was not asked yet."""
    opened = path.newly_opened
    return place_of(opened, came_from=CHECK) if opened else url_for("intake.check")


def place_before(path: Path, part: Item | Section) -> str:
    if came_from():
        return url_for("intake.check")
    earlier = path.before(part.link_id)
    return place_of(earlier) if earlier else url_for("intake.begin")


def place_to_go_on(path: Path) -> str:
    """The first question that was neither answered nor passed by, or the check."""
    if not path.replies and path.stops:
        return place_of(path.stops[0])
    untouched = path.first_untouched
    return place_of_question(path, untouched) if untouched else url_for("intake.check")


def saved_line(moment: datetime | None, client: Client) -> str | None:
    """For example: Saved at 14:02; of another day, that day too."""
    return None if moment is None else f"Saved {at_or_on(moment, zone_of(client), clock.now())}"
