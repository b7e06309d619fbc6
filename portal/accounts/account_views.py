"""What a person can see and change of their own account: overview, who it is, password, address."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import clock
from portal.accounts import address_change, cookie, guarding, returning, services, visit
from portal.accounts.access import (
    Person,
    before_the_second_step,
    confirmed_lately,
    public,
    signed_in_only,
    stay,
)
from portal.accounts.begun import StepGone
from portal.accounts.ceremonies import PasskeyRefused
from portal.accounts.entrance import as_json, blueprint, finished, hashed, is_right, refuse_to_hurry
from portal.accounts.forms import PASSWORD_HINT, AddressForm, ConfirmForm, PasswordChangeForm
from portal.accounts.models import Proof, Step
from portal.accounts.passkeys import begin_showing, use_passkey
from portal.accounts.queries import LinkGone, places_of, ways_in, zone_of
from portal.accounts.relying import passkeys_work_here, relying_party
from portal.accounts.second_step import CodeRefused, use_code
from portal.database import current_db, transaction
from portal.errors import Refused
from portal.web.form import PortalForm
from portal.web.limits import MustWait

_NOT_YOURS = "That is not your password"
_NOT_THE_CODE = "That is not the code of this moment. Wait for the next one, or use a recovery code"
_NO_SUCH_PASSKEY = "That passkey does not fit. Try once more, or use your password"


class WrongPassword(Refused):
    """It is another one."""


@blueprint.get("/account")
@signed_in_only
def overview(person: Person) -> str:
    db, now = current_db(), clock.now()
    return render_template(
        "accounts/overview.html",
        person=person,
        ways=ways_in(db, person),
        places=len(places_of(db, person, now=now)),
        passkeys_work=passkeys_work_here(),
    )


@blueprint.route("/account/confirm", methods=["GET", "POST"])
@before_the_second_step
def confirm(person: Person) -> ResponseReturnValue:
    """Who is it? Afterwards it goes on with what was asked."""
    form = ConfirmForm(next=request.args.get("next"))
    if not form.validate_on_submit():
        return returning.confirm_page(person, form)
    try:
        _prove(person, form)
    except MustWait as wait:
        refuse_to_hurry(form, form.password, wait)
        return returning.confirm_page(person, form), 429
    except WrongPassword:
        form.refuse(form.password, _NOT_YOURS)
    except CodeRefused:
        form.refuse(form.step_code, _NOT_THE_CODE)
    except (StepGone, PasskeyRefused):
        form.refuse(form.password, _NO_SUCH_PASSKEY)
    if form.errors:
        return returning.confirm_page(person, form)
    return returning.go_on(person, kept=form.kept.data, to=form.next.data, again=False)


@blueprint.post("/account/confirm/challenge")
@before_the_second_step
def confirm_challenge(person: Person) -> Response:
    """What to ask a device for one of the person's passkeys."""
    guarding.count_link()
    with transaction() as db:
        wish = begin_showing(
            db,
            Step.PASSKEY_CONFIRM,
            party=relying_party(),
            token_hash=cookie.begin(Step.PASSKEY_CONFIRM),
            person=person,
            now=clock.now(),
        )
    return as_json(wish)


@blueprint.post("/account/stay")
@before_the_second_step
def stay_signed_in(_person: Person) -> ResponseReturnValue:
    """The person wants to stay; without script, opening any page does the same."""
    with transaction() as db:
        visit.stay(db, now=clock.now())
    until = stay()
    if until is None:
        return {}
    return {"until": until.until.isoformat(), "words": until.in_words}


@blueprint.route("/account/password", methods=["GET", "POST"])
@signed_in_only
def change_password(person: Person) -> ResponseReturnValue:
    """Asks for the password so far; a passkey shown just now does as well."""
    proved = visit.last_confirmed()
    needs_more = ways_in(current_db(), person).second_step_after_password(person)
    if proved.at is None and (needs_more or not person.password_hash):
        return returning.ask_who_it_is(person)
    asks_current = bool(person.password_hash) and proved.by is not Proof.PASSKEY
    form = PasswordChangeForm(person.email, asks_current=asks_current)
    if form.validate_on_submit():
        try:
            return _password_changed(person, form)
        except WrongPassword:
            form.refuse(form.current_password, _NOT_YOURS)
        except MustWait as wait:
            refuse_to_hurry(form, form.current_password, wait)
    return render_template(
        "accounts/change_password.html", form=form, person=person, password_hint=PASSWORD_HINT
    )


@blueprint.route("/account/address", methods=["GET", "POST"])
@signed_in_only
@confirmed_lately
def change_address(person: Person) -> ResponseReturnValue:
    """Nothing changes before the new address has proved itself."""
    form = AddressForm()
    if form.validate_on_submit() and form.address == person.email:
        form.refuse(form.email, "This is the address that you use already")
    elif form.is_submitted() and not form.errors:
        try:
            guarding.count_wish(person.reference)
        except MustWait as wait:
            refuse_to_hurry(form, form.email, wait)
            return _address_page(person, form), 429
        with transaction() as db:
            address_change.want_address(db, person, form.address, now=clock.now())
        flash(f"A message is on its way to {form.address}. The address changes once you confirm it there.")
        return redirect(url_for("accounts.overview"), code=303)
    return _address_page(person, form)


@blueprint.route("/account/new-address/<string:token>", methods=["GET", "POST"])
@public
def prove_new_address(token: str) -> ResponseReturnValue:
    """Only the button changes it: mail scanners open every link (T6)."""
    form, now = PortalForm(), clock.now()
    try:
        change, _ = address_change.change_to_prove(current_db(), token, now=now)
        if form.validate_on_submit():
            guarding.count_link()
            with transaction() as db:
                address_change.change_address(db, token, now=now)
            flash(f"From now on you sign in with {change.new_email}.")
            return redirect(url_for("accounts.overview"), code=303)
    except (LinkGone, services.AddressTaken):
        return render_template("accounts/link_gone.html"), 404
    return render_template("accounts/prove_new_address.html", form=form, change=change)


@blueprint.route("/account/kept-address/<string:token>", methods=["GET", "POST"])
@public
def keep_address(token: str) -> ResponseReturnValue:
    """The way back, from the mail to the old address."""
    form, now = PortalForm(), clock.now()
    try:
        change, _ = address_change.change_to_stop(current_db(), token, now=now)
        if form.validate_on_submit():
            guarding.count_link()
            with transaction() as db:
                address_change.keep_old_address(db, token, now=now)
            flash(f"Your address stays {change.old_email}, and you are signed out everywhere.")
            return redirect(url_for("accounts.sign_in"), code=303)
    except (LinkGone, services.AddressTaken):
        return render_template("accounts/link_gone.html"), 404
    return render_template("accounts/keep_address.html", form=form, change=change)


def _prove(person: Person, form: ConfirmForm) -> None:
    now = clock.now()
    if said := form.credential.data:
        seen = finished(Step.PASSKEY_CONFIRM)
        with transaction() as db:
            use_passkey(db, seen, said, party=relying_party(), now=now)
            visit.confirm(db, by=Proof.PASSKEY, is_strong=True, now=now)
        return
    _refuse_a_wrong_password(person, form.typed_password)
    with transaction() as db:
        guarding.forget_guesses(db, person.email)
        needs_more = ways_in(db, person).second_step_after_password(person)
        if needs_more:
            use_code(db, person, form.step_code.data or "", now=now)
        visit.confirm(db, by=Proof.PASSWORD, is_strong=needs_more, now=now)


def _refuse_a_wrong_password(person: Person, typed: str) -> None:
    guarding.count_guess(person.email)
    if not is_right(typed, person):
        raise WrongPassword


def _password_changed(person: Person, form: PasswordChangeForm) -> Response:
    if form.asks_current:
        _refuse_a_wrong_password(person, form.current_password.data or "")
    password_hash, now, place = hashed(form.typed_password), clock.now(), visit.current_place()
    with transaction() as db:
        if form.asks_current:
            guarding.forget_guesses(db, person.email)
        services.change_password(db, person, password_hash=password_hash, now=now)
        visit.sign_in(
            db,
            person,
            now=now,
            by=Proof.PASSWORD,
            is_strong=place is not None and place.is_strong,
            is_own=place is not None and place.is_own,
        )
    flash("Your new password is kept. You are signed out everywhere else.")
    return redirect(url_for("accounts.overview"), code=303)


def _address_page(person: Person, form: AddressForm) -> str:
    return render_template("accounts/change_address.html", form=form, person=person, zone=zone_of(person))
