"""A person's passkeys: list, add, remove."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts import cookie, guarding, passkeys, visit
from portal.accounts.access import Person, before_the_second_step, confirmed_lately
from portal.accounts.begun import StepGone
from portal.accounts.ceremonies import PasskeyRefused
from portal.accounts.devices import device_in
from portal.accounts.entrance import as_json, blueprint, finished
from portal.accounts.forms import PasskeyForm
from portal.accounts.models import Proof, Step, Therapist
from portal.accounts.passkeys import TooManyPasskeys
from portal.accounts.queries import zone_of
from portal.accounts.relying import passkeys_work_here, relying_party
from portal.accounts.second_step import first_recovery_codes
from portal.accounts.services import LastWayIn
from portal.database import current_db, transaction

_NOT_MADE = "The passkey was not added. Press the button once more, and follow what your device says"


@blueprint.get("/account/passkeys", endpoint="passkeys")
@before_the_second_step
def show_passkeys(person: Person) -> str:
    return _page(person, PasskeyForm(formdata=None, name=device_in(request.user_agent.string)))


@blueprint.post("/account/passkeys")
@before_the_second_step
@confirmed_lately
def add_passkey(person: Person) -> ResponseReturnValue:
    form, now = PasskeyForm(), clock.now()
    if not (form.validate_on_submit() and form.credential.data):
        form.refuse(form.name, _NOT_MADE)
        return _page(person, form)
    name = form.name.data or device_in(request.user_agent.string)
    try:
        begun = finished(Step.PASSKEY_ADD)
        with transaction() as db:
            passkeys.add_passkey(
                db, person, begun, form.credential.data, name=name, party=relying_party(), now=now
            )
            codes = first_recovery_codes(db, person, now=now) if isinstance(person, Therapist) else []
            visit.confirm(db, by=Proof.PASSKEY, is_strong=True, now=now)
            visit.end_elsewhere(db, person)
    except (StepGone, PasskeyRefused):
        form.refuse(form.name, _NOT_MADE)
        return _page(person, form)
    if codes:
        return render_template("accounts/recovery_codes.html", codes=codes)
    flash(f"“{name}” is a way in from now on.")
    return redirect(url_for("accounts.passkeys"), code=303)


@blueprint.post("/account/passkeys/challenge")
@before_the_second_step
@confirmed_lately
def passkey_challenge(person: Person) -> ResponseReturnValue:
    """What to ask a device for one more passkey of the person's."""
    guarding.count_link()
    with transaction() as db:
        wish = passkeys.begin_making(
            db,
            person,
            party=relying_party(),
            token_hash=cookie.begin(Step.PASSKEY_ADD),
            now=clock.now(),
        )
    return as_json(wish)


@blueprint.post("/account/passkeys/<string:reference>/removal")
@before_the_second_step
@confirmed_lately
def remove_passkey(person: Person, reference: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            passkeys.remove_passkey(
                db, person, reference, owes_second_step=visit.has_to_have_second_step(person), now=clock.now()
            )
            visit.end_elsewhere(db, person)
    except LastWayIn:
        flash("It stays: without it you could not come in any more. Add another way first.")
    else:
        flash("Removed. It no longer opens anything here; you can delete it on your device as well.")
    return redirect(url_for("accounts.passkeys"), code=303)


@blueprint.errorhandler(TooManyPasskeys)
def _too_many(_error: TooManyPasskeys) -> ResponseReturnValue:
    return "", 409


def _page(person: Person, form: PasskeyForm) -> str:
    return render_template(
        "accounts/passkeys.html",
        form=form,
        passkeys=passkeys.named_passkeys(current_db(), person, now=clock.now()),
        passkeys_work=passkeys_work_here(),
        zone=zone_of(person),
        person=person,
    )
