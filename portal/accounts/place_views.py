"""Where the person is signed in."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal import clock
from portal.accounts import places, visit
from portal.accounts.access import Person, signed_in_only
from portal.accounts.entrance import blueprint
from portal.accounts.queries import places_of, zone_of
from portal.database import current_db, transaction


@blueprint.get("/account/places", endpoint="places")
@signed_in_only
def show_places(person: Person) -> str:
    now, here = clock.now(), visit.current_place()
    return render_template(
        "accounts/places.html",
        places=places_of(current_db(), person, now=now),
        here=here.id if here else None,
        zone=zone_of(person),
        now=now,
    )


@blueprint.post("/account/places/<string:reference>/end")
@signed_in_only
def end_place(person: Person, reference: str) -> Response:
    with transaction() as db:
        places.end_place_called(db, person, reference)
    flash("You are signed out there.")
    return redirect(url_for("accounts.places"), code=303)


@blueprint.post("/account/places/end")
@signed_in_only
def end_places(person: Person) -> Response:
    with transaction() as db:
        places.end_all_places(db, person)
        visit.sign_out(db)
    flash("You are signed out everywhere.")
    return redirect(url_for("accounts.sign_in"), code=303)
