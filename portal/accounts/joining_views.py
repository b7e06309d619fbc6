"""Behind a mailed link: proving an address, and joining by invitation."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import clock
from portal.accounts import cookie, guarding, services, visit
from portal.accounts.access import public
from portal.accounts.begun import StepGone
from portal.accounts.ceremonies import PasskeyRefused
from portal.accounts.devices import device_in
from portal.accounts.entrance import as_json, blueprint, finished, hashed
from portal.accounts.forms import PASSWORD_HINT, FirstWayForm, JoinForm
from portal.accounts.invitations import Shown, accept_invitation, invitation_behind
from portal.accounts.models import Client, Proof, Purpose, Step
from portal.accounts.passkeys import add_first, begin_first
from portal.accounts.queries import LinkGone, Person, link_of, person_with_address
from portal.accounts.relying import passkeys_work_here, relying_party
from portal.accounts.returning import home_of
from portal.database import current_db, new_reference, transaction
from portal.web.form import PortalForm

_NOT_MADE = "The passkey could not be made here. Try once more, or choose a password"


@blueprint.route("/account/address/<string:token>", methods=["GET", "POST"])
@public
def prove_address(token: str) -> ResponseReturnValue:
    """Only the button proves the address: mail scanners open every link (T6)."""
    try:
        _, person = link_of(current_db(), services.hash_of(token), Purpose.PROVE_ADDRESS, now=clock.now())
        if _asked_here() == services.hash_of(token) and person.password_hash:
            return _proved_by_a_press(token, person)
        return _proved_by_a_choice(token, person)
    except LinkGone:
        return _link_gone()


@blueprint.post("/account/address/<string:token>/passkey")
@public
def first_challenge(token: str) -> ResponseReturnValue:
    """What to ask a device for the first passkey of an account."""
    guarding.count_link()
    now = clock.now()
    try:
        _, person = link_of(current_db(), services.hash_of(token), Purpose.PROVE_ADDRESS, now=now)
    except LinkGone:
        return _link_gone()
    return _wish_for_a_first(person.reference, person.email)


@blueprint.route("/join/<string:token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    """What the therapist wrote, and a way in to choose; only the button makes the account (T6)."""
    try:
        invitation = invitation_behind(current_db(), token, now=clock.now())
        form = JoinForm(invitation.email)
        if form.validate_on_submit():
            guarding.count_link()
            return _joined(token, form)
    except LinkGone:
        return _link_gone()
    except services.AddressTaken:
        return _join_page(token, invitation, form, has_account=True), 409
    except (StepGone, PasskeyRefused):
        form.refuse(form.password, _NOT_MADE)
    person = person_with_address(current_db(), invitation.email)
    has_account = person is not None and not (isinstance(person, Client) and person.proved_at is None)
    return _join_page(token, invitation, form, has_account=has_account)


@blueprint.post("/join/<string:token>/passkey")
@public
def join_challenge(token: str) -> ResponseReturnValue:
    """The same for somebody who is going to join."""
    guarding.count_link()
    try:
        invitation = invitation_behind(current_db(), token, now=clock.now())
    except LinkGone:
        return _link_gone()
    person = person_with_address(current_db(), invitation.email)
    return _wish_for_a_first(person.reference if person else new_reference(), invitation.email)


def _asked_here() -> str | None:
    asked = cookie.mail_asked()
    return asked.link if asked else None


def _proved_by_a_press(token: str, person: Person) -> ResponseReturnValue:
    """This browser asked for the account, and chose its password."""
    form = PortalForm()
    if not form.validate_on_submit():
        return render_template("accounts/prove_address.html", form=form, address=person.email)
    guarding.count_link()
    now = clock.now()
    with transaction() as db:
        client = services.prove_address(db, token, asked_here=_asked_here(), now=now)
        visit.sign_in(db, client, now=now, by=None)
    return redirect(home_of(client), code=303)


def _proved_by_a_choice(token: str, person: Person) -> ResponseReturnValue:
    """Another browser, or no password yet: whoever reads the address's mail chooses the way in."""
    form = FirstWayForm(person.email)
    if form.validate_on_submit():
        guarding.count_link()
        try:
            return redirect(home_of(_proved(token, form)), code=303)
        except (StepGone, PasskeyRefused):
            form.refuse(form.password, _NOT_MADE)
    return render_template(
        "accounts/first_way_in.html",
        form=form,
        challenge=url_for("accounts.first_challenge", token=token),
        password_hint=PASSWORD_HINT,
        passkeys_work=passkeys_work_here(),
    )


def _proved(token: str, form: FirstWayForm) -> Client:
    now, said = clock.now(), form.credential.data or ""
    begun = finished(Step.PASSKEY_FIRST) if said else None
    password_hash = "" if said else hashed(form.typed_password)
    with transaction() as db:
        client = services.prove_address(db, token, asked_here=None, password_hash=password_hash, now=now)
        if begun is not None:
            add_first(db, client, begun, said, name=_this_device(), party=relying_party(), now=now)
        by = Proof.PASSKEY if said else Proof.PASSWORD
        visit.sign_in(db, client, now=now, by=by, is_strong=bool(said))
    return client


def _joined(token: str, form: JoinForm) -> Response:
    now, said = clock.now(), form.credential.data or ""
    begun = finished(Step.PASSKEY_FIRST) if said else None
    password_hash = "" if said else hashed(form.typed_password)
    with transaction() as db:
        client = accept_invitation(
            db,
            token,
            password_hash=password_hash,
            time_zone=form.time_zone.data,
            reference=begun.reference if begun else None,
            now=now,
        )
        if begun is not None:
            add_first(db, client, begun, said, name=_this_device(), party=relying_party(), now=now)
        by = Proof.PASSKEY if said else Proof.PASSWORD
        visit.sign_in(db, client, now=now, by=by, is_strong=bool(said))
    flash("Welcome. You can stop at any point, and find everything as you left it.")
    return redirect(home_of(client), code=303)


def _wish_for_a_first(reference: str, address: str) -> Response:
    with transaction() as db:
        wish = begin_first(
            db,
            reference=reference,
            address=address,
            party=relying_party(),
            token_hash=cookie.begin(Step.PASSKEY_FIRST),
            now=clock.now(),
        )
    return as_json(wish)


def _join_page(token: str, invitation: Shown, form: JoinForm, *, has_account: bool) -> str:
    return render_template(
        "accounts/join.html",
        invitation=invitation,
        form=form,
        has_account=has_account,
        password_hint=PASSWORD_HINT,
        passkeys_work=passkeys_work_here(),
        challenge=url_for("accounts.join_challenge", token=token),
    )


def _this_device() -> str:
    return device_in(request.user_agent.string)


def _link_gone() -> ResponseReturnValue:
    return render_template("accounts/link_gone.html"), 404
