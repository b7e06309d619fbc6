"""The secret address of a therapist's own calendar: made, revoked, and read by their calendar program."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import public, therapist_only
from portal.accounts.models import Therapist
from portal.accounts.services import hash_of
from portal.database import current_db, transaction
from portal.review.desk import zone_of
from portal.review.forms import FeedForm
from portal.scheduling.feed_file import feed_file, feed_of
from portal.scheduling.feeds import make_feed, revoke_feed
from portal.web.addresses import whole_address

blueprint = Blueprint("feed", __name__)


@blueprint.get("/desk/feed")
@therapist_only
def show(therapist: Therapist) -> str:
    return _page(therapist, FeedForm(formdata=None))


@blueprint.post("/desk/feed")
@therapist_only
def make(therapist: Therapist) -> ResponseReturnValue:
    form = FeedForm()
    if not form.validate_on_submit():
        return _page(therapist, form)
    with transaction() as db:
        token = make_feed(db, therapist, shows_names=bool(form.shows_names.data), now=clock.now())
    # Shown this once, and so not after a redirect: only its hash is kept.
    return _page(therapist, form, address=whole_address("feed.read", token=token))


@blueprint.post("/desk/feed/removal")
@therapist_only
def revoke(therapist: Therapist) -> ResponseReturnValue:
    with transaction() as db:
        revoke_feed(db, therapist)
    flash("The address leads nowhere from now on.")
    return redirect(url_for("feed.show"), code=303)


@blueprint.get("/calendar/<string:token>.ics")
@public
def read(token: str) -> Response:
    """Whoever has the address is let in: it is as long as any password and can be revoked."""
    file = feed_file(current_db(), hash_of(token), now=clock.now())
    answer = Response(file.text, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    answer.headers["Content-Disposition"] = "inline; filename=calendar.ics"
    # Kept by the program that asks, by nothing on the way, and asked for again each time.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(file.etag)
    answer.last_modified = file.changed_at.replace(microsecond=0)
    answer.make_conditional(request)
    return answer


def _page(therapist: Therapist, form: FeedForm, *, address: str | None = None) -> str:
    feed = feed_of(current_db(), therapist.id)
    if feed is not None and address is None:
        form.shows_names.data = feed.shows_names
    return render_template("review/feed.html", form=form, feed=feed, address=address, zone=zone_of(therapist))
