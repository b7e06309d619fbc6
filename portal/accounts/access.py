"""Who may open a page: every view has one of these above it."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.accounts.lasting import OWN
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import Person, zone_of
from portal.accounts.returning import ask_who_it_is, to_the_sign_in_page, without_its_token
from portal.accounts.visit import (
    current_place,
    lacks_second_step,
    last_confirmed,
    owes_second_step,
    signed_in_by,
    signed_in_person,
)
from portal.errors import NotFound
from portal.web.audience import Audience, View, opened_to, public
from portal.web.formatting import clock_time

__all__ = [
    "Person",
    "before_the_second_step",
    "client_only",
    "confirmed_lately",
    "public",
    "signed_in_only",
    "signed_in_person",
    "therapist_only",
    "visitor_kind",
]


class Stay(NamedTuple):
    """Until when the visitor stays signed in if they open nothing more; in words, in their zone."""

    until: datetime
    in_words: str


class _Manager(LoginManager):  # type: ignore[misc]
    def _session_protection_failed(self) -> bool:
        """Never: it is switched off, but would take a digest of the headers all the same, on every page."""
        return False

    def _update_remember_cookie(self, response: Response) -> Response:
        """There is none; to look whether there is would have every answer hang on the visit's, files too."""
        return response


def client_only(view: View) -> View:
    """The view is given the client as its first argument."""
    return opened_to(Audience.CLIENT, _handed_the_person((Client,), view))


def therapist_only(view: View) -> View:
    """The view is given the therapist as its first argument."""
    return opened_to(Audience.THERAPIST, _handed_the_person((Therapist,), view))


def signed_in_only(view: View) -> View:
    """The view is given whoever is signed in as its first argument, client or therapist."""
    return opened_to(Audience.SIGNED_IN, _handed_the_person((Client, Therapist), view))


def before_the_second_step(view: View) -> View:
    """The same, also for a therapist who still has to set up a second step: nothing else opens to them."""
    return opened_to(Audience.SIGNED_IN, _handed_the_person((Client, Therapist), view, weak=True))


def confirmed_lately(view: View) -> View:
    """Under one of the others: for what may be done only by who has just proved who they are (ASVS 7.5.1).

    Others are asked for it first, and go on afterwards with what they wanted.
    """

    @functools.wraps(view)
    def asked(person: Person, **arguments: Any) -> Any:
        if last_confirmed().at is None:
            return ask_who_it_is(person)
        return view(person, **arguments)

    return asked


def visitor_kind() -> str | None:
    """For the layout: "client", "therapist" or None; None too where the database does not answer."""
    try:
        person = signed_in_person()
    except SQLAlchemyError:
        return None
    return None if person is None else Audience[type(person).__name__.upper()].value


def stay() -> Stay | None:
    """For the layout, where somebody is signed in: until when they stay so; None for who stays for days."""
    place = current_place()
    if place is None or place.lasting is OWN:
        return None
    until = place.lasting.until(signed_in_at=place.signed_in_at, now=clock.now())
    return Stay(until, clock_time(until, zone_of(place.person)))


def init_app(app: Flask) -> None:
    # Templates are told who is there by visitor_kind; a page for a stranger looks into no cookie.
    manager = _Manager(app, add_context_processor=False)
    manager.user_loader(signed_in_by)
    # Its own protection trusts the visitor's headers; the place in the database is what counts.
    manager.session_protection = None
    app.config.update(
        # What the server says of a place counts; a cookie that is kept for longer opens nothing.
        PERMANENT_SESSION_LIFETIME=OWN.at_most,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.jinja_env.globals.update(visitor_kind=visitor_kind, stay=stay, lacks_second_step=lacks_second_step)
    # In place of the plain page, which knows nobody.
    app.register_error_handler(CSRFError, without_its_token)


def _handed_the_person(kinds: tuple[type[Person], ...], view: View, *, weak: bool = False) -> View:
    @functools.wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        person = signed_in_person()
        if person is None:
            return to_the_sign_in_page()
        if not isinstance(person, kinds):
            raise NotFound
        if not weak and isinstance(person, Therapist) and owes_second_step():
            return redirect(url_for("accounts.second_step"), code=303)
        answer: ResponseReturnValue = view(person, **arguments)
        return answer

    return guarded
