"""Turning a stored message into the bytes that travel (RFC 5322)."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from portal.mail.models import OutgoingEmail

CALENDAR_NAME = "appointment.ics"
# Lines end in CRLF, and no server on the way needs to know more than ASCII.
_POLICY = SMTP.clone(cte_type="7bit")
# RFC 5322 §2.1.1 allows 998.
_LONGEST_LINE = 990

# An atom with dots (RFC 5322 §3.2.3), in any script.
_WORD = re.compile(r"""[^\s\x00-\x20()<>\[\]:;@\\,"]+""")


class UnfitForAHeader(ValueError):
    """A line break or another control character, which would begin a header of somebody else's making."""


def one_line(text: str) -> str:
    """The text, if it may stand in a header. Raises UnfitForAHeader."""
    if not text.isprintable():
        raise UnfitForAHeader
    return text


def address(text: str, *, name: str = "") -> Address:
    """One address and nothing else, its domain as mail servers write it. Raises UnfitForAHeader.

    RFC 6532 is followed for the part before the @ sign: any letters, and none of the signs that end a word.
    """
    user, _, domain = text.rpartition("@")
    if not _WORD.fullmatch(user) or not _WORD.fullmatch(domain):
        raise UnfitForAHeader
    try:
        return Address(one_line(name), username=user, domain=domain.encode("idna").decode())
    except ValueError as problem:
        raise UnfitForAHeader from problem


def compose(email: OutgoingEmail, *, sender: str, sender_name: str) -> EmailMessage:
    """The message as it is sent, the same at every attempt: a server can tell that it has it already.

    A calendar goes twice, as most programs send and expect invitations: as an alternative to the text, where
    RFC 6047 wants it and a mail program finds what to offer an answer to, and as a file that any other
    program can keep. The file is `application/ics`, so that nothing takes it for a second invitation.
    """
    to, from_whom = address(email.recipient), address(sender, name=sender_name)
    # RFC 6532: a name that is not ASCII, and only that, needs headers that are not.
    message = EmailMessage(policy=_POLICY.clone(utf8=not to.username.isascii()))
    message["From"] = from_whom
    message["To"] = to
    message["Subject"] = one_line(email.subject)
    message["Date"] = format_datetime(email.written_at)
    message["Message-ID"] = f"<{email.reference}@{from_whom.domain}>"
    # RFC 3834: nobody's holiday notice needs to answer it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.body, cte=_encoding(email.body))
    if email.calendar:
        _add_calendar(message, email.calendar, email.calendar_method or "PUBLISH")
    return message


def _add_calendar(message: EmailMessage, calendar: str, method: str) -> None:
    as_invitation = {"method": one_line(method), "name": CALENDAR_NAME}
    message.add_alternative(calendar, subtype="calendar", cte=_encoding(calendar), params=as_invitation)
    message.add_attachment(calendar.encode(), maintype="application", subtype="ics", filename=CALENDAR_NAME)


def _encoding(text: str) -> str:
    """Plain ASCII travels as it is, so that no link is cut in two by programs that read carelessly."""
    plain = text.isascii() and all(len(line) <= _LONGEST_LINE for line in text.splitlines())
    return "7bit" if plain else "quoted-printable"
