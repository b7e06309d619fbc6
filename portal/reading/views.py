"""Readings as a client sees them. That one was opened is written down nowhere."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.reading.queries import published_readings, reading_for, readings_marked_by
from portal.reading.rendering import rendered
from portal.reading.services import mark_reading, unmark_reading

blueprint = Blueprint("reading", __name__)


@blueprint.get("/reading")
@client_only
def index(client: Client) -> str:
    db = current_db()
    marked = {reading.id for reading in readings_marked_by(db, client)}
    return render_template("reading/index.html", readings=published_readings(db), marked=marked)


@blueprint.get("/reading/<string:slug>")
@client_only
def show(client: Client, slug: str) -> str:
    db = current_db()
    reading, said_at = reading_for(db, client, slug)
    series = published_readings(db)
    place = series.index(reading)
    return render_template(
        "reading/show.html",
        reading=reading,
        words=rendered(reading.markdown),
        said_at=said_at,
        before=series[place - 1] if place > 0 else None,
        after=series[place + 1] if place + 1 < len(series) else None,
    )


@blueprint.post("/reading/<string:slug>/mark")
@client_only
def mark(client: Client, slug: str) -> Response:
    reading, _ = reading_for(current_db(), client, slug)
    with transaction() as db:
        mark_reading(db, client, reading, now=clock.now())
    return _back_to_the_end_of(slug)


@blueprint.post("/reading/<string:slug>/unmark")
@client_only
def unmark(client: Client, slug: str) -> Response:
    reading, _ = reading_for(current_db(), client, slug)
    with transaction() as db:
        unmark_reading(db, client, reading)
    return _back_to_the_end_of(slug)


def _back_to_the_end_of(slug: str) -> Response:
    return redirect(url_for("reading.show", slug=slug, _anchor="when-read"), code=303)
