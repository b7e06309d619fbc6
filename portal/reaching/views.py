"""A client says how they may be reached."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.reaching.forms import ReachingForm
from portal.reaching.queries import wish_of
from portal.reaching.services import say_how_to_reach
from portal.reaching.wishes import Wish

blueprint = Blueprint("reaching", __name__, url_prefix="/account/reaching")


@blueprint.get("")
@client_only
def show(client: Client) -> str:
    said = wish_of(current_db(), client) or Wish()
    return _page(client, ReachingForm(calls=said.calls.value, phone=said.phone, words=said.words))


@blueprint.post("")
@client_only
def say(client: Client) -> ResponseReturnValue:
    form = ReachingForm()
    if not form.validate_on_submit():
        return _page(client, form)
    with transaction() as db:
        say_how_to_reach(db, client, form.wish, now=clock.now())
    flash("Kept. You can change it whenever you like.")
    return redirect(url_for("journey.next_step"), code=303)


def _page(client: Client, form: ReachingForm) -> str:
    return render_template("reaching/show.html", client=client, form=form)
