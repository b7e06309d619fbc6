"""Getting in: by password, by passkey, and the second step."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import clock
from portal.accounts import cookie, guarding, passwords, returning, services, visit
from portal.accounts.access import Person, public
from portal.accounts.begun import StepGone, begin_step, begun_step, finish_step
from portal.accounts.ceremonies import PasskeyRefused
from portal.accounts.cookie import MailAsked
from portal.accounts.entrance import (
    as_json,
    blueprint,
    cost,
    finished,
    hashed,
    is_right,
    refuse_to_hurry,
)
from portal.accounts.forms import PasskeySignInForm, SecondStepForm, SignInForm
from portal.accounts.models import Client, Proof, Purpose, Step
from portal.accounts.passkeys import begin_showing, use_passkey
from portal.accounts.queries import person_with_address, ways_in
from portal.accounts.relying import passkeys_work_here, relying_party
from portal.accounts.second_step import CodeRefused, use_code
from portal.database import current_db, transaction
from portal.web.limits import MustWait

_NOT_TOGETHER = "That email address and password do not belong together here"
_NOT_THE_CODE = "That is not the code of this moment. Wait for the next one, or use a recovery code"
_NO_SUCH_PASSKEY = "That passkey does not fit. Try once more, or sign in another way"


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next"))
    if person := visit.signed_in_person():
        return returning.go_on(person, kept=form.kept.data)
    if form.validate_on_submit():
        try:
            guarding.count_guess(form.address)
        except MustWait as wait:
            refuse_to_hurry(form, form.email, wait)
            return returning.sign_in_page(form), 429
        person = person_with_address(current_db(), form.address)
        if is_right(form.typed_password, person) and person is not None:
            return _let_in(person, form)
        form.refuse(form.password, _NOT_TOGETHER)
    return returning.sign_in_page(form)


@blueprint.post("/sign-in/passkey/challenge")
@public
def challenge() -> Response:
    """What to ask a device for a passkey of anybody's."""
    guarding.count_link()
    with transaction() as db:
        wish = begin_showing(
            db,
            Step.PASSKEY_SIGN_IN,
            party=relying_party(),
            token_hash=cookie.begin(Step.PASSKEY_SIGN_IN),
            now=clock.now(),
        )
    return as_json(wish)


@blueprint.post("/sign-in/passkey")
@public
def sign_in_by_passkey() -> ResponseReturnValue:
    form, now = PasskeySignInForm(), clock.now()
    if person := visit.signed_in_person():
        return returning.go_on(person, kept=form.kept.data)
    guarding.count_link()
    try:
        begun = finished(Step.PASSKEY_SIGN_IN)
        with transaction() as db:
            person = use_passkey(db, begun, form.credential.data or "", party=relying_party(), now=now)
            visit.sign_in(db, person, now=now, by=Proof.PASSKEY, is_strong=True, is_own=form.own_device.data)
    except (StepGone, PasskeyRefused):
        again = SignInForm(formdata=None, next=form.next.data, kept=form.kept.data)
        again.refuse(again.email, _NO_SUCH_PASSKEY)
        return returning.sign_in_page(again), 403
    return returning.go_on(person, kept=form.kept.data, to=form.next.data)


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
@public
def take_second_step() -> ResponseReturnValue:
    """After the password: a code, or a passkey."""
    form = SecondStepForm(next=request.args.get("next"))
    if person := visit.signed_in_person():
        return returning.go_on(person, kept=form.kept.data)
    try:
        person = _half_way_in()
        if form.validate_on_submit():
            return _second_step_taken(person, form)
    except StepGone:
        return returning.sign_in_page(SignInForm(formdata=None, next=form.next.data, kept=form.kept.data))
    return _second_step_page(person, form)


@blueprint.post("/sign-in/second-step/challenge")
@public
def second_challenge() -> Response:
    """What to ask a device for a passkey of whoever has just typed their password."""
    guarding.count_link()
    person = _half_way_in()
    with transaction() as db:
        wish = begin_showing(
            db,
            Step.PASSKEY_SECOND,
            party=relying_party(),
            token_hash=cookie.begin(Step.PASSKEY_SECOND),
            person=person,
            now=clock.now(),
        )
    return as_json(wish)


def _let_in(person: Person, form: SignInForm) -> ResponseReturnValue:
    now, checked = clock.now(), person.password_hash
    outdated = passwords.is_outdated(checked, cost=cost())
    renewed = hashed(form.typed_password) if outdated else None
    own = form.own_device.data
    try:
        with transaction() as db:
            guarding.forget_guesses(db, form.address)
            services.let_in(db, person, checked_hash=checked, renewed_hash=renewed)
            half_way = ways_in(db, person).second_step_after_password(person)
            if half_way:
                begun = cookie.begin(Step.SECOND_STEP)
                begin_step(db, Step.SECOND_STEP, token_hash=begun, person=person, is_own=own, now=now)
            else:
                visit.sign_in(db, person, now=now, by=Proof.PASSWORD, is_own=own)
    except services.NotProved as unproved:
        return _ask_for_proof(unproved.client)
    if half_way:
        return _ask_for_second_step(person, form)
    return returning.go_on(person, kept=form.kept.data, to=form.next.data)


def _ask_for_proof(client: Client) -> Response:
    if guarding.has_room_for_mail(client.email):
        with transaction() as db:
            link = services.send_proof(db, client, now=clock.now())
    else:
        link = services.link_of_nothing()
    cookie.remember_mail_asked(MailAsked(client.email, Purpose.PROVE_ADDRESS, link))
    flash("This address is not confirmed yet. A new link was sent to it.")
    return redirect(url_for("accounts.check_mail"), code=303)


def _ask_for_second_step(person: Person, form: SignInForm) -> ResponseReturnValue:
    if form.kept.data:
        # Too long for an address: the page itself goes on bringing it along.
        along = SecondStepForm(formdata=None, next=form.next.data, kept=form.kept.data)
        return _second_step_page(person, along)
    return redirect(url_for("accounts.take_second_step", next=form.next.data or None), code=303)


def _half_way_in() -> Person:
    """Whose password was typed in this browser just now. Raises StepGone."""
    token_hash = cookie.begun(Step.SECOND_STEP)
    person = begun_step(current_db(), Step.SECOND_STEP, token_hash=token_hash, now=clock.now()).person
    if person is None:
        raise StepGone
    return person


def _second_step_page(person: Person, form: SecondStepForm) -> str:
    return render_template(
        "accounts/take_second_step.html",
        form=form,
        ways=ways_in(current_db(), person),
        passkeys_work=passkeys_work_here(),
    )


def _second_step_taken(person: Person, form: SecondStepForm) -> ResponseReturnValue:
    try:
        by_passkey = form.credential.data
        done = _by_passkey(person, by_passkey) if by_passkey else _by_code(person, form.step_code.data or "")
    except MustWait as wait:
        refuse_to_hurry(form, form.step_code, wait)
        return _second_step_page(person, form), 429
    except CodeRefused:
        form.refuse(form.step_code, _NOT_THE_CODE)
        return _second_step_page(person, form)
    except PasskeyRefused:
        form.refuse(form.step_code, _NO_SUCH_PASSKEY)
        return _second_step_page(person, form)
    return returning.go_on(done, kept=form.kept.data, to=form.next.data)


def _by_code(person: Person, typed: str) -> Person:
    guarding.count_code(person.email)
    now = clock.now()
    with transaction() as db:
        begun = finish_step(db, Step.SECOND_STEP, token_hash=cookie.begun(Step.SECOND_STEP), now=now)
        guarding.forget_codes(db, person.email)
        use_code(db, person, typed, now=now)
        visit.sign_in(db, person, now=now, by=Proof.PASSWORD, is_strong=True, is_own=begun.is_own)
    return person


def _by_passkey(person: Person, said: str) -> Person:
    seen, now = finished(Step.PASSKEY_SECOND), clock.now()
    with transaction() as db:
        begun = finish_step(db, Step.SECOND_STEP, token_hash=cookie.begun(Step.SECOND_STEP), now=now)
        use_passkey(db, seen, said, party=relying_party(), now=now)
        visit.sign_in(db, person, now=now, by=Proof.PASSKEY, is_strong=True, is_own=begun.is_own)
    return person
