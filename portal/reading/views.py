"""Readings as a client sees them. That one was opened is written down nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.reading.bookmarks import allow_places, forget_places, keep_place
from portal.reading.forms import KeepForm, PlaceForm
from portal.reading.keeping import NotInTheText, PassageTooLong, TooManyKept, keep_passage
from portal.reading.queries import (
    Found,
    Kept,
    Moved,
    bookmarks_of,
    kept_by,
    places_in,
    published_readings,
    reading_for,
    readings_for,
)
from portal.reading.rendering import blocks_of
from portal.reading.services import mark_reading, put_suggestion_away, unmark_reading

blueprint = Blueprint("reading", __name__)


@blueprint.get("/reading")
@client_only
def index(client: Client) -> str:
    db = current_db()
    bookmarks = bookmarks_of(db, client)
    return render_template(
        "reading/index.html",
        readings=readings_for(db, client),
        keeps_places=bookmarks is not None,
        places=places_in(db, client, bookmarks.sealed_places) if bookmarks else {},
    )


@blueprint.get("/reading/<string:slug>")
@client_only
def show(client: Client, slug: str) -> ResponseReturnValue:
    return _page(client, slug, "reading/show.html")


@blueprint.get("/reading/<string:slug>/passages")
@client_only
def passages(client: Client, slug: str) -> ResponseReturnValue:
    """The same words, with a button under each paragraph: for whoever marks nothing with a pointer."""
    return _page(client, slug, "reading/passages.html")


@blueprint.post("/reading/<string:slug>/passages")
@client_only
def keep(client: Client, slug: str) -> ResponseReturnValue:
    form, found = KeepForm(), reading_for(current_db(), client, slug)
    form.validate()
    try:
        with transaction() as db:
            keep_passage(db, client, found.reading, form.pointed, now=clock.now())
    except NotInTheText:
        flash("The text has changed since you opened it, and these words are no longer in it as they were.")
    except PassageTooLong:
        flash("That is more than can be kept at once. Keep a shorter part of it.")
    except TooManyKept:
        flash("You keep a hundred passages. Let one go before you keep another.")
    else:
        flash("Kept. It is yours alone, until you choose to share it.")
    page = "reading.show" if form.words.data else "reading.passages"
    return _to(page, slug, form.block.data)


@blueprint.post("/reading/<string:slug>/place")
@client_only
def remember(client: Client, slug: str) -> ResponseReturnValue:
    """A bookmark: by a button, or by a script for whoever allows it."""
    form, found = PlaceForm(), reading_for(current_db(), client, slug)
    form.validate()
    with transaction() as db:
        keep_place(db, client, found.reading, form.block.data or 0)
    return _to("reading.passages", slug, form.block.data)


@blueprint.post("/reading/places")
@client_only
def allow(client: Client) -> Response:
    with transaction() as db:
        if request.form.get("keep") == "yes":
            allow_places(db, client)
            flash("From now on your place is kept, for you alone.")
        else:
            forget_places(db, client)
            flash("Your places are forgotten, and no more are kept.")
    return redirect(url_for("reading.index", _anchor="places"), code=303)


@blueprint.post("/reading/<string:slug>/mark")
@client_only
def mark(client: Client, slug: str) -> Response:
    found = reading_for(current_db(), client, slug)
    with transaction() as db:
        mark_reading(db, client, found.reading, now=clock.now())
    return _back_to_the_end_of(slug)


@blueprint.post("/reading/<string:slug>/unmark")
@client_only
def unmark(client: Client, slug: str) -> Response:
    found = reading_for(current_db(), client, slug)
    with transaction() as db:
        unmark_reading(db, client, found.reading)
    return _back_to_the_end_of(slug)


@blueprint.post("/reading/<string:slug>/put-away")
@client_only
def put_away(client: Client, slug: str) -> Response:
    found = reading_for(current_db(), client, slug)
    with transaction() as db:
        put_suggestion_away(db, client, found.reading)
    return redirect(url_for("journey.next_step"), code=303)


@blueprint.errorhandler(Moved)
def _to_the_new_address(moved: Moved) -> ResponseReturnValue:
    """What only asks is led on; of what was sent to the old address, nothing was done."""
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for(request.endpoint or "reading.show", slug=moved.slug))
    flash("This reading has another address now, so nothing was done. Press once more.")
    return redirect(url_for("reading.show", slug=moved.slug), code=303)


def _page(client: Client, slug: str, template: str) -> str:
    db = current_db()
    found, series = reading_for(db, client, slug), published_readings(db)
    place = series.index(found.reading)
    return render_template(
        template,
        found=found,
        reading=found.reading,
        blocks=blocks_of(found.reading.markdown),
        kept=_kept_here(found, kept_by(db, client)),
        before=series[place - 1] if place > 0 else None,
        after=series[place + 1] if place + 1 < len(series) else None,
    )


def _kept_here(found: Found, kept: Iterable[Kept]) -> dict[int, str]:
    """The blocks of this text in which something is kept, and the newest passage of each."""
    blocks = blocks_of(found.reading.markdown)
    here: dict[int, str] = {}
    for each in kept:
        if each.reading != found.reading.reference or not 1 <= each.block <= len(blocks):
            continue
        # Where the text has changed since, the line at its side would stand beside other words.
        if each.words.splitlines()[0] in blocks[each.block - 1].text:
            here.setdefault(each.block, each.reference)
    return here


def _to(page: str, slug: str, block: int | None) -> Response:
    anchor: dict[str, Any] = {"_anchor": f"p{block}"} if block else {}
    return redirect(url_for(page, slug=slug, **anchor), code=303)


def _back_to_the_end_of(slug: str) -> Response:
    return redirect(url_for("reading.show", slug=slug, _anchor="when-read"), code=303)
