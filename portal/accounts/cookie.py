"""What this browser keeps for the portal, and the only use of its cookies.

One cookie lasts for a visit: who is signed in, the token of its forms, what was begun. The other says only
that this browser has been here before, so that whoever guesses from elsewhere keeps nobody out who is known.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from flask import Response, after_this_request, current_app, g, request, session
from flask_login import login_user

from portal.accounts.models import Purpose, Step
from portal.accounts.tokens import hash_of, new_token
from portal.web.security import FORM_TOKEN, new_form_token

# Under these names the visit's cookie keeps them; the first is Flask-Login's.
_TOKEN, _MAIL_ASKED, _BEGUN = "_user_id", "mail_asked", "begun"
# As long as browsers keep any cookie (RFC 6265bis §5.6).
_KNOWN_FOR = timedelta(days=400)


@dataclass(frozen=True)
class MailAsked:
    """A mail with a link that this browser asked for, and has not used yet."""

    # As it was typed, for the page that says where to look.
    address: str
    purpose: Purpose
    # The hash of the link's token: whoever comes with that link in this browser is the one who asked for it.
    link: str


def is_brought() -> bool:
    """Whether the visitor brings a cookie of a visit at all; most pages need to look into none."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def token() -> str | None:
    """The token of the place where somebody is signed in here."""
    held: str | None = session.get(_TOKEN)
    return held


def form_token() -> str:
    """What the visit's forms are told by; empty before the first of them is drawn."""
    held: str = session.get(FORM_TOKEN, "")
    return held


def hold(user: object, *, whose: str, keep: bool) -> None:
    """Keep a place's token, with `keep` for longer than the browser is open; draw forms for `whose`."""
    login_user(user)
    if keep:
        session.permanent = True
    session[FORM_TOKEN] = new_form_token(whose)


def hold_instead(new: str) -> None:
    """The same place goes on under another token."""
    session[_TOKEN] = new


def forget() -> str | None:
    """Empty the visit's cookie of all that it held. Returns the token that it held."""
    held = token()
    session.clear()
    # A page that is drawn after this is not drawn with the token from before.
    g.pop(FORM_TOKEN, None)
    return held


def remember_mail_asked(asked: MailAsked) -> None:
    """Until this browser signs in or leaves."""
    session[_MAIL_ASKED] = asdict(asked)


def mail_asked() -> MailAsked | None:
    kept = session.get(_MAIL_ASKED)
    return MailAsked(kept["address"], Purpose(kept["purpose"]), kept["link"]) if kept else None


def begin(step: Step) -> str:
    """A token for something that is finished by a later request of this browser. Returns its hash."""
    made = new_token()
    session[_BEGUN] = {**session.get(_BEGUN, {}), step.value: made}
    return hash_of(made)


def begun(step: Step) -> str:
    """The hash of the token for what this browser has begun; of nothing, if it has not."""
    return hash_of(session.get(_BEGUN, {}).get(step.value, ""))


def known_browser() -> str | None:
    """The hash of what this browser is known by, if it has been here before."""
    brought = request.cookies.get(_known_name())
    return hash_of(brought) if brought else None


def make_known() -> str:
    """Have the browser be known from now on. Returns the hash of what it is known by."""
    name, known = _known_name(), request.cookies.get(_known_name()) or new_token()

    @after_this_request
    def keep(answer: Response) -> Response:
        answer.set_cookie(
            name,
            known,
            max_age=_KNOWN_FOR,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return answer

    return hash_of(known)


def make_unknown(answer: Response) -> None:
    """Nothing says any more that this browser was here."""
    if _known_name() in request.cookies:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        answer.delete_cookie(_known_name(), secure=secure, httponly=True, samesite="Lax")


def _known_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"
