"""Who is signed in, who may open a page, and the only use of the cookie."""

from __future__ import annotations

import functools
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.forms import SignInForm
from portal.accounts.models import Client, Purpose, Therapist
from portal.accounts.queries import Person, place_of
from portal.accounts.services import end_place, hash_of, open_place, touch_place
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.traces import seen_person
from portal.vault.keyring import Keyring
from portal.web import errors
from portal.web.audience import Audience, View, audience_of, opened_to, public
from portal.web.doors import comes_from_here
from portal.web.kept import KeptNoLonger, opened, posted_here, sealed
from portal.web.own_address import own_address
from portal.web.security import FORM_TOKEN, drawn_for, new_form_token

__all__ = [
    "MailAsked",
    "Person",
    "client_only",
    "go_on",
    "home_of",
    "leave",
    "mail_asked",
    "public",
    "remember_mail_asked",
    "sign_in",
    "sign_out",
    "signed_in_person",
    "therapist_only",
]

IDLE_LIMIT = timedelta(hours=2)
ABSOLUTE_LIMIT = timedelta(hours=12)
# A place is stamped at most this often, so that reading pages is not a stream of writes.
_STAMP_EVERY = timedelta(minutes=5)


# Under this name the cookie keeps what mail this browser asked for.
_MAIL_ASKED = "mail_asked"


@dataclass(frozen=True)
class MailAsked:
    """A mail with a link that this browser asked for, and has not used yet."""

    # As it was typed, for the page that says where to look.
    address: str
    purpose: Purpose
    # The hash of the link's token: whoever comes with that link in this browser is the one who asked for it.
    link: str


class SignedIn(UserMixin):  # type: ignore[misc]
    """A person as Flask-Login wants one. Nothing outside this module meets it."""

    def __init__(self, person: Person, token: str) -> None:
        self.person, self._token = person, token

    def get_id(self) -> str:
        return self._token


def client_only(view: View) -> View:
    """The view is given the client as its first argument."""
    return opened_to(Audience.CLIENT, _handed_the_person(Client, view))


def therapist_only(view: View) -> View:
    """The view is given the therapist as its first argument."""
    return opened_to(Audience.THERAPIST, _handed_the_person(Therapist, view))


def sign_in(db: Session, person: Person, *, now: datetime) -> None:
    """Sign the person in here, under a new token; whatever the cookie held before is gone (ASVS 7.2.4)."""
    token = secrets.token_urlsafe(32)
    _forget_this_browser(db)
    open_place(db, person, token_hash=hash_of(token), now=now, ended_before=now - ABSOLUTE_LIMIT)
    login_user(SignedIn(person, token))
    session[FORM_TOKEN] = new_form_token(_mark_of(person))


def sign_out(db: Session) -> None:
    """End it on the server, and empty the cookie, of whatever else it held too."""
    _forget_this_browser(db)


def leave() -> None:
    """Sign out whoever flees; where the database does not answer, this browser at least forgets them."""
    try:
        with transaction() as db:
            _forget_this_browser(db)
    except SQLAlchemyError:
        session.clear()


def home_of(person: Person) -> str:
    """Where the person is at home: the address of their first page."""
    return url_for("journey.next_step" if isinstance(person, Client) else "review.today")


def go_on(person: Person, *, kept: str | None, to: str | None = None) -> ResponseReturnValue:
    """Where the signed-in person goes from the sign-in form: first to what they had posted and was not taken.

    `kept` is what the form brought along, and is shown to nobody but its owner (W1). Else to an address of
    ours, or home.
    """
    try:
        words = opened(kept or "", _keyring(), whose=_mark_of(person), now=clock.now())
    except KeptNoLonger:
        return redirect(to or home_of(person), code=303)
    return render_template("accounts/still_here.html", kept=words, home=home_of(person))


def remember_mail_asked(asked: MailAsked) -> None:
    """Until this browser signs in or leaves."""
    session[_MAIL_ASKED] = asdict(asked)


def mail_asked() -> MailAsked | None:
    kept = session.get(_MAIL_ASKED)
    return MailAsked(kept["address"], Purpose(kept["purpose"]), kept["link"]) if kept else None


def signed_in_person() -> Person | None:
    """Whoever is signed in. Asks neither cookie nor database of a visitor who brings no cookie."""
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    return getattr(current_user, "person", None)


def visitor_kind() -> str | None:
    """For the layout: "client", "therapist" or None; None too where the database does not answer."""
    try:
        person = signed_in_person()
    except SQLAlchemyError:
        return None
    return None if person is None else Audience[type(person).__name__.upper()].value


def init_app(app: Flask) -> None:
    # Templates are told who is there by visitor_kind; a page for a stranger looks into no cookie.
    manager = LoginManager(app, add_context_processor=False)
    manager.user_loader(_signed_in)
    # Flask-Login's own protection trusts the visitor's headers; the place in the database is what counts.
    manager.session_protection = None
    app.jinja_env.globals["visitor_kind"] = visitor_kind
    # In place of the plain page, which knows nobody.
    app.register_error_handler(CSRFError, _without_its_token)


def _handed_the_person(kind: type[Person], view: View) -> View:
    @functools.wraps(view)
    def guarded(**arguments: Any) -> Any:
        person = signed_in_person()
        if person is None:
            return _to_the_sign_in_page()
        if not isinstance(person, kind):
            raise NotFound
        return view(person, **arguments)

    return guarded


def _to_the_sign_in_page() -> ResponseReturnValue:
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), code=303)
    return _sign_in_with_what_was_posted()


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
    return _sign_in_page(kept)


def _sign_in_page(kept: str) -> ResponseReturnValue:
    return render_template("accounts/sign_in.html", form=SignInForm(formdata=None, kept=kept)), 403


def _without_its_token(_error: CSRFError) -> ResponseReturnValue:
    """A form whose token is not this session's: most often its owner was signed out or in elsewhere."""
    if request.endpoint == "accounts.sign_out" and comes_from_here():
        # Nobody who wants out is kept in by a page that is older than the session.
        out: View = current_app.view_functions[request.endpoint]
        return cast(ResponseReturnValue, out())
    person, kept = signed_in_person(), request.form.get("kept")
    if request.endpoint == "accounts.sign_in" and kept:
        # Either they have signed in by this form before, and ask for what came of it once more; or a new
        # password was chosen in another tab, which begins a new session.
        return go_on(person, kept=kept) if person else _sign_in_page(kept)
    if not _is_for_somebody():
        return errors.stale()
    return _still_here(person) if person else _sign_in_with_what_was_posted()


def _still_here(person: Person) -> ResponseReturnValue:
    """What was just posted, to be posted once more: only by whom its page was drawn for."""
    kept = posted_here()
    if drawn_for(request.form.get(FORM_TOKEN)) != _mark_of(person) or own_address(kept.address) is None:
        return errors.stale()
    return render_template("accounts/still_here.html", kept=kept, home=home_of(person)), 400


def _is_for_somebody() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return view is not None and audience_of(view) in {Audience.CLIENT, Audience.THERAPIST}


def _mark_of(person: Person) -> str:
    """Names the person in a page of theirs, and tells nothing of them."""
    return hash_of(person.reference)[:32]


def _keyring() -> Keyring:
    keyring: Keyring = current_db().info["keyring"]
    return keyring


def _signed_in(token: str) -> SignedIn | None:
    token_hash, now = hash_of(token), clock.now()
    place = place_of(current_db(), token_hash)
    if place is None or now - place.last_used_at > IDLE_LIMIT or now - place.signed_in_at > ABSOLUTE_LIMIT:
        return None
    if now - place.last_used_at >= _STAMP_EVERY:
        with transaction() as db:
            touch_place(db, token_hash=token_hash, now=now)
    seen_person(place.person.reference)
    return SignedIn(place.person, token)


def _forget_this_browser(db: Session) -> None:
    token = session.get("_user_id")
    # First the cookie: it is emptied even if the database does not answer.
    session.clear()
    # A page that is drawn after this is not drawn with the token from before.
    g.pop(FORM_TOKEN, None)
    if token:
        end_place(db, token_hash=hash_of(token))
