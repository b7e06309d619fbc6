"""Invitations at the desk, and whether anybody else may make an account."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts import guarding, invitations
from portal.accounts.access import therapist_only
from portal.accounts.entrance import blueprint, refuse_to_hurry
from portal.accounts.forms import InvitationForm
from portal.accounts.models import Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.practice.services import NotDescribed, open_sign_up
from portal.web.limits import MustWait


@blueprint.get("/desk/invitations", endpoint="invitations")
@therapist_only
def show_invitations(therapist: Therapist) -> str:
    return _page(therapist, InvitationForm(formdata=None))


@blueprint.post("/desk/invitations")
@therapist_only
def invite(therapist: Therapist) -> ResponseReturnValue:
    form = InvitationForm()
    if not form.validate_on_submit():
        return _page(therapist, form)
    try:
        guarding.count_wish(therapist.reference)
        with transaction() as db:
            invitations.invite(
                db,
                therapist,
                email=form.address,
                name=form.name.data or "",
                words=form.words.data or "",
                now=clock.now(),
            )
    except MustWait as wait:
        refuse_to_hurry(form, form.email, wait)
        return _page(therapist, form), 429
    except invitations.ClientAlready:
        form.refuse(form.email, "Somebody with this address is a client of yours already")
        return _page(therapist, form)
    flash(f"An invitation is on its way to {form.address}.")
    return redirect(url_for("accounts.invitations"), code=303)


@blueprint.post("/desk/invitations/<string:reference>/again")
@therapist_only
def invite_again(therapist: Therapist, reference: str) -> ResponseReturnValue:
    guarding.count_wish(therapist.reference)
    with transaction() as db:
        invitations.invite_again(db, therapist, reference, now=clock.now())
    flash("Sent once more. Only the link in the newest message works, for two weeks.")
    return redirect(url_for("accounts.invitations"), code=303)


@blueprint.post("/desk/invitations/<string:reference>/revocation")
@therapist_only
def revoke(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        invitations.revoke_invitation(db, therapist, reference, now=clock.now())
    flash("Taken back. Its link no longer works.")
    return redirect(url_for("accounts.invitations"), code=303)


@blueprint.post("/desk/invitations/sign-up")
@therapist_only
def change_sign_up(_therapist: Therapist) -> ResponseReturnValue:
    to_everybody = request.form.get("who") == "everybody"
    try:
        with transaction() as db:
            open_sign_up(db, to_everybody=to_everybody)
    except NotDescribed:
        flash("The practice has to be described first: practice describe, at a terminal.")
    else:
        current_app.extensions["practice"].forget()
        flash("Anybody can make an account." if to_everybody else "Only who is invited makes an account.")
    return redirect(url_for("accounts.invitations"), code=303)


def _page(therapist: Therapist, form: InvitationForm) -> str:
    now = clock.now()
    return render_template(
        "accounts/invitations.html",
        form=form,
        invitations=invitations.invitations_of(current_db(), therapist, now=now),
        zone=zone_of(therapist),
        now=now,
    )
