"""Making an account, getting out, and getting back in without a password."""

from __future__ import annotations

from functools import partial

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from werkzeug.wrappers import Response
from wtforms import ValidationError

from portal import clock
from portal.accounts import cookie, guarding, returning, services, visit
from portal.accounts.access import public
from portal.accounts.cookie import MailAsked
from portal.accounts.entrance import blueprint, hashed, refuse_to_hurry
from portal.accounts.forms import PASSWORD_HINT, AddressForm, NewPasswordForm, SignUpForm
from portal.accounts.models import Purpose
from portal.accounts.queries import LinkGone, link_of
from portal.accounts.relying import passkeys_work_here
from portal.database import current_db, transaction
from portal.practice.facts import current_practice
from portal.web.doors import comes_from_here
from portal.web.form import PortalForm
from portal.web.limits import MustWait
from portal.web.security import csrf


@blueprint.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> ResponseReturnValue:
    if person := visit.signed_in_person():
        return redirect(returning.home_of(person), code=303)
    if not current_practice().self_sign_up:
        return render_template("accounts/by_invitation.html")
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            return _signed_up(form)
        except MustWait as wait:
            refuse_to_hurry(form, form.email, wait)
            return _sign_up_page(form), 429
    return _sign_up_page(form)


@blueprint.route("/account/mail", methods=["GET", "POST"])
@public
def check_mail() -> str | Response:
    """Where to look for what was just mailed; the button mails it once more."""
    asked = cookie.mail_asked()
    if asked is None:
        return redirect(url_for("accounts.sign_in"), code=303)
    form = PortalForm()
    if form.validate_on_submit():
        guarding.count_mail_asked()
        _mail_again(asked)
        flash("It was sent once more. Only the link in the newest message works.")
        return redirect(url_for("accounts.check_mail"), code=303)
    return render_template(
        "accounts/check_mail.html", asked=asked, form=form, development=current_app.config["DEVELOPMENT"]
    )


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    with transaction() as db:
        visit.sign_out(db)
    answer = redirect(url_for("journey.welcome"), code=303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.route("/leave", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def leave() -> Response:
    """Nobody who flees is stopped by a stale token: only what another site sends ends nothing (C2)."""
    if request.method != "POST":
        return make_response(render_template("accounts/leave.html"))
    return _left(ended=comes_from_here() or _is_from_our_form() or visit.signed_in_person() is None)


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
@public
def forgotten_password() -> ResponseReturnValue:
    form = AddressForm()
    if form.validate_on_submit():
        try:
            guarding.count_mail_asked()
        except MustWait as wait:
            refuse_to_hurry(form, form.email, wait)
            return render_template("accounts/forgotten_password.html", form=form), 429
        link = _mail_new_password(form.address)
        cookie.remember_mail_asked(MailAsked(form.address, Purpose.NEW_PASSWORD, link))
        return redirect(url_for("accounts.check_mail"), code=303)
    return render_template("accounts/forgotten_password.html", form=form)


@blueprint.route("/account/password/<string:token>", methods=["GET", "POST"])
@public
def new_password(token: str) -> str | Response | tuple[str, int]:
    try:
        _, person = link_of(current_db(), services.hash_of(token), Purpose.NEW_PASSWORD, now=clock.now())
        form = NewPasswordForm(person.email)
        if form.validate_on_submit():
            guarding.count_link()
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
    answer = make_response(render_template("accounts/leave.html"))
    if ended:
        visit.leave()
        cookie.make_unknown(answer)
        cleared.append('"cookies"')
    answer.headers["Clear-Site-Data"] = ", ".join(cleared)
    return answer


def _sign_up_page(form: SignUpForm) -> str:
    return render_template(
        "accounts/sign_up.html",
        form=form,
        password_hint=PASSWORD_HINT,
        passkeys_work=passkeys_work_here(),
    )


def _signed_up(form: SignUpForm) -> Response:
    guarding.count_mail_asked()
    password_hash = "" if form.wants_a_passkey else hashed(form.typed_password)
    link = _sign_up(form.address, password_hash, form.time_zone.data)
    cookie.remember_mail_asked(MailAsked(form.address, Purpose.PROVE_ADDRESS, link))
    return redirect(url_for("accounts.check_mail"), code=303)


def _sign_up(address: str, password_hash: str, time_zone: str | None) -> str:
    if not guarding.has_room_for_mail(address):
        return services.link_of_nothing()
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


def _mail_new_password(address: str) -> str:
    if not guarding.has_room_for_mail(address):
        return services.link_of_nothing()
    with transaction() as db:
        return services.send_new_password_link(db, address, now=clock.now())


def _mail_again(asked: MailAsked) -> None:
    if asked.purpose is Purpose.NEW_PASSWORD:
        link = _mail_new_password(asked.address)
    elif guarding.has_room_for_mail(asked.address):
        with transaction() as db:
            link = services.send_proof_again(db, asked.address, link_before=asked.link, now=clock.now())
    else:
        # The newest link that was sent still works, and still belongs here.
        link = asked.link
    cookie.remember_mail_asked(MailAsked(asked.address, asked.purpose, link))


def _password_kept(token: str, form: NewPasswordForm) -> Response:
    password_hash = hashed(form.typed_password)
    with transaction() as db:
        person = services.set_new_password(db, token, password_hash=password_hash, now=clock.now())
        visit.sign_out(db)
        visit.know_here(db, person, now=clock.now())
    flash("Your new password is kept. Sign in with it.")
    return redirect(url_for("accounts.sign_in"), code=303)


def _is_from_our_form() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True
