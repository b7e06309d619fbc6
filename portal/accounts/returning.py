"""What somebody posted who was signed out meanwhile, or has to say who they are: nothing of it is lost."""

from __future__ import annotations

from typing import cast

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from portal import clock
from portal.accounts.forms import ConfirmForm, SignInForm
from portal.accounts.models import Client
from portal.accounts.queries import Person, ways_in
from portal.accounts.relying import passkeys_work_here
from portal.accounts.visit import mark_of, signed_in_person
from portal.database import current_db
from portal.vault.keyring import Keyring
from portal.web import errors
from portal.web.audience import Audience, View, audience_of
from portal.web.doors import comes_from_here
from portal.web.kept import Kept, KeptNoLonger, opened, posted_here, sealed
from portal.web.own_address import own_address
from portal.web.security import FORM_TOKEN, drawn_for


def home_of(person: Person) -> str:
    """Where the person is at home: the address of their first page."""
    return url_for("journey.next_step" if isinstance(person, Client) else "review.today")


def go_on(
    person: Person, *, kept: str | None, to: str | None = None, again: bool = True
) -> ResponseReturnValue:
    """Where the signed-in person goes from the sign-in form: first to what they had posted and was not taken.

    `kept` is what the form brought along, and is shown to nobody but its owner (W1). Else to an address of
    ours, or home. `again` where they had been signed out meanwhile.
    """
    try:
        words = opened(kept or "", _keyring(), whose=mark_of(person), now=clock.now())
    except KeptNoLonger:
        return redirect(to or home_of(person), code=303)
    return _to_be_posted_once_more(person, words, again=again)


def to_the_sign_in_page() -> ResponseReturnValue:
    """For who has to be signed in and is not; what they posted comes along."""
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), code=303)
    return _sign_in_with_what_was_posted()


def ask_who_it_is(person: Person) -> ResponseReturnValue:
    """For who has to prove once more who they are; what they posted comes along (ASVS 7.5.1)."""
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.confirm", next=request.full_path.rstrip("?")), code=303)
    try:
        kept = sealed(posted_here(), _keyring(), whose=mark_of(person), now=clock.now())
    except KeptNoLonger:
        return errors.stale()
    form = ConfirmForm(formdata=None, kept=kept)
    return confirm_page(person, form), 403


def confirm_page(person: Person, form: ConfirmForm) -> str:
    return render_template(
        "accounts/confirm.html",
        form=form,
        ways=ways_in(current_db(), person),
        person=person,
        passkeys_work=passkeys_work_here(),
    )


def sign_in_page(form: SignInForm) -> str:
    return render_template("accounts/sign_in.html", form=form, passkeys_work=passkeys_work_here())


def without_its_token(_error: CSRFError) -> ResponseReturnValue:
    """A form whose token is not this session's: most often its owner was signed out or in elsewhere."""
    if request.endpoint == "accounts.sign_out" and comes_from_here():
        # Nobody who wants out is kept in by a page that is older than the session.
        out: View = current_app.view_functions[request.endpoint]
        return cast(ResponseReturnValue, out())
    person, kept = signed_in_person(), request.form.get("kept")
    if request.endpoint in _SIGNING_IN and kept:
        # Either they have signed in by this form before, and ask for what came of it once more; or a new
        # password was chosen in another tab, which begins a new session.
        return go_on(person, kept=kept) if person else _sign_in_with(kept)
    if not _is_for_somebody():
        return errors.stale()
    return _still_here(person) if person else _sign_in_with_what_was_posted()


# The forms that bring along what could not be taken.
_SIGNING_IN = frozenset({"accounts.sign_in", "accounts.sign_in_by_passkey", "accounts.take_second_step"})


def _sign_in_with_what_was_posted() -> ResponseReturnValue:
    """The sign-in form; in it, sealed for whom the page was drawn, what their session was too short for (W1).

    Where the page does not say for whom it was drawn, nothing can be kept for anybody: the words are shown to
    the browser that has just sent them, and to no one else.
    """
    whose = drawn_for(request.form.get(FORM_TOKEN))
    if whose is None:
        return errors.stale()
    try:
        kept = sealed(posted_here(), _keyring(), whose=whose, now=clock.now())
    except KeptNoLonger:
        return errors.stale()
    return _sign_in_with(kept)


def _sign_in_with(kept: str) -> ResponseReturnValue:
    return sign_in_page(SignInForm(formdata=None, kept=kept)), 403


def _still_here(person: Person) -> ResponseReturnValue:
    """What was just posted, to be posted once more: only by whom its page was drawn for."""
    kept = posted_here()
    if drawn_for(request.form.get(FORM_TOKEN)) != mark_of(person) or own_address(kept.address) is None:
        return errors.stale()
    return _to_be_posted_once_more(person, kept, again=True), 400


def _to_be_posted_once_more(person: Person, kept: Kept, *, again: bool) -> str:
    return render_template("accounts/still_here.html", kept=kept, home=home_of(person), again=again)


def _is_for_somebody() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return view is not None and audience_of(view) not in {None, Audience.PUBLIC}


def _keyring() -> Keyring:
    keyring: Keyring = current_db().info["keyring"]
    return keyring
