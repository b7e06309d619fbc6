"""How often somebody may try to come in, and how often a mail goes out: by account, and by network.

Nobody can keep another person out. What a stranger does from elsewhere counts against the network they are
in; it counts against the account only for browsers that have never been in it. Whoever was in it before, or
shows a passkey, or follows a link from their mail, comes in whatever a stranger tries (ASVS 6.1.1, 6.3.1).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.accounts import cookie
from portal.accounts.queries import is_known_browser
from portal.database import current_db
from portal.web.limits import Limit, count_all, counted_with, give_back_all, network

# An address is known or not: it is counted by what was typed, and costs the same.
_GUESSES_HERE = Limit("guesses at an account from one place", "5/minute;10/10minutes;20/hour")
_GUESSES_ANYWHERE = Limit("guesses at an account", "100/day")
_GUESSES_OF_A_NETWORK = Limit("guesses from a network", "40/10minutes")
_CODES_HERE = Limit("codes for an account from one place", "5/minute;10/10minutes;20/hour")
_CODES_ANYWHERE = Limit("codes for an account", "60/day")
_MAILS_FROM_A_NETWORK = Limit("mails asked for from a network", "30/10minutes;100/hour")
_MAILS_TO_AN_ADDRESS = Limit("mails to an address", "5/30minutes")
_LINKS_OF_A_NETWORK = Limit("links and passkeys from a network", "60/10minutes")
_WITHDRAWALS = Limit("times taken back by a client", "20/hour")
_WISHES_OF_A_PERSON = Limit("wishes of one person", "10/10minutes;60/day")


def count_guess(address: str) -> None:
    """Somebody types a password for this address. Raises MustWait."""
    known = _known_to(address)
    elsewhere = [] if known else _beside_here(address)
    count_all((_GUESSES_HERE, (address, known or network())), *elsewhere)


def forget_guesses(db: Session, address: str) -> None:
    """The password was right: mistyping it before counts no longer here, and this was no guess."""
    known = _known_to(address)
    with counted_with(db):
        _GUESSES_HERE.forget(address, known or network())
        if known is None:
            give_back_all(*_beside_here(address))


def count_code(address: str) -> None:
    """Somebody who knows the password types a code. Raises MustWait."""
    known = _known_to(address)
    everywhere = [] if known else [(_CODES_ANYWHERE, (address,))]
    count_all((_CODES_HERE, (address, known or network())), *everywhere)


def forget_codes(db: Session, address: str) -> None:
    """The code was right."""
    known = _known_to(address)
    with counted_with(db):
        _CODES_HERE.forget(address, known or network())
        if known is None:
            _CODES_ANYWHERE.give_back(address)


def count_mail_asked() -> None:
    """Somebody asks for a mail with a link, to whatever address. Raises MustWait."""
    _MAILS_FROM_A_NETWORK.count(network())


def has_room_for_mail(address: str) -> bool:
    """Whether the address gets one more mail of this kind. Nobody is told if not: the last one still works.

    The stretch is shorter than any mailed link lasts, so whoever reads that address has one to go on with.
    """
    return _MAILS_TO_AN_ADDRESS.has_room(address)


def count_link() -> None:
    """A link of a mail is used, or a passkey shown: nothing to guess, but work. Raises MustWait."""
    _LINKS_OF_A_NETWORK.count(network())


def count_withdrawal(reference: str) -> None:
    """A client takes back a time they asked for; their therapist gets a mail each time. Raises MustWait."""
    _WITHDRAWALS.count(reference)


def count_wish(reference: str) -> None:
    """Somebody who is signed in wants a mail sent to somebody else. Raises MustWait."""
    _WISHES_OF_A_PERSON.count(reference)


def _beside_here(address: str) -> list[tuple[Limit, tuple[str, ...]]]:
    """What a guess counts against where this browser has never been in the account."""
    return [(_GUESSES_OF_A_NETWORK, (network(),)), (_GUESSES_ANYWHERE, (address,))]


def _known_to(address: str) -> str | None:
    """By what this browser is known to whoever has the address; None if they have not been in with it."""
    known = cookie.known_browser()
    return known if known and is_known_browser(current_db(), address, known) else None
