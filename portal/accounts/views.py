"""Making an account, proving its address, getting in, out, and back in."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from werkzeug.wrappers import Response
from wtforms import ValidationError

from portal import clock
from portal.accounts import access, passwords, services
from portal.accounts.access import MailAsked, Person, public
from portal.accounts.forms import (
    PASSWORD_HINT,
    AddressForm,
    NewPasswordForm,
    SignInForm,
    SignUpForm,
)
from portal.accounts.models import Client, Purpose
from portal.accounts.queries import LinkGone, link_of, person_with_address
from portal.database import current_db, transaction
from portal.web.doors import comes_from_here
from portal.web.form import PortalForm
from portal.web.security import csrf

blueprint = Blueprint("accounts", __name__)

_NOT_TOGETHER = "That email address and password do not belong together here"


@blueprint.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> str | Response:
    if person := access.signed_in_person():
        return redirect(access.home_of(person), code=303)
    form = SignUpForm()
    if form.validate_on_submit():
        password_hash = passwords.hash_password(form.typed_password, cost=_cost())
        link = _sign_up(form.address, password_hash, form.time_zone.data)
        access.remember_mail_asked(MailAsked(form.address, Purpose.PROVE_ADDRESS, link))
        return redirect(url_for("accounts.check_mail"), code=303)
    return render_template("accounts/sign_up.html", form=form, password_hint=PASSWORD_HINT)


@blueprint.route("/account/mail", methods=["GET", "POST"])
@public
def check_mail() -> str | Response:
    """Where to look for what was just mailed; the button mails it once more."""
    asked = access.mail_asked()
    if asked is None:
        return redirect(url_for("accounts.sign_in"), code=303)
    form = PortalForm()
    if form.validate_on_submit():
        _mail_again(asked)
        flash("It was sent once more. Only the link in the newest message works.")
        return redirect(url_for("accounts.check_mail"), code=303)
    return render_template(
        "accounts/check_mail.html", asked=asked, form=form, development=current_app.config["DEVELOPMENT"]
    )


@blueprint.route("/account/address/<string:token>", methods=["GET", "POST"])
@public
def prove_address(token: str) -> str | Response | tuple[str, int]:
    """Only the button proves the address: mail scanners open every link (T6)."""
    form = PortalForm()
    try:
        if form.validate_on_submit():
            return _address_proved(token)
        _, person = link_of(current_db(), services.hash_of(token), Purpose.PROVE_ADDRESS, now=clock.now())
    except LinkGone:
        return render_template("accounts/link_gone.html"), 404
    return render_template("accounts/prove_address.html", form=form, address=person.email)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next"))
    if person := access.signed_in_person():
        return access.go_on(person, kept=form.kept.data)
    if form.validate_on_submit():
        person = person_with_address(current_db(), form.address)
        if _is_right(form.typed_password, person) and person is not None:
            return _let_in(person, form)
        with transaction() as db:
            services.note_failed_sign_in(db, person)
        form.refuse(form.password, _NOT_TOGETHER)
    return render_template("accounts/sign_in.html", form=form)


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    with transaction() as db:
        access.sign_out(db)
    answer = redirect(url_for("journey.welcome"), code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.route("/leave", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def leave() -> Response:
    """Nobody who flees is stopped by a stale token: only what another site sends ends nothing (C2)."""
    if request.method != "POST":
        return make_response(render_template("accounts/leave.html"))
    return _left(ended=comes_from_here() or _is_from_our_form() or access.signed_in_person() is None)


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
@public
def forgotten_password() -> str | Response:
    form = AddressForm()
    if form.validate_on_submit():
        with transaction() as db:
            link = services.send_new_password_link(db, form.address, now=clock.now())
        access.remember_mail_asked(MailAsked(form.address, Purpose.NEW_PASSWORD, link))
        return redirect(url_for("accounts.check_mail"), code=303)
    return render_template("accounts/forgotten_password.html", form=form)


@blueprint.route("/account/password/<string:token>", methods=["GET", "POST"])
@public
def new_password(token: str) -> str | Response | tuple[str, int]:
    try:
        _, person = link_of(current_db(), services.hash_of(token), Purpose.NEW_PASSWORD, now=clock.now())
        form = NewPasswordForm(person.email)
        if form.validate_on_submit():
            return _password_kept(token, form)
    except LinkGone:
        return render_template("accounts/link_gone.html"), 404
    return render_template("accounts/new_password.html", form=form, password_hint=PASSWORD_HINT)


@blueprint.after_request
def _leaving_shows_no_error(answer: Response) -> Response:
    """Whatever was wrong with the request, or broke on our side: who leaves sees the neutral page."""
    if request.endpoint != "accounts.leave" or answer.status_code < 400:
        return answer
    if request.method == "POST" and comes_from_here():
        return _left(ended=True)
    return make_response(render_template("accounts/leave.html"))


def _left(*, ended: bool) -> Response:
    """Nothing is left behind, of the session neither if it is `ended`, and nothing is shown."""
    cleared = ['"cache"', '"storage"']
    if ended:
        access.leave()
        cleared.append('"cookies"')
    answer = make_response(render_template("accounts/leave.html"))
    answer.headers["Clear-Site-Data"] = ", ".join(cleared)
    return answer


def _sign_up(address: str, password_hash: str, time_zone: str | None) -> str:
    wish = partial(
        services.sign_up, email=address, password_hash=password_hash, time_zone=time_zone, now=clock.now()
    )
    try:
        with transaction() as db:
            return wish(db)
    except services.AddressTaken:
        # A second press of the button was quicker: to this one the address is known.
        with transaction() as db:
            return wish(db)


def _mail_again(asked: MailAsked) -> None:
    with transaction() as db:
        if asked.purpose is Purpose.NEW_PASSWORD:
            link = services.send_new_password_link(db, asked.address, now=clock.now())
        else:
            link = services.send_proof_again(db, asked.address, link_before=asked.link, now=clock.now())
    access.remember_mail_asked(MailAsked(asked.address, asked.purpose, link))


def _address_proved(token: str) -> Response:
    """Sign the client in if this browser asked for the account. In any other the password has to be known: a
    stranger may have made the account with somebody's address.
    """
    asked, now = access.mail_asked(), clock.now()
    with transaction() as db:
        client = services.prove_address(db, token, now=now)
        if asked is not None and asked.link == services.hash_of(token):
            access.sign_in(db, client, now=now)
            return redirect(access.home_of(client), code=303)
    flash("Your address is confirmed. Sign in to go on.")
    return redirect(url_for("accounts.sign_in"), code=303)


def _is_right(password: str, person: Person | None) -> bool:
    return passwords.is_right(password, person.password_hash if person else None, cost=_cost())


def _let_in(person: Person, form: SignInForm) -> ResponseReturnValue:
    now, checked = clock.now(), person.password_hash
    outdated = passwords.is_outdated(checked, cost=_cost())
    renewed = passwords.hash_password(form.typed_password, cost=_cost()) if outdated else None
    try:
        with transaction() as db:
            services.let_in(db, person, checked_hash=checked, renewed_hash=renewed)
            access.sign_in(db, person, now=now)
    except services.NotProved as unproved:
        return _ask_for_proof(unproved.client)
    return access.go_on(person, kept=form.kept.data, to=form.next.data)


def _ask_for_proof(client: Client) -> Response:
    with transaction() as db:
        link = services.send_proof(db, client, now=clock.now())
    access.remember_mail_asked(MailAsked(client.email, Purpose.PROVE_ADDRESS, link))
    flash("This address is not confirmed yet. A new link was sent to it.")
    return redirect(url_for("accounts.check_mail"), code=303)


def _password_kept(token: str, form: NewPasswordForm) -> Response:
    password_hash = passwords.hash_password(form.typed_password, cost=_cost())
    with transaction() as db:
        services.set_new_password(db, token, password_hash=password_hash, now=clock.now())
        access.sign_out(db)
    flash("Your new password is kept. Sign in with it.")
    return redirect(url_for("accounts.sign_in"), code=303)


def _is_from_our_form() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _cost() -> passwords.Cost:
    return passwords.Cost(*current_app.config["ARGON2"])
