"""The second step of signing in: setting it up, recovery codes, doing without."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import clock
from portal.accounts import second_step as steps
from portal.accounts import visit
from portal.accounts.access import Person, before_the_second_step, confirmed_lately
from portal.accounts.codes import in_groups, picture_of
from portal.accounts.entrance import blueprint, refuse_to_hurry
from portal.accounts.forms import AppForm
from portal.accounts.guarding import count_code, forget_codes
from portal.accounts.models import Proof, Therapist
from portal.accounts.queries import ways_in
from portal.accounts.relying import passkeys_work_here
from portal.accounts.services import LastWayIn
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.practice.facts import current_practice
from portal.web.limits import MustWait

_NOT_THE_CODE = "That is not the code of this moment. Look at the app, and type the one it shows now"


@blueprint.get("/account/second-step", endpoint="second_step")
@before_the_second_step
def show_second_step(person: Person) -> str:
    return render_template(
        "accounts/second_step.html",
        ways=ways_in(current_db(), person),
        is_therapist=isinstance(person, Therapist),
        has_to=visit.owes_second_step(),
        passkeys_work=passkeys_work_here(),
    )


@blueprint.post("/account/second-step")
@before_the_second_step
@confirmed_lately
def begin_app(person: Person) -> ResponseReturnValue:
    with transaction() as db:
        steps.begin_app(db, person, now=clock.now())
    return redirect(url_for("accounts.set_up_app"), code=303)


@blueprint.route("/account/second-step/app", methods=["GET", "POST"])
@before_the_second_step
@confirmed_lately
def set_up_app(person: Person) -> ResponseReturnValue:
    """The secret as a picture and in letters; it is in use once the app has shown a code."""
    form, now = AppForm(), clock.now()
    try:
        if form.validate_on_submit():
            return _app_confirmed(person, form)
        secret = steps.secret_to_set_up(current_db(), person, now=now)
    except MustWait as wait:
        refuse_to_hurry(form, form.step_code, wait)
        secret = steps.secret_to_set_up(current_db(), person, now=now)
    except steps.CodeRefused:
        form.refuse(form.step_code, _NOT_THE_CODE)
        secret = steps.secret_to_set_up(current_db(), person, now=now)
    except NotFound:
        return redirect(url_for("accounts.second_step"), code=303)
    return _app_page(person, form, secret)


@blueprint.post("/account/second-step/codes")
@before_the_second_step
@confirmed_lately
def make_codes(person: Person) -> ResponseReturnValue:
    """A new set; it is shown in answer to this and never again."""
    if not ways_in(current_db(), person).second_step_after_password(person):
        return redirect(url_for("accounts.second_step"), code=303)
    with transaction() as db:
        codes = steps.replace_recovery_codes(db, person, now=clock.now())
    return render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/account/second-step/removal")
@before_the_second_step
@confirmed_lately
def remove_app(person: Person) -> ResponseReturnValue:
    try:
        with transaction() as db:
            steps.remove_app(
                db, person, owes_second_step=visit.has_to_have_second_step(person), now=clock.now()
            )
            visit.end_elsewhere(db, person)
    except LastWayIn:
        flash("It stays: whoever works here signs in with a second step. Add a passkey first.")
    else:
        flash("From now on no code is asked for.")
    return redirect(url_for("accounts.second_step"), code=303)


def _app_confirmed(person: Person, form: AppForm) -> ResponseReturnValue:
    count_code(person.email)
    now = clock.now()
    with transaction() as db:
        codes = steps.confirm_app(db, person, form.step_code.data or "", now=now)
        visit.confirm(db, by=Proof.PASSWORD, is_strong=True, now=now)
        visit.end_elsewhere(db, person)
        forget_codes(db, person.email)
    if codes:
        return render_template("accounts/recovery_codes.html", codes=codes)
    flash("The new app is in use. Your recovery codes are still good.")
    return redirect(url_for("accounts.second_step"), code=303)


def _app_page(person: Person, form: AppForm, secret: str) -> str:
    qr = picture_of(secret, address=person.email, issuer=current_practice().name)
    return render_template(
        "accounts/set_up_app.html",
        form=form,
        secret=in_groups(secret),
        # Drawn from the secret alone: nothing in it was typed by anybody.
        qr=Markup(qr),
    )
