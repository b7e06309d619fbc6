"""Who is signed in, who may open a page, and the only use of the cookie."""

from __future__ import annotations

import functools
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Client, Purpose, Therapist
from portal.accounts.queries import Person, place_of
from portal.accounts.services import end_place, hash_of, open_place, touch_place
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.web.audience import Audience, View, opened_to, public

__all__ = [
    "MailAsked",
    "Person",
    "client_only",
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


def sign_out(db: Session) -> None:
    """End it on the server, and empty the cookie, of whatever else it held too."""
    _forget_this_browser(db)


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


def _handed_the_person(kind: type[Person], view: View) -> View:
    @functools.wraps(view)
    def guarded(**arguments: Any) -> Any:
        person = signed_in_person()
        if person is None:
            here = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
            return redirect(url_for("accounts.sign_in", next=here), code=303)
        if not isinstance(person, kind):
            raise NotFound
        return view(person, **arguments)

    return guarded


def _signed_in(token: str) -> SignedIn | None:
    token_hash, now = hash_of(token), clock.now()
    place = place_of(current_db(), token_hash)
    if place is None or now - place.last_used_at > IDLE_LIMIT or now - place.signed_in_at > ABSOLUTE_LIMIT:
        return None
    if now - place.last_used_at >= _STAMP_EVERY:
        with transaction() as db:
            touch_place(db, token_hash=token_hash, now=now)
    return SignedIn(place.person, token)


def _forget_this_browser(db: Session) -> None:
    token = session.get("_user_id")
    # First the cookie: it is emptied even if the database does not answer.
    session.clear()
    if token:
        end_place(db, token_hash=hash_of(token))
