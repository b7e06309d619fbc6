"""Who is signed in in this browser: coming in, staying, and going out."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, g, request
from flask_login import UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import cookie, emails
from portal.accounts.begun import forget_begun
from portal.accounts.devices import device_in
from portal.accounts.lasting import CONFIRMED_FOR
from portal.accounts.models import Client, Proof, Therapist
from portal.accounts.places import (
    confirm_place,
    end_other_places,
    end_place,
    know_browser,
    open_place,
    touch_place,
)
from portal.accounts.queries import Confirmed, Person, Place, confirmed_at, place_of
from portal.accounts.tokens import hash_of, new_token
from portal.database import current_db, transaction
from portal.traces import seen_person


class SignedIn(UserMixin):  # type: ignore[misc]
    """A person as Flask-Login wants one. Nothing outside this module meets it."""

    def __init__(self, person: Person, token: str, place: Place | None = None) -> None:
        self.person, self.place, self._token = person, place, token

    def get_id(self) -> str:
        return self._token


def signed_in_person() -> Person | None:
    """Whoever is signed in. Asks neither cookie nor database of a visitor who brings no cookie."""
    return getattr(_visitor(), "person", None)


def current_place() -> Place | None:
    """Where the person is signed in who is signed in; None for who has come in only just now."""
    return getattr(_visitor(), "place", None)


def sign_in(
    db: Session,
    person: Person,
    *,
    now: datetime,
    by: Proof | None,
    is_strong: bool = False,
    is_own: bool = False,
) -> None:
    """Sign the person in here, under a new token; whatever the cookie held before is gone (ASVS 7.2.4).

    Whoever has been in other browsers only is told by mail that they came in by this one (ASVS 6.3.5).
    """
    token, device = new_token(), device_in(request.user_agent.string)
    _forget_this_browser(db)
    is_own = is_own and isinstance(person, Client)
    open_place(
        db,
        person,
        token_hash=hash_of(token),
        now=now,
        device=device,
        is_own=is_own,
        is_strong=is_strong,
        by=by,
    )
    cookie.hold(SignedIn(person, token), whose=mark_of(person), keep=is_own)
    if not know_browser(db, person, token_hash=cookie.make_known(), now=now):
        emails.tell_of_a_new_place(db, to=person.email, device=device, now=now)


def know_here(db: Session, person: Person, *, now: datetime) -> None:
    """This browser followed a link from the person's mail: whoever guesses elsewhere does not keep it out."""
    know_browser(db, person, token_hash=cookie.make_known(), now=now)


def confirm(db: Session, *, by: Proof, is_strong: bool, now: datetime) -> None:
    """Whoever is signed in has just proved once more who they are. Raises NotFound if they are out by now."""
    held, new = cookie.token() or "", new_token()
    confirm_place(db, token_hash=hash_of(held), new_hash=hash_of(new), by=by, is_strong=is_strong, now=now)
    cookie.hold_instead(new)


def stay(db: Session, *, now: datetime) -> None:
    """Note that the person is still there, whenever that was last noted."""
    touch_place(db, token_hash=hash_of(cookie.token() or ""), now=now)


def end_elsewhere(db: Session, person: Person) -> None:
    """Whoever is signed in as the person anywhere else is signed out, and so is who was half-way in."""
    end_other_places(db, person, token_hash=hash_of(cookie.token() or ""))
    forget_begun(db, person)


def last_confirmed() -> Confirmed:
    """When and by what the person last proved here who they are, if that still counts."""
    place, now = current_place(), clock.now()
    confirmed = confirmed_at(current_db(), place) if place else Confirmed(None, None)
    if confirmed.at is None or now - confirmed.at > CONFIRMED_FOR:
        return Confirmed(None, None)
    return confirmed


def sign_out(db: Session) -> None:
    """End it on the server, and empty the cookie, of whatever else it held too."""
    _forget_this_browser(db)


def leave() -> None:
    """Sign out whoever flees; where the database does not answer, this browser at least forgets them."""
    try:
        with transaction() as db:
            _forget_this_browser(db)
    except SQLAlchemyError:
        cookie.forget()


def owes_second_step() -> bool:
    """Whether a therapist is in with one factor, where two are asked for: everywhere but in development."""
    return _is_weak() and not current_app.config["DEVELOPMENT"]


def has_to_have_second_step(person: Person) -> bool:
    """Whether nobody of their kind comes in without one."""
    return isinstance(person, Therapist) and not current_app.config["DEVELOPMENT"]


def lacks_second_step() -> bool:
    """The same where it is not asked for: a banner says so."""
    return _is_weak() and bool(current_app.config["DEVELOPMENT"])


def mark_of(person: Person) -> str:
    """Names the person in a page of theirs, and tells nothing of them."""
    return hash_of(person.reference)[:32]


def signed_in_by(token: str) -> SignedIn | None:
    """Whoever has a place of this token that is not over; their use of it is noted, now and then."""
    token_hash, now = hash_of(token), clock.now()
    place = place_of(current_db(), token_hash)
    if place is None:
        return None
    lasting = place.lasting
    if lasting.is_over(signed_in_at=place.signed_in_at, last_used_at=place.last_used_at, now=now):
        return None
    if now - place.last_used_at >= lasting.noted_every:
        with transaction() as db:
            touch_place(db, token_hash=token_hash, now=now)
    seen_person(place.person.reference)
    return SignedIn(place.person, token, place)


def _visitor() -> object:
    """As Flask-Login has it; once it was asked, straight out of its memory, which it keeps in `g`."""
    known = g.get("_login_user")
    if known is not None:
        return known
    return current_user if cookie.is_brought() else None


def _is_weak() -> bool:
    place = current_place()
    return place is not None and isinstance(place.person, Therapist) and not place.is_strong


def _forget_this_browser(db: Session) -> None:
    # First the cookie: it is emptied even if the database does not answer.
    held = cookie.forget()
    if held:
        end_place(db, token_hash=hash_of(held))
